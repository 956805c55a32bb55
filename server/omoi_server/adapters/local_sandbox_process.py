"""Processes by number and start time: a number alone may belong to somebody else by the time it is used.

Linux tells by /proc (proc(5), /proc/PID/stat); other systems by `ps`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
ON_LINUX = (PROC / "self" / "stat").exists()
DEAD_STATES = "ZXx"


@dataclass(frozen=True)
class Process:
    """One process for all time: its number, and its start time as text (field 22 of stat, clock ticks since boot)."""

    pid: int
    started: str


@dataclass(frozen=True)
class Seen:
    """What the system tells of a number now: state letter, process group, start time."""

    state: str
    group: int
    started: str


def boot_id() -> str:
    """Differs after every start of the machine, so that numbers and ticks of an earlier one mean nothing."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def look(pid: int) -> Seen | None:
    """The process with this number now, dead and uncollected ones too; None if there is none."""
    return _look_in_proc(pid) if ON_LINUX else look_by_ps(pid)


def _look_in_proc(pid: int) -> Seen | None:
    try:
        content = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # Field 2 is the command in parentheses and may hold anything, so count from its end: state is field 3.
    fields = content.rpartition(")")[2].split()
    return Seen(state=fields[0], group=int(fields[2]), started=fields[19])


def look_by_ps(pid: int) -> Seen | None:
    """The same by `ps`, where there is no /proc. `started` is `lstart`, as the worker writes it there."""
    told = _ps("-o", "stat=,pgid=,lstart=", "-p", str(pid)).split(None, 2)
    return Seen(state=told[0][0], group=int(told[1]), started=told[2].strip()) if len(told) == 3 else None


def lives(process: Process) -> bool:
    """Whether exactly this process runs (or is stopped); a dead one that nobody collected does not."""
    seen = look(process.pid)
    return seen is not None and seen.started == process.started and seen.state not in DEAD_STATES


def members(group: int) -> list[int]:
    """Numbers of the processes in this group that are not dead."""
    if not ON_LINUX:
        rows = (line.split() for line in _ps("-axo", "pid=,pgid=,stat=").splitlines())
        return [int(row[0]) for row in rows if len(row) == 3 and int(row[1]) == group and row[2][0] not in DEAD_STATES]
    found = ((pid, look(pid)) for pid in _numbers())
    return [pid for pid, seen in found if seen and seen.group == group and seen.state not in DEAD_STATES]


def group_lives(leader: Process) -> bool:
    """Whether the leader or anything else of its group runs."""
    return lives(leader) or bool(_own_members(leader))


def signal_group(leader: Process, number: signal.Signals) -> None:
    """Signal the group that `leader` founded, and nobody else.

    A group's number is given to no new process while any member lives (POSIX, fork()). So: the leader is there with
    its start time, or it is gone and members remain, or another process has the number and nothing of ours is left.
    """
    if lives(leader) or _own_members(leader):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader.pid, number)


def _own_members(leader: Process) -> list[int]:
    seen = look(leader.pid)
    if seen is not None and seen.started != leader.started:
        return []
    return members(leader.pid)


def with_variable(variable: str) -> list[int]:
    """Numbers of our user's processes that were started with `NAME=value` in their environment (Linux only).

    Finds what left its group. What a process changed in its environment later is not seen, so it cannot hide this way.
    """
    wanted = variable.encode()
    found = []
    for pid in _numbers() if ON_LINUX else []:
        with contextlib.suppress(OSError):
            if wanted in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def lock_held(path: Path) -> bool:
    """Whether a process holds an flock on `path`. Takes it shared for an instant: ask only when its owner has it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _numbers() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()]


def _ps(*options: str) -> str:
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False, env=environment).stdout
