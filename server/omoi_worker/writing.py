"""Writes an engine's files into the clone, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

# Names under which file systems that fold case or shorten names would find .git (git's own rule, CVE-2014-9390).
_GIT_FOLDERS = frozenset({".git", "git~1"})
_KEPT_FOR_PEOPLE = frozenset({".omoi.toml", ".gitmodules"})


class UnsafePath(ValueError):
    """A path that a task may not write. Names the path, the reason and the remedy."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f'"{path[:200]}" {reason}. A task writes files inside the repository, by relative path.')


def write_files(root: Path, files: Mapping[str, str]) -> list[str]:
    """Write whole files (UTF-8, kept mode) below `root`; return their real paths relative to it, sorted.

    Every path is checked before the first byte is written. Raises UnsafePath, OSError.
    """
    base = root.resolve(strict=True)
    targets = {path: _target(base, path) for path in files}
    written: set[str] = set()
    for path, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        _target(base, path)  # a folder made just now may not have opened another way out
        _write(target, files[path].encode("utf-8"), path)
        written.add(target.relative_to(base).as_posix())
    return sorted(written)


def _target(base: Path, path: str) -> Path:
    pure = PurePosixPath(path)
    if not path or path.endswith("/") or "\0" in path or "\\" in path or any(ord(char) < 32 for char in path):
        raise UnsafePath(path, "is no file name")
    if pure.is_absolute() or ".." in pure.parts:
        raise UnsafePath(path, "leads out of the repository")
    target = base.joinpath(*pure.parts)
    parent = target.parent.resolve()
    if parent != base and base not in parent.parents:
        raise UnsafePath(path, f"leads out of the repository through a link (to {parent})")
    real = parent / target.name
    relative = real.relative_to(base)
    if any(part.lower().rstrip(" .") in _GIT_FOLDERS for part in relative.parts):
        raise UnsafePath(path, "lies inside .git")
    if relative.as_posix() in _KEPT_FOR_PEOPLE:
        raise UnsafePath(path, "is a file that only people change")
    if real.is_symlink():
        raise UnsafePath(path, "is a link")
    if real.is_dir():
        raise UnsafePath(path, "is a folder")
    return real


def _write(target: Path, content: bytes, path: str) -> None:
    try:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except NotADirectoryError:
        raise UnsafePath(path, "lies below something that is a file") from None
    with os.fdopen(fd, "wb") as file:
        file.write(content)
