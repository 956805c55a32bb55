"""kill -9 in the middle of writing: what was acknowledged is there, and every transaction as a whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from omoi_server.store.database import Database
from tests.rows import log_of, prepare, say

WRITER = """
import asyncio, os, signal, sys
from omoi_server.domain.events import EventDraft
from omoi_server.store.database import Database

url, point, nth = sys.argv[1], sys.argv[2], int(sys.argv[3])
left = nth

def reached(name):
    global left
    if name == point:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

async def main():
    database = await Database.open(url, reached=reached)

    async def write(n):
        async def work(tx):
            for part in range(3):
                tx.emit(EventDraft("spec-1", "test.said", f"{n}/{part}"))
            tx.emit(EventDraft("spec-2", "test.said", f"{n}"))
        await database.write(work, group=n % 2 == 0)
        os.write(1, f"{n}\\n".encode())

    for turn in range(100):
        await asyncio.gather(*(write(turn * 10 + k) for k in range(10)))

asyncio.run(main())
"""


async def _check_whole(url: str, acknowledged: set[int]) -> None:
    database = await Database.open(url)
    first, second = await log_of(database, "spec-1"), await log_of(database, "spec-2")
    assert [number for number, _ in first] == list(range(1, len(first) + 1))
    assert [number for number, _ in second] == list(range(1, len(second) + 1))
    stored = {int(message) for _, message in second}
    assert acknowledged <= stored
    assert sorted(message for _, message in first) == sorted(f"{n}/{part}" for n in stored for part in range(3))
    await say(database, "spec-1", "and on")
    assert (await log_of(database, "spec-1"))[-1] == (len(first) + 1, "and on")
    if database.dialect == "sqlite":
        async with database.read() as conn:
            assert (await conn.execute(text("PRAGMA integrity_check"))).scalar_one() == "ok"
    await database.close()


@pytest.mark.parametrize(("point", "nth"), [("commit.before", 4), ("commit.after", 4), ("commit.before", 25)])
async def test_killed_at_a_commit(database_url: str, tmp_path: Path, point: str, nth: int) -> None:
    database = await Database.open(database_url)
    await prepare(database, "spec-1", "spec-2")
    await database.close()
    done = subprocess.run(
        [sys.executable, "-c", WRITER, database_url, point, str(nth)],
        stdout=subprocess.PIPE, cwd=tmp_path, env=_environment(), timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    await _check_whole(database_url, {int(line) for line in done.stdout.split()})


async def test_killed_at_no_particular_moment(database_url: str, tmp_path: Path) -> None:
    database = await Database.open(database_url)
    await prepare(database, "spec-1", "spec-2")
    await database.close()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, database_url, "nowhere", "0"],
        stdout=subprocess.PIPE, cwd=tmp_path, env=_environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(137)]
        process.kill()
        lines += process.stdout.read().splitlines()
    await _check_whole(database_url, {int(line) for line in lines})


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
