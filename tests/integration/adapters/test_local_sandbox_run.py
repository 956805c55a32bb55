"""Starting, watching and stopping real workers."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.adapters.local_sandbox_process import Process, look, look_by_ps, signal_group
from omoi_server.errors import InvalidArgument, SandboxFileError, Unavailable
from omoi_server.ports import SandboxRequest, SandboxStatus

from .workers import line, lines, request, state_of, until

NAME = "sbx-7f3a-1"
NOTHING = SandboxStatus(exists=False, started=False, alive=False)
DEAD = SandboxStatus(exists=True, started=True, alive=False)
ALIVE = SandboxStatus(exists=True, started=True, alive=True)


@pytest.fixture
async def sandboxes(home: Path) -> AsyncIterator[LocalSandboxes]:
    made = LocalSandboxes(home, "host-1")
    yield made
    for name in await made.names():
        await made.remove(name)


def starts(home: Path, name: str = NAME) -> list[int]:
    return [int(pid) for pid in (home / "sandboxes" / name / "starts").read_text().split()]


async def died(sandboxes: LocalSandboxes, name: str = NAME) -> None:
    async def dead() -> bool:
        return not (await sandboxes.status(name)).alive

    await until(dead)


async def test_a_worker_runs_apart_from_the_server(
    sandboxes: LocalSandboxes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    assert sandboxes.location == "host-1"
    assert await sandboxes.status(NAME) == NOTHING
    await sandboxes.create(request(NAME))
    start = await line(sandboxes, NAME, "start")
    folder = home / "sandboxes" / NAME
    assert start["pid"] == start["session"] == start["group"] != os.getpgrp()
    assert isinstance(start["env"], dict)
    wanted = {"PATH", "LANG", "HOME", "TMPDIR", "SPEC_ID", "SANDBOX_ID"}
    assert wanted <= set(start["env"]) <= wanted | {"LC_CTYPE"}
    assert (start["env"]["HOME"], start["env"]["TMPDIR"]) == (f"{folder}/home", f"{folder}/tmp")
    assert (start["stdin"], start["cwd"], start["umask"]) == ("/dev/null", str(folder), "0077")
    await line(sandboxes, NAME, "end")
    await died(sandboxes)
    assert await sandboxes.status(NAME) == DEAD
    assert (folder / "worker.log").read_text() == "to the log\nerrors too\n"
    assert folder.stat().st_mode & 0o777 == 0o700 and (folder / "job.json").stat().st_mode & 0o777 == 0o600


async def test_started_once_whoever_asks(sandboxes: LocalSandboxes, home: Path) -> None:
    other = LocalSandboxes(home, "host-1")
    await asyncio.gather(*(who.create(request(NAME, stay=60)) for who in (sandboxes, other) * 4))
    await line(sandboxes, NAME, "start")
    await sandboxes.create(request(NAME, stay=60))
    assert await sandboxes.status(NAME) == await other.status(NAME) == ALIVE
    await other.stop(NAME, 1)
    await sandboxes.create(request(NAME))
    assert len(starts(home)) == 1
    assert await sandboxes.status(NAME) == DEAD
    assert await sandboxes.names() == [NAME]


async def test_alive_from_the_first_moment_dead_at_once(sandboxes: LocalSandboxes, home: Path) -> None:
    await sandboxes.create(request(NAME, stay=60))
    assert await sandboxes.status(NAME) == ALIVE
    start = await line(sandboxes, NAME, "start")
    assert isinstance(start["pid"], int)
    os.kill(start["pid"], signal.SIGKILL)
    killed = time.monotonic()
    await died(sandboxes)
    assert time.monotonic() - killed < 1
    with pytest.raises(ProcessLookupError):
        os.kill(start["pid"], 0)


async def test_polite_stop(sandboxes: LocalSandboxes) -> None:
    await sandboxes.create(request(NAME, stay=60, child="group"))
    await line(sandboxes, NAME, "child")
    for _ in range(2):
        await sandboxes.stop(NAME, 0.3)
        assert await sandboxes.status(NAME) == DEAD
    await sandboxes.stop("sbx-never-1", 1)


@pytest.mark.parametrize("child", ["group", "stray"])
async def test_stop_reaches_the_deaf_and_what_they_started(sandboxes: LocalSandboxes, child: str) -> None:
    await sandboxes.create(request(NAME, stay=60, deaf=True, child=child))
    pid = (await line(sandboxes, NAME, "child"))["pid"]
    began = time.monotonic()
    await sandboxes.stop(NAME, 0.2)
    assert time.monotonic() - began < 3
    assert await sandboxes.status(NAME) == DEAD
    assert state_of(pid) == "gone"


async def test_children_of_a_worker_that_died_are_stopped(sandboxes: LocalSandboxes) -> None:
    await sandboxes.create(request(NAME, stay=60, child="group"))
    child = (await line(sandboxes, NAME, "child"))["pid"]
    worker = (await line(sandboxes, NAME, "start"))["pid"]
    assert isinstance(worker, int)
    os.kill(worker, signal.SIGKILL)
    await died(sandboxes)
    assert state_of(child) != "gone"
    await sandboxes.stop(NAME, 0.1)
    assert state_of(child) == "gone"


async def test_a_stopped_worker_can_be_ended(sandboxes: LocalSandboxes) -> None:
    await sandboxes.create(request(NAME, stay=60, deaf=True))
    pid = (await line(sandboxes, NAME, "start"))["pid"]
    assert isinstance(pid, int)
    os.kill(pid, signal.SIGSTOP)
    assert (await sandboxes.status(NAME)).alive
    await sandboxes.stop(NAME, 0.1)
    assert state_of(pid) == "gone"


async def test_a_number_that_belongs_to_somebody_else_now_is_left_alone(sandboxes: LocalSandboxes, home: Path) -> None:
    await sandboxes.create(request(NAME))
    await died(sandboxes)
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        mark = home / "sandboxes" / NAME / "started"
        told = json.loads(mark.read_text())
        for record in ({**told, "pid": bystander.pid}, {**told, "pid": 0}, {**told, "pid": 1}, {**told, "boot": "x"}):
            mark.write_text(json.dumps(record))
            assert not (await sandboxes.status(NAME)).alive
            await sandboxes.stop(NAME, 0)
        seen = look(bystander.pid)
        assert seen is not None
        # An interrupted start, and a worker.lock that names a bystander with its true start time.
        mark.write_text(json.dumps({"boot": told["boot"]}))
        claim = json.dumps({"pid": bystander.pid, "started": seen.started})
        (home / "sandboxes" / NAME / "worker.lock").write_text(claim)
        await sandboxes.stop(NAME, 0)
        signal_group(Process(bystander.pid, "1"), signal.SIGKILL)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


async def test_an_interrupted_start_is_taken_up_unless_work_was_done(sandboxes: LocalSandboxes, home: Path) -> None:
    await sandboxes.create(request(NAME))
    await died(sandboxes)
    folder = home / "sandboxes" / NAME
    mark = folder / "started"
    mark.write_text(json.dumps({"boot": json.loads(mark.read_text())["boot"]}))
    await sandboxes.create(request(NAME))
    assert len(starts(home)) == 1
    (folder / "journal.jsonl").unlink()
    await sandboxes.create(request(NAME))
    await line(sandboxes, NAME, "start")
    assert len(starts(home)) == 2


SERVER = """
import asyncio, sys
from pathlib import Path
from adapters.workers import request
from omoi_server.adapters.local_sandbox import LocalSandboxes
async def main():
    await LocalSandboxes(Path(sys.argv[1]), "host-1").create(request(sys.argv[2], stay=60))
    print("created", flush=True)
    await asyncio.sleep(60)
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""


