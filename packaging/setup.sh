#!/bin/sh
# Makes the checkout's .venv ready for work: finds a Python, lets environment.py do the rest.
# PYTHON=/path/to/python chooses the interpreter for a new .venv.
set -eu
cd "$(dirname "$0")/.."

usable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in ${PYTHON:+"$PYTHON"} .venv/bin/python \
    python3 python3.11 python3.12 python3.13 python3.14 python; do
    if usable "$candidate"; then
        exec "$candidate" packaging/environment.py
    fi
done

echo "MicroDNS needs Python 3.11 or newer, and none is on PATH." >&2
found=$(command -v python3 || true)
if [ -n "$found" ]; then
    echo "Found: $found, $("$found" --version 2>&1 || true)" >&2
fi
echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name one:" >&2
echo "  make setup PYTHON=/path/to/python3.11" >&2
exit 1
