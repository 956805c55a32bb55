"""The directory of one sandbox: where the server puts things and where it looks for them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath


class SandboxPathError(ValueError):
    """A path in `job.json` or in a message does not lie where it must."""


@dataclass(frozen=True)
class Sandbox:
    """One sandbox directory (absolute). Only `out/` and the journal are read by the server."""

    root: Path

    @property
    def job(self) -> Path:
        return self.root / "job.json"

    @property
    def journal(self) -> Path:
        return self.root / "journal.jsonl"

    @property
    def lock(self) -> Path:
        return self.root / "worker.lock"

    @property
    def log(self) -> Path:
        return self.root / "worker.log"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    def prepare(self) -> None:
        """Make the folders that may be missing. Raises OSError."""
        for folder in (self.inbox, self.out, self.home, self.tmp):
            folder.mkdir(mode=0o700, exist_ok=True)

    def input(self, name: str, folder: str) -> Path:
        """The file `name` ("in/repo.bundle") that must lie directly or deeper in `folder`.

        Raises SandboxPathError for an absolute path, "..", another folder, or a file that does not exist.
        """
        parts = PurePosixPath(name).parts
        if len(parts) < 2 or parts[0] != folder or ".." in parts or "\\" in name or "\0" in name:
            raise SandboxPathError(
                f'"{name}" is not a path inside {folder}/. Name it relative to the sandbox: {folder}/FILE.'
            )
        path = self.root.joinpath(*parts)
        if not path.is_file():
            raise SandboxPathError(f'"{name}" does not exist in the sandbox. Send the file before the message.')
        return path

    def say(self, message: str) -> None:
        """One line for people, on stderr and in worker.log.

        Used where the journal cannot be: it is locked, full or broken; the exit code is never zero then.
        """
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        line = f"{now} omoi-worker: {message}\n"
        _write(2, line)
        if _same_file(self.log):
            return
        try:
            fd = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            _write(2, f"omoi-worker: worker.log cannot be opened: {error}\n")
            return
        _write(fd, line)
        os.close(fd)


def _write(fd: int, line: str) -> None:
    """Unbuffered, so that a full disk shows here and not when the interpreter ends."""
    try:
        os.write(fd, line.encode("utf-8", "replace"))
    except OSError:
        pass  # nothing is left to say it to; the exit code is not zero


def _same_file(log: Path) -> bool:
    """Whether stderr already goes to `log`, as the server arranges it."""
    try:
        here, there = os.fstat(2), log.stat()
    except OSError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
