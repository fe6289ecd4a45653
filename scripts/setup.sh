#!/bin/sh
# Make this machine ready to `run` or to `test`; asks nothing, changes only what is missing.
# Leaves .venv/bin/flask. Needs Python 3.11 or newer; Debian packages come through apt.
set -eu
purpose=${1:-run}
case $purpose in
run) lock=requirements.txt ;;
test) lock=tests/requirements.txt ;;
*)
    echo "usage: sh scripts/setup.sh run|test" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive

python_found() {
    for name in python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
}

library() { [ -n "$(find /lib /usr/lib -name "$1.so.*" 2>/dev/null | head -n 1)" ]; }

missing=""
[ -n "$(python_found)" ] || missing="$missing python3 python3-venv"
# To print: without the last one, a page in Chinese takes seconds.
library libpango-1.0 || missing="$missing libpango-1.0-0"
library libpangoft2-1.0 || missing="$missing libpangoft2-1.0-0"
library libharfbuzz-subset || missing="$missing libharfbuzz-subset0"
[ -n "$(find /usr/share/fonts -name 'NotoSansCJK*' 2>/dev/null | head -n 1)" ] || missing="$missing fonts-noto-cjk"
if [ "$purpose" = test ]; then
    [ -x /usr/bin/chromium ] || missing="$missing chromium"
    library libatomic || missing="$missing libatomic1"
    command -v pdftoppm >/dev/null 2>&1 || missing="$missing poppler-utils"
fi
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        echo "Some packages are missing. Please run, then try again:" >&2
        echo "  sudo apt-get update && sudo apt-get install -y$missing" >&2
        exit 1
    fi
    echo "Installing:$missing" >&2
    $as_root apt-get update -qq >&2
    # shellcheck disable=SC2086 # the list is words on purpose
    $as_root apt-get install -y -qq --no-install-recommends $missing >&2
fi

[ -x .venv/bin/python ] || "$(python_found)" -m venv .venv
wanted=$(cat "$lock" | sha256sum | cut -d ' ' -f 1)
if [ "$(cat ".venv/lock-$purpose" 2>/dev/null || true)" != "$wanted" ]; then
    echo "Installing Python packages from $lock" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >&2
    echo "$wanted" >".venv/lock-$purpose"
fi
.venv/bin/pybabel --quiet compile --directory translations >&2
