"""A real worker process for sandbox tests: speaks the sandbox layout and does what job.json says."""

from __future__ import annotations

import asyncio
import json
import time
import zipfile
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path

from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.ports import SandboxRequest

SOURCE = r"""
import fcntl, json, os, signal, subprocess, sys, time

command, root = sys.argv[1:3]
assert command == "run"
job = json.load(open(os.path.join(root, "job.json")))
with open(os.path.join(root, "starts"), "a") as starts:
    starts.write("%d\n" % os.getpid())
lock = os.open(os.path.join(root, "worker.lock"), os.O_RDWR | os.O_CREAT, 0o600)
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
started = open("/proc/self/stat").read().rpartition(")")[2].split()[19]
os.ftruncate(lock, 0)
os.pwrite(lock, json.dumps({"pid": os.getpid(), "started": started}).encode(), 0)
number = 0
journal = open(os.path.join(root, "journal.jsonl"), "a")


def say(**fields):
    global number
    number += 1
    journal.write(json.dumps({"n": number, **fields}) + "\n")
    journal.flush()


def status(name):
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith(name + ":"))


if job.get("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("to the log", flush=True)
print("errors too", file=sys.stderr, flush=True)
say(type="start", pid=os.getpid(), session=os.getsid(0), group=os.getpgid(0), env=dict(os.environ), cwd=os.getcwd(),
    stdin=os.readlink("/proc/self/fd/0"), umask=status("Umask"))
if job.get("child"):
    code = "import signal,sys,time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE,
                             start_new_session=job["child"] == "stray")
    child.stdout.readline()
    say(type="child", pid=child.pid)
if job.get("flood"):
    try:
        with open(os.path.join(root, "out", "flood"), "wb") as flood:
            flood.write(b"x" * job["flood"])
        say(type="flooded")
    except OSError as error:
        say(type="error", message=error.strerror)
if job.get("stay"):
    time.sleep(job["stay"])
say(type="end")
"""


def request(name: str, **job: object) -> SandboxRequest:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("__main__.py", SOURCE)
    files: dict[str, bytes | Path] = {"worker.pyz": archive.getvalue(), "job.json": json.dumps(job).encode()}
    return SandboxRequest(name, files, {"SPEC_ID": "s", "SANDBOX_ID": name, "HOME": "/elsewhere"})


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.01)


async def lines(sandboxes: LocalSandboxes, name: str) -> list[dict[str, object]]:
    content = await sandboxes.read_journal(name, 0, 1 << 20)
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


async def line(sandboxes: LocalSandboxes, name: str, kind: str) -> dict[str, object]:
    """The first journal line of this type, once it is there."""
    found: list[dict[str, object]] = []

    async def there() -> bool:
        found[:] = [entry for entry in await lines(sandboxes, name) if entry["type"] == kind]
        return bool(found)

    await until(there)
    return found[0]


def state_of(pid: object) -> str:
    """The state letter of a process, or "gone"; dead and uncollected counts as gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    return "gone" if state in "ZX" else state
