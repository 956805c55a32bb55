"""Watching: nothing lost, doubled or out of order, however a watcher joins, lags or reconnects."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from omoi_server.domain.events import EventDraft
from omoi_server.errors import NotFound, OutOfRange, Unavailable
from omoi_server.rpc.tail import KEEP_EVENTS, READ_EVENTS
from omoi_server.rpc.watch import Watchroom
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_watchers import Watcher, history

QUIET = 60.0
"""Keep-alive and poll of tests in which neither may help."""


@pytest.fixture
async def db(database: Database) -> Database:
    await rows.add_project(database)
    return database


@pytest.fixture
async def room(db: Database) -> AsyncIterator[Watchroom]:
    """Lives from the bell alone."""
    made = Watchroom(db, QUIET, QUIET)
    made.start()
    yield made
    made.drain()
    await made.close()


async def test_an_early_and_a_late_watcher_get_the_same_history(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db)
    early = Watcher(room, spec_id, until_settled=True)
    for number in range(150):
        await rows.say(db, spec_id, f"event {number}")
    late = Watcher(room, spec_id, until_settled=True)
    middle = Watcher(room, spec_id, 77, until_settled=True)
    for number in range(150, 300):
        await rows.say(db, spec_id, f"event {number}")
    await rows.change(db, spec_id, status="CANCELLED")
    async with asyncio.timeout(30):
        await asyncio.gather(early.task, late.task, middle.task)
    expected = await history(db, spec_id)
    assert len(expected) == 300
    assert early.events == late.events == expected
    assert middle.events == expected[77:]
    assert early.batches[-1].live and late.batches[-1].live
    assert room.watched == 0


async def test_a_thousand_watchers_on_one_spec_get_everything(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db)
    await rows.say(db, spec_id, *(f"before {number}" for number in range(70)))
    watchers = [Watcher(room, spec_id, number % 71, until_settled=True) for number in range(1000)]
    writers = (rows.say(db, spec_id, f"during {number}") for number in range(50))
    await asyncio.gather(*writers)
    await rows.change(db, spec_id, status="FAILED")
    async with asyncio.timeout(30):
        await asyncio.gather(*(watcher.task for watcher in watchers))
    expected = await history(db, spec_id)
    assert len(expected) == 120
    assert all(watcher.events == expected[watcher.after :] for watcher in watchers)


async def test_reconnecting_at_every_cursor_gives_the_rest(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db, status="CANCELLED")
    await rows.say(db, spec_id, *(f"event {number}" for number in range(200)))
    expected = await history(db, spec_id)
    for start in range(0, 201, 8):
        watchers = [Watcher(room, spec_id, after, until_settled=True) for after in range(start, min(start + 8, 201))]
        await asyncio.gather(*(watcher.task for watcher in watchers))
        assert all(watcher.events == expected[watcher.after :] for watcher in watchers)


async def test_whoever_fell_behind_the_tail_reads_pages(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db)
    gate = asyncio.Event()
    await rows.say(db, spec_id, "first")
    slow = Watcher(room, spec_id, until_settled=True, pause=gate.wait)
    quick = Watcher(room, spec_id)
    await rows.until(lambda: slow.last == 1)
    total = 3 * KEEP_EVENTS + 7
    for start in range(1, total, 100):
        await rows.say(db, spec_id, *(f"event {number}" for number in range(start, min(start + 100, total))))
    await rows.until(lambda: quick.last == total)
    assert slow.last == 1, "nobody waited for it, and nothing was sent meanwhile"
    gate.set()
    await rows.change(db, spec_id, status="DRAFT")
    async with asyncio.timeout(30):
        await slow.task
    assert slow.events == quick.events == await history(db, spec_id)
    await quick.stop()


async def test_concurrent_writers_leave_every_watcher_with_one_order(db: Database, room: Watchroom) -> None:
    specs = [await rows.add_spec(db) for _ in range(3)]
    watchers = [Watcher(room, spec_id, until_settled=True) for spec_id in specs for _ in range(3)]
    dice = random.Random(7)

    async def writer(number: int) -> None:
        for count in range(10):
            await rows.say(db, dice.choice(specs), f"{number}.{count}", f"{number}.{count}b", group=dice.random() < 0.5)
            if dice.random() < 0.2:
                watchers.append(Watcher(room, specs[0], dice.randrange(2), until_settled=True))

    await asyncio.gather(*(rows.say(db, spec_id, "one", "two") for spec_id in specs))
    await asyncio.gather(*(writer(number) for number in range(12)))
    for spec_id in specs:
        await rows.change(db, spec_id, status="CANCELLED")
    async with asyncio.timeout(30):
        await asyncio.gather(*(watcher.task for watcher in watchers))
    logs = [await history(db, spec_id) for spec_id in specs]
    assert sum(map(len, logs)) == 12 * 10 * 2 + 6
    for index, watcher in enumerate(watchers):
        expected = logs[index // 3] if index < 9 else logs[0]
        assert watcher.events == expected[watcher.after :]


async def test_without_the_bell_the_poll_delivers(database_url: str, db: Database) -> None:
    """Another process writes, and its rings do not reach this one: the ears of its database are others."""
    spec_id = await rows.add_spec(db)
    deaf = Watchroom(db, QUIET, poll=0.05)
    deaf.start()
    other = await Database.open(database_url)
    try:
        other.bell.announce_through(None)
        watcher = Watcher(deaf, spec_id, until_settled=True)
        await rows.until(lambda: watcher.batches)
        for number in range(5):
            await rows.say(other, spec_id, f"event {number}")
            await rows.until(lambda number=number: watcher.last == number + 1)
        await rows.change(other, spec_id, status="FAILED")
        async with asyncio.timeout(30):
            await watcher.task
        assert watcher.events == await history(db, spec_id)
    finally:
        deaf.drain()
        await deaf.close()
        await other.close()


async def test_a_settled_spec_ends_the_stream_at_once_and_only_if_asked(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db, status="DRAFT")
    await rows.say(db, spec_id, "one", "two")
    for after in (0, 1, 2):
        watcher = Watcher(room, spec_id, after, until_settled=True)
        async with asyncio.timeout(30):
            await watcher.task
        assert len(watcher.events) == 2 - after
    open_ended = Watcher(room, spec_id, 2)
    await rows.until(lambda: open_ended.batches)
    await asyncio.sleep(0.05)
    assert not open_ended.task.done()
    assert [(len(batch.events), batch.last_sequence, batch.live) for batch in open_ended.batches] == [(0, 2, True)]
    await open_ended.stop()


async def test_an_empty_log_that_is_settled_ends_too(db: Database, room: Watchroom) -> None:
    watcher = Watcher(room, await rows.add_spec(db, status="DRAFT"), until_settled=True)
    async with asyncio.timeout(30):
        await watcher.task
    assert watcher.events == []


async def test_a_spec_started_again_before_joining_is_not_settled(db: Database, room: Watchroom) -> None:
    """The tail of an earlier watcher may know an older state than the joining one has seen."""
    spec_id = await rows.add_spec(db, status="FAILED")
    await rows.say(db, spec_id, "failed")
    witness = Watcher(room, spec_id)
    await rows.until(lambda: witness.last == 1)
    for round_number in range(20):
        await rows.change(db, spec_id, status="EXECUTING")
        joined = Watcher(room, spec_id, witness.last, until_settled=True)
        await asyncio.sleep(0.002 * (round_number % 3))
        assert not joined.task.done()
        await rows.say(db, spec_id, "the end")
        await rows.change(db, spec_id, status="FAILED")
        async with asyncio.timeout(30):
            await joined.task
        assert len(joined.events) == 1
        await rows.until(lambda joined=joined: witness.last == joined.last)
    await witness.stop()


async def test_settled_without_a_new_event_is_noticed(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db)
    await rows.say(db, spec_id, "one")
    watcher = Watcher(room, spec_id, until_settled=True)
    await rows.until(lambda: watcher.last == 1)
    assert not watcher.task.done()
    await rows.change(db, spec_id, status="PAUSED")
    async with asyncio.timeout(30):
        await watcher.task


async def test_settled_while_lagging_does_not_cut_the_end(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db)
    steps = asyncio.Semaphore(0)

    async def one_step() -> None:
        await steps.acquire()

    await rows.say(db, spec_id, "start")
    slow = Watcher(room, spec_id, until_settled=True, pause=one_step)
    await rows.until(lambda: slow.last == 1)
    for status in ("FAILED", "EXECUTING", "CANCELLED", "EXECUTING", "FAILED"):
        await rows.say(db, spec_id, *(f"{status} {number}" for number in range(70)))
        await rows.change(db, spec_id, status=status)
    for _ in range(100):
        steps.release()
    async with asyncio.timeout(30):
        await slow.task
    assert slow.events == await history(db, spec_id)
    assert len(slow.events) == 351


async def test_a_cursor_beyond_the_log_and_an_unknown_spec_are_refused(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db)
    await rows.say(db, spec_id, "one")
    with pytest.raises(OutOfRange, match="ends at 1"):
        await Watcher(room, spec_id, 2).task
    with pytest.raises(NotFound):
        await Watcher(room, "spec-none").task
    assert room.watched == 0


async def test_quiet_streams_give_signs_of_life(db: Database) -> None:
    room = Watchroom(db, keepalive=0.02, poll=QUIET)
    spec_id = await rows.add_spec(db)
    await rows.say(db, spec_id, "one")
    watcher = Watcher(room, spec_id)
    await rows.until(lambda: len(watcher.batches) >= 4)
    assert [len(batch.events) for batch in watcher.batches[:4]] == [1, 0, 0, 0]
    assert all(batch.live and batch.last_sequence == 1 for batch in watcher.batches)
    await watcher.stop()
    await room.close()


async def test_a_drain_ends_every_stream_and_takes_no_more(db: Database) -> None:
    room = Watchroom(db, QUIET, QUIET)
    spec_id = await rows.add_spec(db)
    await rows.say(db, spec_id, "one")
    watchers = [Watcher(room, spec_id, until_settled=True) for _ in range(5)]
    await rows.until(lambda: all(watcher.last == 1 for watcher in watchers))
    room.drain()
    for watcher in watchers:
        with pytest.raises(Unavailable, match="Reconnect"):
            await watcher.task
    with pytest.raises(Unavailable):
        await Watcher(room, spec_id).task
    assert room.watched == 0
    await room.close()


async def test_large_events_travel_alone_and_batches_stay_small(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db, status="DRAFT")
    await rows.say(db, spec_id, "small", "L" * 2_000_000, "small", *("M" * 400_000 for _ in range(5)), "small")
    watcher = Watcher(room, spec_id, until_settled=True)
    await watcher.task
    assert watcher.events == await history(db, spec_id)
    assert [len(batch.events) for batch in watcher.batches] == [1, 1, 3, 2, 2]


async def test_an_unwatched_tail_is_dropped_and_made_anew(db: Database, room: Watchroom) -> None:
    spec_id = await rows.add_spec(db)
    await rows.say(db, spec_id, "one")
    for expected in range(1, 6):
        first, second = Watcher(room, spec_id), Watcher(room, spec_id)
        await rows.until(lambda first=first, second=second, n=expected: first.last == second.last == n)
        assert room.watched == 1
        await first.stop()
        assert room.watched == 1
        await second.stop()
        assert room.watched == 0
        await rows.say(db, spec_id, "more")


async def test_a_burst_that_settles_the_spec_arrives_whole(db: Database, room: Watchroom) -> None:
    """More than the tail reads at once, in the transaction after which nothing more will come."""
    spec_id = await rows.add_spec(db)
    watchers = [Watcher(room, spec_id, until_settled=True) for _ in range(3)]
    await rows.until(lambda: all(watcher.batches for watcher in watchers))

    async def work(tx: Transaction) -> None:
        for number in range(3 * READ_EVENTS):
            tx.emit(EventDraft(spec_id, "spec.note", f"event {number}"))
        await tx.conn.execute(update(t.specs).where(t.specs.c.spec_id == spec_id).values(status="FAILED"))

    await db.write(work)
    async with asyncio.timeout(30):
        await asyncio.gather(*(watcher.task for watcher in watchers))
    assert all(len(watcher.events) == 3 * READ_EVENTS for watcher in watchers)


async def test_many_specs_are_watched_with_few_readings_at_once(db: Database, room: Watchroom) -> None:
    specs = [await rows.add_spec(db) for _ in range(200)]
    watchers = [Watcher(room, spec_id, until_settled=True) for spec_id in specs]
    await rows.until(lambda: all(watcher.batches for watcher in watchers))
    assert room.watched == 200
    await asyncio.gather(*(rows.say(db, spec_id, "one", "two") for spec_id in specs))
    await asyncio.gather(*(rows.change(db, spec_id, status="FAILED") for spec_id in specs))
    async with asyncio.timeout(30):
        await asyncio.gather(*(watcher.task for watcher in watchers))
    assert all(len(watcher.events) == 2 for watcher in watchers)
    assert room.watched == 0


async def test_closing_waits_for_readings_of_dropped_tails(db: Database) -> None:
    """Connections that a reading still holds must be back before the store closes."""
    room = Watchroom(db, QUIET, QUIET)
    specs = [await rows.add_spec(db) for _ in range(20)]
    for spec_id in specs:
        await rows.say(db, spec_id, *(f"event {number}" for number in range(100)))
    watchers = [Watcher(room, spec_id) for spec_id in specs]
    await rows.until(lambda: any(watcher.batches for watcher in watchers))
    for watcher in watchers:
        watcher.task.cancel()
        watcher.task.cancel()
    room.drain()
    await room.close()
    assert db.checked_out == 0
    await asyncio.gather(*(watcher.task for watcher in watchers), return_exceptions=True)
