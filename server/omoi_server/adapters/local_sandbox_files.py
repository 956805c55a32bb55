"""Reading and writing in a directory that an untrusted process writes too.

Every step of a path is opened relative to the directory before it and never through a link, so a name that changes
between a check and its use changes nothing: what is open is what is used.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from omoi_server.errors import OmoiError, ResourceExhausted, SandboxFileError, Unavailable

_CHUNK = 1024 * 1024
_PART = re.compile(r"[^/\\\x00-\x1f\x7f]{1,255}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: a FIFO in place of a file must not hold the reader.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def split(path: str, first: str = "") -> list[str]:
    """The parts of a relative path below `first` (any folder: ""). SandboxFileError SANDBOX_PATH_INVALID."""
    parts = path.split("/")
    bad = any(part in (".", "..") or not _PART.fullmatch(part) for part in parts)
    if bad or len(path) > 1000 or (first and (len(parts) < 2 or parts[0] != first)):
        where = f"{first}/" if first else "the sandbox"
        raise SandboxFileError("SANDBOX_PATH_INVALID", f"{path[:200]!r} is not a path inside {where}.")
    return parts


@contextlib.contextmanager
def opened_folder(root: Path, parts: list[str]) -> Iterator[int]:
    """A descriptor of `root/part/…`, no step of it a link. SandboxFileError."""
    descriptor = -1
    try:
        descriptor = os.open(root, _FOLDER)
        for part in parts:
            deeper = os.open(part, _FOLDER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    except OSError as error:
        raise file_error("/".join([root.name, *parts]), error) from error
    finally:
        if descriptor >= 0:
            os.close(descriptor)


@contextlib.contextmanager
def opened_file(root: Path, parts: list[str]) -> Iterator[int]:
    """A descriptor of an ordinary file. SandboxFileError; FileNotFoundError stays what it is for the last part."""
    with opened_folder(root, parts[:-1]) as folder:
        name = "/".join([root.name, *parts])
        missing = False
        try:
            descriptor = os.open(parts[-1], _FILE, dir_fd=folder)
        except FileNotFoundError:
            missing = True
        if missing:
            raise SandboxFileError("SANDBOX_FILE_MISSING", f"{name} does not exist.")
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SandboxFileError("SANDBOX_FILE_KIND", f"{name} is not an ordinary file.")
            yield descriptor
        finally:
            os.close(descriptor)


def copy_out(root: Path, path: str, target: Path, sha256: str | None, limit: int) -> None:
    """Copy `out/…` to `target`, which appears whole or not at all; `sha256` None: any content. SandboxFileError."""
    with opened_file(root, split(path, "out")) as source:
        size = os.fstat(source).st_size
        if size > limit:
            raise SandboxFileError("SANDBOX_FILE_TOO_LARGE", f"{path} has {size} bytes, more than {limit}.")
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, making = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                digest, copied = hashlib.sha256(), 0
                # The writer may still be writing: what counts is what was read.
                while chunk := os.read(source, _CHUNK):
                    copied += len(chunk)
                    if copied > limit:
                        raise SandboxFileError("SANDBOX_FILE_TOO_LARGE", f"{path} grew beyond {limit} bytes.")
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if sha256 is not None and digest.hexdigest() != sha256.lower():
                raise SandboxFileError("SANDBOX_FILE_DIGEST", f"{path} is not the file that the journal named.")
            Path(making).replace(target)
        finally:
            Path(making).unlink(missing_ok=True)


def put(folder: int, name: str, content: bytes | Path) -> None:
    """Write a file into an open folder in one step; a file or link of that name is replaced, never written through."""
    making = f".{name[:200]}.{os.urandom(6).hex()}"
    descriptor = os.open(
        making, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                with content.open("rb") as source:
                    shutil.copyfileobj(source, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
        os.rename(making, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(making, dir_fd=folder)
        raise
    os.fsync(folder)


def file_error(name: str, error: OSError) -> OmoiError:
    """What an operating system error means for a sandbox."""
    if error.errno in _FULL:
        return ResourceExhausted(
            "STORAGE_FULL", f"{name} could not be written: {error.strerror}. Make room on the disk."
        )
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return SandboxFileError("SANDBOX_FILE_LINK", f"{name} leads through a link or a file.")
    if error.errno == errno.ENOENT:
        return SandboxFileError("SANDBOX_FILE_MISSING", f"{name} does not exist.")
    if error.errno in (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM):
        return Unavailable("HOST_BUSY", f"{name} could not be opened: {error.strerror}. Try again.")
    return SandboxFileError("SANDBOX_FILE_UNREADABLE", f"{name} could not be used: {error.strerror}.")
