#!/bin/sh
# Finds a Python that can make virtual environments and lets it set up .venv: set_up.sh server|playground|dev
# PYTHON=/path/to/python chooses one.
set -uf
here=$(dirname "$0")
old=''
bare=''

# The version, when this is a Python that starts. A shim on the PATH may name one that is not there.
version() {
    [ -x "$1" ] && "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null </dev/null
}

# Becomes this Python if it will do; otherwise remembers what is wrong with it.
try() {
    found=$(version "$1") || return 0
    if ! "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        old=${old:-"Python $found ($1)"}
    elif ! "$1" -c 'import venv, ensurepip' 2>/dev/null; then
        bare=${bare:-"Python $found ($1)"}
    else
        exec "$1" -I "$here/set_up.py" "$level"
    fi
}

level=${1:-dev}
if [ -n "${PYTHON:-}" ]; then
    chosen=$(command -v "$PYTHON") || { echo "set-up: PYTHON=$PYTHON is no program; name a Python 3.11 or newer." >&2; exit 1; }
    try "$chosen"
else
    IFS=:
    for name in python3 python3.13 python3.12 python3.11 python3.14; do
        for folder in $PATH; do
            try "$folder/$name"
        done
    done
fi

if [ -n "$bare" ]; then
    echo "set-up: $bare cannot make virtual environments; install its venv module (Debian, Ubuntu: apt-get install python3-venv) and run make again." >&2
elif [ -n "$old" ]; then
    echo "set-up: $old is too old, Omoi needs 3.11 or newer; install one, or name it: make PYTHON=/path/to/python3.11" >&2
else
    echo "set-up: there is no python3 on the PATH; install Python 3.11 or newer (Debian, Ubuntu: apt-get install python3 python3-venv) and run make again." >&2
fi
exit 1
