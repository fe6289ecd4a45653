#!/bin/sh
# Make this machine ready to `run` or to `test`; asks nothing, changes only what is missing.
# Leaves .venv. Needs Python 3.11 or newer. System packages come through apt where it may
# be used; without it `run` goes on, and says that nothing can be printed.
set -eu
purpose=${1:-run}
case $purpose in
run)
    lock=requirements.txt
    packages="about 100 MB of Python packages: half a minute to a few, depending on the network"
    ;;
test)
    lock=tests/requirements.txt
    packages="about 250 MB of Python packages: one to several minutes, depending on the network"
    ;;
*)
    echo "usage: sh scripts/setup.sh run|test" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive
say() { echo "$*" >&2; }

python_found() {
    for name in python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
}

# Where Debian, Fedora and macOS (Homebrew on either processor) keep libraries and fonts.
found_in() {
    pattern=$1
    shift
    for folder in "$@"; do
        [ -d "$folder" ] || continue
        [ -z "$(find "$folder" -name "$pattern" 2>/dev/null | head -n 1)" ] || return 0
    done
    return 1
}
library() {
    set -- "$1" /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /opt/homebrew/lib
    name=$1
    shift
    found_in "$name.so.*" "$@" || found_in "$name*.dylib" "$@"
}
chinese_font() {
    home=${HOME:-/nonexistent}
    found_in 'NotoSansCJK*' /usr/share/fonts /usr/local/share/fonts "$home/.local/share/fonts" "$home/.fonts" ||
        found_in 'PingFang*' /System/Library/Fonts /System/Library/AssetsV2 || found_in '*Noto*CJK*' /Library/Fonts "$home/Library/Fonts"
}

needed=""   # nothing works without these
printing="" # without these nothing can be printed
[ -n "$(python_found)" ] || needed="$needed python3 python3-venv"
library libpango-1.0 || printing="$printing libpango-1.0-0"
library libpangoft2-1.0 || printing="$printing libpangoft2-1.0-0"
# Without this one a page in Chinese takes seconds.
library libharfbuzz-subset || printing="$printing libharfbuzz-subset0"
chinese_font || printing="$printing fonts-noto-cjk"
if [ "$purpose" = test ]; then
    [ -x /usr/bin/chromium ] || needed="$needed chromium"
    library libatomic || needed="$needed libatomic1"
    command -v pdftoppm >/dev/null 2>&1 || needed="$needed poppler-utils"
    command -v npm >/dev/null 2>&1 || needed="$needed npm"
    needed="$needed$printing"
    printing=""
fi

# Installs what is named through apt; fails where that can't be done here.
install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        return 1
    fi
    say "Installing through apt, up to about 110 MB, which takes half a minute or so:$*"
    # shellcheck disable=SC2086 # the list is words on purpose
    $as_root apt-get update -qq >&2 && $as_root apt-get install -y -qq --no-install-recommends $* >&2
}
how_to_install() {
    if command -v apt-get >/dev/null 2>&1; then
        say "  sudo apt-get update && sudo apt-get install -y$*"
    elif command -v dnf >/dev/null 2>&1; then
        say "  sudo dnf install pango harfbuzz google-noto-sans-cjk-fonts python3 (here they are called so:$*)"
    elif command -v brew >/dev/null 2>&1; then
        say "  brew install python pango font-noto-sans-cjk (on Debian they are called:$*)"
    else
        say "  (as Debian calls them)$*"
    fi
}
if [ -n "$needed$printing" ] && ! install "$needed$printing"; then
    if [ -n "$needed" ]; then
        say "Some packages are missing, and can't be installed from here. Please do, then try again:"
        how_to_install "$needed$printing"
        exit 1
    fi
    say "Nothing can be printed as PDF, or not in Chinese, until these are installed; all else works:"
    how_to_install "$printing"
fi

# A virtual environment knows the folder and the Python it was made for: made anew when one changed.
made_for="$PWD $(.venv/bin/python -c 'import sys; print(sys.version)' 2>/dev/null || true)"
if [ ! -x .venv/bin/python ] || [ "$(cat .venv/made-for 2>/dev/null || true)" != "$made_for" ]; then
    rm -rf .venv
    "$(python_found)" -m venv .venv
    echo "$PWD $(.venv/bin/python -c 'import sys; print(sys.version)')" >.venv/made-for
fi
# Whether what is in use here comes from another lock file than this one; leaves `wanted`.
changed() {
    wanted=$("$PWD/.venv/bin/python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1")
    [ "$(cat ".venv/lock-$2" 2>/dev/null || true)" != "$wanted" ]
}
if changed "$lock" "$purpose"; then
    say "Downloading $packages"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >&2
    echo "$wanted" >".venv/lock-$purpose"
fi
if [ "$purpose" = test ] && changed tests/scripts/package-lock.json scripts; then
    say "Downloading about 10 MB of npm packages, which check the scripts"
    mkdir -p .venv/npm
    cp tests/scripts/package.json tests/scripts/package-lock.json .venv/npm/
    npm ci --prefix .venv/npm --ignore-scripts --no-audit --no-fund --silent >&2
    echo "$wanted" >.venv/lock-scripts
fi
.venv/bin/python -m babel.messages.frontend --quiet compile --directory translations >&2
