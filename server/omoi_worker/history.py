"""The past of a clone: which commits came before, and which files each changed."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from omoi_worker.engines import PastCommit
from omoi_worker.git import Git, GitError

MAX_BYTES = 4 * 1024 * 1024
"""What is read of git's answer; older commits beyond it are left out."""

MAX_SUBJECT = 300
"""Characters kept of a commit's subject."""


def read_history(git: Git, limit: int, tmp: Path) -> list[PastCommit]:
    """Return HEAD and its ancestors, newest first, at most `limit` commits that are no merges.

    Only ancestors of HEAD are seen, whatever other refs and objects the clone holds. [] when HEAD is no commit.
    git writes to a file below `tmp`, so a huge commit cannot fill the memory. Raises GitError when git fails on a
    history that is there, ProcessTimeout, Stopping, OSError.
    """
    if limit < 1:
        return []
    try:
        git.run("rev-parse", "--quiet", "--verify", "HEAD^{commit}")
    except GitError:
        return []
    mark = secrets.token_hex(16)  # no path of the repository can know it, so none can pose as a commit
    with tempfile.NamedTemporaryFile(dir=tmp, prefix="history-") as file:
        git.run(
            "log",
            f"--output={file.name}",
            f"--max-count={limit}",
            "--no-merges",
            "--no-renames",
            "--no-show-signature",
            "--encoding=UTF-8",
            "--name-only",
            "-z",
            f"--format=%x00{mark}%x00%s%x00",
            "HEAD",
            "--",
        )
        with Path(file.name).open("rb") as answer:
            read = answer.read(MAX_BYTES + 1)
    blocks = read.split(f"\0{mark}\0".encode())[1:]
    if len(read) > MAX_BYTES:
        blocks = blocks[:-1]  # the last one is cut
    return [_commit(block) for block in blocks]


def _commit(block: bytes) -> PastCommit:
    subject, _, names = block.partition(b"\0")
    # After the subject git ends the message with NUL and starts the names on a line of their own.
    paths = [name.decode("utf-8", "replace") for name in names.removeprefix(b"\0\n").split(b"\0") if name]
    return PastCommit(subject.decode("utf-8", "replace")[:MAX_SUBJECT], tuple(paths))
