"""Where tests write: in memory where the machine offers it.

A run makes and removes a great many small files (repositories, sandboxes, databases). On a disk ext4 searches every
directory's group anew for an inode that was not freed just now (`recently_deleted` in fs/ext4/ialloc.c); in one test that
kills a worker this was about 30 % of the processor time.
"""

from __future__ import annotations

import os
from pathlib import Path

LEAST_FREE = 4 * 1024**3
"""Bytes. Runs left 150 to 550 MB behind; a container's usual 64 MiB are too few."""


def folder() -> Path | None:
    """A file system in memory on which programs may be run; None where there is none, or too small a one."""
    found = Path("/dev/shm")
    if not found.is_dir() or not os.access(found, os.W_OK | os.X_OK):
        return None
    state = os.statvfs(found)
    if state.f_flag & os.ST_NOEXEC or state.f_bavail * state.f_frsize < LEAST_FREE:
        return None
    return found
