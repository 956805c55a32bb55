"""A cancelled call interrupts nothing: what it asked for happens as a whole and is found later."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from omoi_server.domain.events import EventDraft
from omoi_server.errors import FailedPrecondition
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from tests.rows import log_of, prepare


def _moments() -> Iterator[int]:
    """Turns of the event loop to let pass before cancelling: each of the first, then ever fewer."""
    moment = 0
    while True:
        yield moment
        moment += 1 + moment // 8


async def _users(database: Database) -> set[str]:
    async with database.read() as conn:
        return set((await conn.execute(select(t.users.c.user_id))).scalars())


@pytest.mark.parametrize("group", [True, False], ids=["grouped", "alone"])
async def test_a_call_cancelled_at_any_moment(database: Database, group: bool) -> None:
    await prepare(database, "spec-1")
    asked: list[str] = []
    for moment in _moments():
        name = f"call-{moment}"
        started = asyncio.Event()

        async def work(tx: Transaction, name: str = name, started: asyncio.Event = started) -> None:
            started.set()
            await tx.conn.execute(insert(t.users).values(user_id=name, name="", created_at=tx.now))
            await asyncio.sleep(0)
            tx.emit(EventDraft("spec-1", "test.said", name))
            await tx.conn.execute(text("UPDATE specs SET behind = behind + 1"))

        call = asyncio.create_task(database.write(work, group=group))
        for _ in range(moment):
            await asyncio.sleep(0)
        finished = call.done()
        call.cancel()
        await asyncio.wait([call])
        if moment:  # before its first turn the call has not said anything
            asked.append(name)
        if finished:
            break
        assert call.cancelled()
    # The next write comes after all of those: they were accepted in their order.
    await database.write(lambda tx: tx.conn.execute(text("SELECT 1")), group=True)
    for _ in range(2000):
        if len(await _users(database)) == len(asked):
            break
        await asyncio.sleep(0.005)
    assert await _users(database) == set(asked)
    log = await log_of(database, "spec-1")
    assert [number for number, _ in log] == list(range(1, len(asked) + 1))
    assert {message for _, message in log} == set(asked)
    assert len(asked) > 5


async def test_reading_cancelled_at_any_moment_leaves_no_connection_behind(database: Database) -> None:
    await prepare(database, "spec-1")

    async def read() -> None:
        async with database.read() as conn:
            await conn.execute(text("SELECT count(*) FROM specs"))
            await asyncio.sleep(0)
            await conn.execute(text("SELECT count(*) FROM users"))

    for moment in _moments():
        call = asyncio.create_task(read())
        for _ in range(moment):
            await asyncio.sleep(0)
        finished = call.done()
        call.cancel()
        await asyncio.wait([call])
        if finished:
            assert moment > 3
            break
    # More readers than the pool has connections: all of them come through.
    await asyncio.gather(*(read() for _ in range(40)))
    for _ in range(2000):
        if database.checked_out == 0:
            break
        await asyncio.sleep(0.005)
    assert database.checked_out == 0


async def test_closing_ends_the_threads_of_cancelled_calls(sqlite_url: str, tmp_path: Path) -> None:
    """A thread that outlives the event loop would report to nobody."""
    before = set(threading.enumerate())
    with pytest.raises(FailedPrecondition):
        await Database.open(f"sqlite:///{tmp_path}/missing/omoi.db")
    database = await Database.open(sqlite_url)

    async def read_long() -> None:
        async with database.read() as conn:
            count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
            await conn.execute(text(count + "SELECT count(*) FROM n"))

    calls = [asyncio.create_task(read_long()) for _ in range(6)]
    for _ in range(200):
        await asyncio.sleep(0)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    await database.close()
    left = set(threading.enumerate()) - before
    assert not [thread.name for thread in left if "connection_worker" in thread.name]
