#!/bin/sh
# Make the files of made/ anew, with the programs that are here: R, LibreOffice, polars, iconv.
set -eu
cd "$(dirname "$0")"
python="${PYTHON:-../../.venv/bin/python}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
rm -rf made && mkdir made
"$python" polars_files.py made
cp made/polars.csv "$work/forms.csv"
Rscript --vanilla r_files.R "$work/forms.csv" made
convert() { # FILTER OUT
    soffice --headless "--infilter=Text - txt - csv (StarCalc):44,34,76,1" "-env:UserInstallation=file://$work/profile" --convert-to "$1" \
        --outdir "$work/out" "$work/forms.csv" >/dev/null 2>&1
    mv "$work/out/forms.${1%%:*}" "made/$2"
}
text="csv:Text - txt - csv (StarCalc)"
convert "$text:44,34,76,1" calc_utf8.csv
convert "$text:59,34,76,1" calc_semicolon.csv
convert "$text:44,34,85,1" calc_gbk.csv
convert "$text:9,34,65535,1" calc_utf16.csv
convert "xlsx" calc.xlsx
convert "ods" calc.ods
iconv -f utf-8 -t gb18030 "$work/forms.csv" >made/iconv_gb18030.csv
