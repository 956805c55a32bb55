"""Builds the worker as one file: the same bytes from a checkout, an installed wheel or the archive itself.

Beside every module lies its bytecode for the Python that builds: a worker that runs under the same version then starts
in half the time. Another version finds a magic number that is not its own and takes the source. So the bytes are the
same for the same sources and the same Python version.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import marshal
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from zipimport import zipimporter

PACKAGES = ("omoi_spec", "omoi_worker")

_SUFFIXES = frozenset({".py", ".json", ".md", ".txt", ".toml"})
"""Modules and package data. Anything else in a folder (caches, editors' files) is not part of the program."""

_UNCHECKED = (1).to_bytes(4, "little")
"""Flags of a .pyc: hash-based, not to be checked."""

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can say
_UNIX = 3
_MODE = 0o100644

_MAIN = b"""\
import sys

if sys.version_info < (3, 9):
    sys.exit("omoi-worker needs Python 3.9 or newer; this is " + sys.version.split()[0] + ".")

from omoi_worker.__main__ import main

sys.exit(main())
"""


def build(target: Path) -> str:
    """Write the archive (a `.pyz` that `python -I` runs) and return the SHA-256 of its bytes as hex.

    Raises OSError when `target` cannot be written.
    """
    content = _content()
    target.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def own_digest() -> str:
    """The SHA-256 of the archive that runs, or of the one that these sources make."""
    running = _running()
    content = running.read_bytes() if running else _content()
    return hashlib.sha256(content).hexdigest()


def own_archive(folder: Path) -> Path:
    """The archive that runs; without one, it is built into `folder`."""
    running = _running()
    if running:
        return running
    target = folder / "worker.pyz"
    build(target)
    return target


def _running() -> Path | None:
    loader = getattr(sys.modules[__name__], "__loader__", None)
    return Path(loader.archive).absolute() if isinstance(loader, zipimporter) else None


def _content() -> bytes:
    files: dict[str, bytes] = {}
    for package in PACKAGES:
        files.update(_package_files(package))
    files.update({f"{name}c": _bytecode(name, files[name]) for name in sorted(files) if name.endswith(".py")})
    files["__main__.py"] = _MAIN
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def _bytecode(name: str, source: bytes) -> bytes:
    """A .pyc that is never checked against its source (PEP 552): both are in one file that nobody edits.

    Version 2 of marshal has no back references; with them the bytes would depend on how often the compiling process
    happens to hold a string.
    """
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    return importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source) + marshal.dumps(code, 2)


def _package_files(package: str) -> dict[str, bytes]:
    file = import_module(package).__file__
    if file is None:
        raise OSError(f"the package {package} has no files. Install omoi anew.")
    root = Path(file).parent
    found = (path for path in root.rglob("*") if path.suffix in _SUFFIXES and path.is_file())
    return {f"{package}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in found}