def server(home: Path, name: str) -> subprocess.Popen[str]:
    """A program in its own process group that creates a sandbox once it is told to."""
    paths = [str(Path(__file__).parents[1]), *sys.path]
    started = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(home), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(paths)},
        text=True,
        start_new_session=True,
    )
    assert started.stdout is not None and started.stdout.readline() == "ready\n"
    return started


def let_go(started: subprocess.Popen[str]) -> None:
    assert started.stdin is not None
    started.stdin.write("\n")
    started.stdin.flush()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
async def test_a_worker_outlives_the_server(sandboxes: LocalSandboxes, home: Path, number: signal.Signals) -> None:
    with server(home, NAME) as other:
        let_go(other)
        assert other.stdout is not None and other.stdout.readline() == "created\n"
        os.killpg(other.pid, number)
    start = await line(sandboxes, NAME, "start")
    assert await sandboxes.status(NAME) == ALIVE
    await sandboxes.create(request(NAME, stay=60))
    assert starts(home) == [start["pid"]]
    await sandboxes.stop(NAME, 1)
    assert await sandboxes.status(NAME) == DEAD


async def test_killed_at_any_moment_of_create(sandboxes: LocalSandboxes, home: Path) -> None:
    """Ten servers killed within the time that a create takes: afterwards each sandbox has had one worker."""
    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    for number in range(10):
        name = f"sbx-{number}-1"
        with server(home, name) as other:
            let_go(other)
            time.sleep(chance.uniform(0, 0.04))
            other.kill()
        await sandboxes.create(request(name, stay=60))
        await line(sandboxes, name, "start")
        assert len(starts(home, name)) == 1, seed
        assert (await sandboxes.status(name)).alive, seed
        await sandboxes.stop(name, 1)
        assert not (await sandboxes.status(name)).alive
        assert [entry["type"] for entry in await lines(sandboxes, name)] == ["start"]


