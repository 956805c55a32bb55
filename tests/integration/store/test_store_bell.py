"""The bell wakes who waits, in this process and in others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from omoi_server.store.bell import JOBS, Bell, Ear, spec_topic
from omoi_server.store.database import Database
from omoi_server.store.listener import Listener
from omoi_server.store.transaction import Transaction
from tests import postgres
from tests.rows import prepare, say

SOON = 10.0
NEVER = 0.05


async def test_a_commit_rings_what_it_touched(database: Database) -> None:
    await prepare(database, "spec-1", "spec-2")
    bell = database.bell
    specs = (spec_topic("spec-1"), spec_topic("spec-2"))
    with bell.subscribe(specs[0]) as one, bell.subscribe(specs[1]) as two, bell.subscribe(JOBS) as jobs:
        await _quiet(one, two, jobs)
        await say(database, "spec-1", "hello")
        assert await one.wait(SOON)
        assert not await two.wait(NEVER)
        await database.write(_wake_jobs)
        assert await jobs.wait(SOON)
        assert not await one.wait(NEVER)


async def test_what_is_undone_rings_nothing(database: Database) -> None:
    await prepare(database, "spec-1")

    async def work(tx: Transaction) -> None:
        tx.touch("spec-1")
        raise ZeroDivisionError

    with database.bell.subscribe(spec_topic("spec-1")) as ear:
        await _quiet(ear)
        with pytest.raises(ZeroDivisionError):
            await database.write(work)
        assert not await ear.wait(NEVER)


async def test_a_ring_between_reading_and_waiting_is_not_missed() -> None:
    bell = Bell()
    with bell.subscribe("a", "b") as ear:
        bell.ring(["b"])
        assert await ear.wait(NEVER)
        assert not await ear.wait(NEVER)
    bell.ring(["a"])
    assert not await ear.wait(NEVER)


@pytest.fixture
async def pair(postgres_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' worth of store on one database, both listening."""
    first, second = await Database.open(postgres_url), await Database.open(postgres_url)
    await prepare(first, "spec-1", "spec-2")
    await asyncio.gather(_listening(first), _listening(second))
    yield first, second
    await first.close()
    await second.close()


async def test_other_processes_hear_it(pair: tuple[Database, Database]) -> None:
    first, second = pair
    with second.bell.subscribe(spec_topic("spec-1")) as one, second.bell.subscribe(spec_topic("spec-2")) as two:
        await _quiet(one, two)
        await say(first, "spec-1", "hello", group=False)
        assert await one.wait(SOON)
        assert not await two.wait(NEVER)
        await say(first, "spec-2", "hello")
        assert await two.wait(SOON)


async def test_own_rings_do_not_come_back_as_echoes(pair: tuple[Database, Database]) -> None:
    first, second = pair
    with first.bell.subscribe(JOBS) as own, second.bell.subscribe(JOBS) as other:
        await _quiet(own, other)
        await first.write(_wake_jobs)
        assert await own.wait(SOON)
        assert await other.wait(SOON)
        assert not await own.wait(NEVER)


async def test_more_topics_than_one_notification_holds(pair: tuple[Database, Database]) -> None:
    first, second = pair
    topics = [f"spec:{'x' * 60}{n}" for n in range(2000)]
    with second.bell.subscribe(topics[0]) as ear, second.bell.subscribe(topics[-1]) as last:
        await _quiet(ear, last)
        first.bell.ring(topics)
        assert await ear.wait(SOON)
        assert await last.wait(SOON)


async def test_it_reconnects_and_then_everyone_looks(pair: tuple[Database, Database], postgres_url: str) -> None:
    first, second = pair
    with second.bell.subscribe(spec_topic("spec-1")) as ear:
        await _quiet(ear)
        kill = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'omoi bell'"
        )
        postgres.execute(make_url(postgres_url), kill)
        # Writing goes on without it.
        await asyncio.wait_for(say(first, "spec-2", "meanwhile"), SOON)
        assert await ear.wait(SOON)
        await asyncio.gather(_listening(first), _listening(second))
        await _quiet(ear)
        await say(first, "spec-1", "again")
        assert await ear.wait(SOON)


async def _wake_jobs(tx: Transaction) -> None:
    tx.wake(JOBS)
    await tx.conn.execute(text("SELECT 1"))


async def _quiet(*ears: Ear) -> None:
    """Until what rang before is heard and over."""
    for ear in ears:
        while await ear.wait(NEVER):
            pass


async def _listening(database: Database) -> None:
    listener = database._listener
    assert isinstance(listener, Listener)
    await asyncio.wait_for(listener.connected.wait(), SOON)
