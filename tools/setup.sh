#!/bin/sh
# Makes .venv hold exactly what uv.lock names. Needs Python 3.11 to 3.13; does nothing when nothing changed.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "setup: $*" >&2
    exit 1
}

find_python() {
    for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11, 3.12 or 3.13 on PATH. Install one, or name it: make setup PYTHON=/path/to/python3.11"
}

# uv installs the lock file; where it is not on PATH, a copy goes into .local/uv and nowhere else.
find_uv() {
    if command -v uv; then return; fi
    if [ ! -x .local/uv/bin/uv ]; then
        "$1" -m venv .local/uv >&2 || fail "$1 cannot make a virtual environment (on Debian: apt install python3-venv)."
        .local/uv/bin/python -m pip install --quiet --disable-pip-version-check uv >&2 || fail "could not install uv."
    fi
    echo .local/uv/bin/uv
}

python=$(find_python)
wanted=$(cat uv.lock pyproject.toml tools/setup.sh | cksum)
if [ -x .venv/bin/python ] && [ "$(cat .venv/.setup 2>/dev/null)" = "$wanted" ]; then exit 0; fi

uv=$(find_uv "$python")
if [ -x .venv/bin/python ]; then python=.venv/bin/python; fi
# --inexact leaves extras alone that were asked for by hand, such as cuda.
"$uv" sync --quiet --frozen --inexact --extra dev --no-python-downloads --python "$python"
echo "$wanted" >.venv/.setup