async def test_file_size_limit(home: Path) -> None:
    small = LocalSandboxes(home, "host-1", file_size_limit=100_000)
    await small.create(request(NAME, flood=1_000_000))
    assert (await line(small, NAME, "error"))["message"] == "File too large"
    await small.remove(NAME)


async def test_bad_requests(sandboxes: LocalSandboxes, home: Path) -> None:
    for name in ("", "..", "a/b", "a.b", "-x", "x" * 200):
        with pytest.raises(InvalidArgument):
            await sandboxes.create(request(name))
    for path in ("../x", "/etc/x", "in/../../x", "in//x", "a\0b"):
        with pytest.raises(SandboxFileError, match="inside"):
            await sandboxes.create(SandboxRequest(NAME, {path: b""}, {}))
        assert await sandboxes.names() == []
    broken = LocalSandboxes(home, "host-1", python=home / "no-python")
    with pytest.raises(Unavailable, match="no-python"):
        await broken.create(request(NAME))
    assert (await sandboxes.status(NAME)).started
    await sandboxes.create(request(NAME))
    await line(sandboxes, NAME, "start")
    assert len(starts(home)) == 1


async def test_a_full_disk(home: Path) -> None:
    """With no room for the files nothing is started, nothing is left, and a later create works."""
    code = (
        "import asyncio, resource, sys\n"
        "from pathlib import Path\n"
        "from adapters.workers import request\n"
        "from omoi_server.adapters.local_sandbox import LocalSandboxes\n"
        "from omoi_server.errors import ResourceExhausted\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))\n"
        "try:\n"
        f"    asyncio.run(LocalSandboxes(Path(sys.argv[1]), 'h').create(request({NAME!r})))\n"
        "except ResourceExhausted as full:\n"
        "    print(full.reason)\n"
    )
    paths = [str(Path(__file__).parents[1]), *sys.path]
    done = subprocess.run(
        [sys.executable, "-c", code, str(home)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "STORAGE_FULL\n"
    sandboxes = LocalSandboxes(home, "host-1")
    assert await sandboxes.names() == []
    await sandboxes.create(request(NAME))
    await line(sandboxes, NAME, "end")
    await sandboxes.remove(NAME)


def test_ps_tells_the_same() -> None:
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        seen, by_ps = look(process.pid), look_by_ps(process.pid)
        assert seen is not None and by_ps is not None
        assert by_ps.group == seen.group == process.pid
        assert by_ps.started.endswith(time.strftime("%Y"))
    finally:
        process.kill()
        process.wait()
    assert look(process.pid) is None and look_by_ps(process.pid) is None
