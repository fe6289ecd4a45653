#!/bin/sh
# Write both hashed locks anew from the two short lists. Needs `uv` on PATH.
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-header --no-annotate --universal --python-version 3.11 "$@"
}
compile scripts/requirements.in -o requirements.txt
compile -c requirements.txt tests/requirements.in -o tests/requirements.txt
