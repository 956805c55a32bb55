#!/bin/sh
# Finds a Python that can make virtual environments and lets it set up .venv: set_up.sh server|dev
# PYTHON=/path/to/python chooses one.
set -u
here=$(dirname "$0")
old=''
bare=''

version() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null
}

for name in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 /usr/bin/python3 /usr/local/bin/python3; do
    path=$(command -v "$name" 2>/dev/null) || continue
    found=$(version "$path") || continue
    if ! "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        old=${old:-"Python $found ($path)"}
    elif ! "$path" -c 'import venv, ensurepip' 2>/dev/null; then
        bare=${bare:-"Python $found ($path)"}
    else
        exec "$path" -I "$here/set_up.py" "$@"
    fi
done

if [ -n "$bare" ]; then
    echo "set-up: $bare cannot make virtual environments; install its venv module (Debian, Ubuntu: apt-get install python3-venv) and run make again." >&2
elif [ -n "$old" ]; then
    echo "set-up: $old is too old, Omoi needs 3.11 or newer; install one, or name it: make PYTHON=/path/to/python3.11." >&2
else
    echo "set-up: there is no python3 on the PATH; install Python 3.11 or newer (Debian, Ubuntu: apt-get install python3 python3-venv) and run make again." >&2
fi
exit 1
