"""Deleting a directory that an untrusted process filled: any depth, any modes, links never followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def delete_tree(path: Path) -> None:
    """Delete a directory whatever its modes and depth; links in it are deleted, not followed. Absent: nothing.

    Neither recursion nor paths that grow: thousands of folders inside each other would exceed the interpreter's stack,
    the descriptors of a process or PATH_MAX. Folders are lifted into the top one until it holds nothing. Raises OSError.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        path.unlink(missing_ok=True)
        return
    path.chmod(0o700)
    top = os.open(path, _FOLDER)
    try:
        while folders := _empty_of_files(top):
            for name in folders:
                _lift(top, name)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    path.rmdir()


def _empty_of_files(folder: int) -> list[str]:
    """Delete what is no folder in an open folder; the folders' names, each made enterable (and so movable)."""
    with os.scandir(folder) as listed:
        entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listed]
    for name, is_folder in entries:
        if is_folder:
            os.chmod(name, 0o700, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in entries if is_folder]


def _lift(top: int, name: str) -> None:
    """Empty `top/name` by moving its folders beside it, under names that nothing has."""
    folder = os.open(name, _FOLDER, dir_fd=top)
    try:
        for inner in _empty_of_files(folder):
            os.rename(inner, os.urandom(12).hex(), src_dir_fd=folder, dst_dir_fd=top)
    finally:
        os.close(folder)
