"""The worker's lock: held for life, so that a lock which can be taken means a dead worker."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True)
class Holder:
    """Who took the lock last: process id and the start time that tells it from a later one with that id."""

    pid: int
    started: str


class LockHeld(Exception):
    """Another worker runs in this sandbox."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        who = f"process {holder.pid}" if holder else "another process"
        super().__init__(f"{path} is held by {who}: a worker runs in this sandbox already. Wait for it or stop it.")
        self.holder = holder


class WorkerLock:
    """An exclusive flock on `worker.lock`; the file holds {"pid": int, "started": str} of the holder.

    The file is written in place and never replaced: a lock belongs to the inode.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1

    def __enter__(self) -> WorkerLock:
        """Raises LockHeld at once when another process has it, OSError when the file cannot be written."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            raise LockHeld(self.path, read_holder(self.path)) from None
        pid = os.getpid()
        content = json.dumps({"pid": pid, "started": process_started(pid) or ""}).encode() + b"\n"
        try:
            os.ftruncate(fd, 0)
            os.pwrite(fd, content, 0)
            os.fsync(fd)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)


def read_holder(path: Path) -> Holder | None:
    """What the lock file says; None when it is missing, torn or empty."""
    try:
        data = json.loads(path.read_bytes().decode("utf-8"))
        return Holder(pid=int(data["pid"]), started=str(data["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def process_started(pid: int) -> str | None:
    """When that process started, as text that is equal exactly for the same process; None if there is none.

    Linux: field 22 of /proc/PID/stat (clock ticks since boot, proc(5)). Elsewhere: `ps -o lstart=`.
    """
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            content = stat.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        # Field 2 is the command in parentheses and may hold anything, so count from its end.
        return content.rpartition(")")[2].split()[19]
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": os.environ.get("PATH", "/bin:/usr/bin")},
    )
    return shown.stdout.strip() or None
