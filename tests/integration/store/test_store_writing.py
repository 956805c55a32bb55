"""One work is all or nothing, and hurts no other."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert, text

from omoi_server.domain.events import EventDraft
from omoi_server.errors import NotFound, Unavailable
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from tests.rows import log_of, prepare, say, spec_row


class Refused(Exception):
    """What a work raises to undo itself."""


async def test_a_failing_work_does_not_hurt_its_group(database: Database) -> None:
    await prepare(database, "spec-1")
    runs = [0] * 9

    async def write(n: int) -> int:
        async def work(tx: Transaction) -> int:
            runs[n] += 1
            tx.emit(EventDraft("spec-1", "test.said", str(n)))
            await tx.conn.execute(insert(t.users).values(user_id=f"user-{n}", name="", created_at=tx.now))
            if n == 4:
                raise Refused(n)
            return n * 10

        return await database.write(work, group=True)

    outcomes = await asyncio.gather(*(write(n) for n in range(9)), return_exceptions=True)
    assert [outcome for n, outcome in enumerate(outcomes) if n != 4] == [0, 10, 20, 30, 50, 60, 70, 80]
    assert isinstance(outcomes[4], Refused)
    assert [message for _, message in await log_of(database, "spec-1")] == list("01235678")
    assert [number for number, _ in await log_of(database, "spec-1")] == list(range(1, 9))
    async with database.read() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM users"))).scalar_one() == 8
    # They really shared a transaction, which was replayed one by one.
    assert runs[0] == 2


async def test_a_database_error_of_one_does_not_hurt_its_group(database: Database) -> None:
    await prepare(database, "spec-1")

    async def twice(tx: Transaction) -> None:
        for _ in range(2):
            await tx.conn.execute(insert(t.users).values(user_id="same", name="", created_at=tx.now))

    good = [say(database, "spec-1", str(n)) for n in range(4)]
    outcomes = await asyncio.gather(*good[:2], database.write(twice, group=True), *good[2:], return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes if outcome is not None] == ["IntegrityError"]
    assert len(await log_of(database, "spec-1")) == 4


async def test_an_event_of_an_unknown_spec_is_refused_alone(database: Database) -> None:
    await prepare(database, "spec-1")
    outcomes = await asyncio.gather(
        say(database, "spec-1", "a"),
        say(database, "nowhere", "b"),
        say(database, "spec-1", "c"),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], NotFound)
    assert outcomes[1].reason == "SPEC_NOT_FOUND"
    assert await log_of(database, "spec-1") == [(1, "a"), (2, "c")]


async def test_state_and_event_appear_together(database: Database) -> None:
    await prepare(database, "spec-1")

    async def fails_late(tx: Transaction) -> None:
        await tx.conn.execute(text("UPDATE specs SET title = 'changed' WHERE spec_id = 'spec-1'"))
        tx.emit(EventDraft("spec-1", "test.said", "changed"))
        raise Refused

    before = await spec_row(database, "spec-1")
    with pytest.raises(Refused):
        await database.write(fails_late)
    assert await spec_row(database, "spec-1") == before
    assert await log_of(database, "spec-1") == []


async def test_a_work_that_cancels_itself_does_not_stop_the_writer(database: Database) -> None:
    await prepare(database, "spec-1")

    async def work(tx: Transaction) -> None:
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="ended in a cancellation"):
        await database.write(work, group=True)
    await say(database, "spec-1", "still writing")
    assert len(await log_of(database, "spec-1")) == 1


@pytest.mark.parametrize("group", [True, False])
async def test_a_write_inside_a_write_is_a_clear_error(database: Database, group: bool) -> None:
    await prepare(database, "spec-1")

    async def work(tx: Transaction) -> None:
        await say(database, "spec-1", "inner", group=group)

    with pytest.raises(RuntimeError, match=r"write\(\) inside a write"):
        await database.write(work, group=group)


async def test_closing_finishes_what_was_accepted_and_takes_no_more(database_url: str) -> None:
    database = await Database.open(database_url)
    await prepare(database, "spec-1")
    calls = [asyncio.create_task(say(database, "spec-1", str(n), group=n % 2 == 0)) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*calls) == [None] * 20
    with pytest.raises(Unavailable, match="shutting down"):
        await say(database, "spec-1", "late")
    again = await Database.open(database_url)
    assert len(await log_of(again, "spec-1")) == 20
    await again.close()


async def test_locks_are_taken_and_given_back(database: Database) -> None:
    await prepare(database, "spec-1", "spec-2")
    order: list[str] = []

    async def write(name: str) -> None:
        async def work(tx: Transaction) -> None:
            await tx.lock_project("prj-1")
            await tx.lock_specs("spec-2", "spec-1")
            order.append(f"{name} in")
            for _ in range(5):
                await asyncio.sleep(0)
            await tx.conn.execute(text("UPDATE specs SET behind = behind + 1"))
            order.append(f"{name} out")

        await database.write(work)

    await asyncio.gather(write("a"), write("b"))
    first = order[0][0]
    second = "b" if first == "a" else "a"
    assert order == [f"{first} in", f"{first} out", f"{second} in", f"{second} out"]
    assert (await spec_row(database, "spec-1")).behind == 2
