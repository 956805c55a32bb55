"""Starting the worker of a local sandbox exactly once, and knowing which process it is afterwards.

Two files in the sandbox directory, both written by the server:

* `start.lock`, an flock. Whoever starts the worker holds it and hands the locked descriptor to the worker, which keeps
  it open without knowing until it dies. So between the fork and the worker's own lock there is no moment in which a
  live worker could be taken for none: who gets `start.lock` knows that no worker of this sandbox lives.
* `started`, a mark, synced before the fork, then replaced by one that names pid and start time. Each appears whole (a
  rename): only the holder of the lock writes it, and an O_EXCL file could be found empty after a crash.

A start that was interrupted leaves the mark without a pid. It is taken up again only by the holder of `start.lock` and
only if the journal is still empty: then no process lives and none has done anything. A mark with a pid is final.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omoi_server.adapters.local_sandbox_files import opened_folder, put
from omoi_server.adapters.local_sandbox_process import (
    ON_LINUX,
    Process,
    boot_id,
    lives,
    lock_held,
    look,
    with_variable,
)
from omoi_server.errors import Unavailable

START_LOCK = "start.lock"
STARTED = "started"
WORKER_LOCK = "worker.lock"
JOURNAL = "journal.jsonl"
LOG = "worker.log"
_RECORD_LIMIT = 4096
# Somebody else may hold the lock for an instant to look; a starter needs longer than that only to copy nothing.
_LOCK_SECONDS = 2.0


@dataclass(frozen=True)
class Launch:
    """How to start a worker: command, whole environment, and the largest file it may write (bytes; None: any)."""

    command: Sequence[str]
    environment: Mapping[str, str]
    file_size_limit: int | None


@dataclass(frozen=True)
class Mark:
    """What `started` says: the boot it belongs to and, once confirmed, the process."""

    boot: str
    process: Process | None


def start_once(folder: Path, launch: Launch) -> subprocess.Popen[bytes] | None:
    """Start the worker unless it was started; None when it was, here or elsewhere. Unavailable if it cannot be run."""
    with _start_lock(folder) as descriptor:
        if descriptor is None:
            return None
        mark = read_mark(folder)
        if mark is not None and (mark.process is not None or _has_journal(folder)):
            return None
        if mark is None:
            _write_mark(folder, None)
        process = _spawn(folder, launch, descriptor)
        seen = look(process.pid)
        if seen is not None:
            _write_mark(folder, Process(process.pid, seen.started))
        return process


def read_mark(folder: Path) -> Mark | None:
    """The start mark, or None if nothing was ever started here."""
    data = _read_record(folder / STARTED)
    if data is None:
        return None
    return Mark(str(data.get("boot", "")), _process_of(data))


def worker_of(folder: Path) -> Process | None:
    """The process that was started here, dead or alive; None if unknown or from before the machine's last start.

    The mark names it. Only if that start was interrupted the worker's own word in worker.lock is taken, and only for
    a process that was given this sandbox as HOME: the worker could name any.
    """
    mark = read_mark(folder)
    if mark is None or mark.boot != boot_id():
        return None
    if mark.process is not None:
        return mark.process
    claimed = _process_of(_read_record(folder / WORKER_LOCK) or {})
    return claimed if claimed and (not ON_LINUX or claimed.pid in with_variable(home_of(folder))) else None


def home_of(folder: Path) -> str:
    """The environment entry by which every process of a sandbox is known."""
    return f"HOME={folder / 'home'}"


def worker_lives(folder: Path) -> bool:
    """Whether the worker runs: its process is there and it holds worker.lock, or is on its way to taking it."""
    process = worker_of(folder)
    if process is None:
        mark = read_mark(folder)
        return mark is not None and mark.boot == boot_id() and lock_held(folder / START_LOCK)
    if not lives(process):
        return False
    # The worker fills worker.lock once it holds it, and asking before that could take the lock away from it.
    return _read_record(folder / WORKER_LOCK) is None or lock_held(folder / WORKER_LOCK)


@contextlib.contextmanager
def _start_lock(folder: Path) -> Iterator[int | None]:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder / START_LOCK, flags, 0o600)
    try:
        yield descriptor if _locked(descriptor, folder) else None
    finally:
        os.close(descriptor)


def _locked(descriptor: int, folder: Path) -> bool:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            mark = read_mark(folder)
            if (mark is not None and mark.process is not None) or time.monotonic() > deadline:
                return False
        time.sleep(0.02)


def _spawn(folder: Path, launch: Launch, lock: int) -> subprocess.Popen[bytes]:
    log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(
            list(launch.command),
            cwd=folder,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
            umask=0o077,
        )
    except OSError as error:
        raise Unavailable(
            "WORKER_NOT_STARTED",
            f"The worker of {folder.name} could not be started with {launch.command[0]}: {error.strerror}. "
            "Check the Python interpreter of the server.",
        ) from error
    finally:
        os.close(log)
    if launch.file_size_limit is not None and hasattr(resource, "prlimit"):
        limit = (launch.file_size_limit, launch.file_size_limit)
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limit)
    return process


def _write_mark(folder: Path, process: Process | None) -> None:
    content: dict[str, object] = {"boot": boot_id()}
    if process is not None:
        content |= {"pid": process.pid, "started": process.started}
    with opened_folder(folder, []) as place:
        put(place, STARTED, json.dumps(content).encode() + b"\n")


def _has_journal(folder: Path) -> bool:
    try:
        return (folder / JOURNAL).lstat().st_size > 0
    except OSError:
        return False


def _read_record(path: Path) -> dict[str, object] | None:
    """A small JSON object, {} when it is not one, None when the file is absent or empty."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        content = os.read(descriptor, _RECORD_LIMIT)
    except OSError:
        return {}
    finally:
        os.close(descriptor)
    try:
        data = json.loads(content) if content else None
    except ValueError:
        return {}
    return data if isinstance(data, dict) or data is None else {}


def _process_of(data: Mapping[str, object]) -> Process | None:
    pid, started = data.get("pid"), data.get("started")
    # Group 0 is our own and 1 is everybody's: neither may ever be signalled.
    if isinstance(pid, int) and pid > 1 and isinstance(started, str | int):
        return Process(pid, str(started))
    return None
