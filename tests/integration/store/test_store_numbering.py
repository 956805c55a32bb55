"""Events are numbered 1, 2, 3 … per spec, whoever writes at the same time."""

from __future__ import annotations

import asyncio
import random

import pytest

from omoi_server.domain.events import EventDraft
from omoi_server.store.database import Database
from omoi_server.store.events import heads, read_events
from omoi_server.store.transaction import Transaction
from tests.rows import log_of, prepare, say


class Refused(Exception):
    """What a work raises to undo itself."""


@pytest.mark.parametrize("group", [True, False], ids=["grouped", "alone"])
async def test_many_writers_on_one_spec(database: Database, group: bool) -> None:
    await prepare(database, "spec-1")
    await asyncio.gather(*(say(database, "spec-1", f"m{n}", group=group) for n in range(120)))
    log = await log_of(database, "spec-1")
    assert [number for number, _ in log] == list(range(1, 121))
    assert sorted(message for _, message in log) == sorted(f"m{n}" for n in range(120))


async def test_many_writers_on_many_specs_some_of_which_fail(database: Database) -> None:
    ids = [f"spec-{n}" for n in range(6)]
    await prepare(database, *ids)
    chance = random.Random(7)

    async def write(n: int) -> list[str]:
        chosen = chance.sample(ids, 3)
        fails = n % 5 == 0

        async def work(tx: Transaction) -> list[str]:
            for spec_id in chosen:
                tx.emit(EventDraft(spec_id, "test.said", f"m{n}"))
            await asyncio.sleep(0)
            if fails:
                raise Refused
            return chosen

        try:
            return await database.write(work, group=n % 2 == 0)
        except Refused:
            return []

    written = await asyncio.gather(*(write(n) for n in range(90)))
    for spec_id in ids:
        log = await log_of(database, spec_id)
        assert [number for number, _ in log] == list(range(1, len(log) + 1))
        expected = {f"m{n}" for n, chosen in enumerate(written) if spec_id in chosen}
        assert {message for _, message in log} == expected
        assert len(log) == len(expected)


async def test_two_processes_worth_of_writers_on_postgresql(postgres_url: str) -> None:
    first, second = await Database.open(postgres_url), await Database.open(postgres_url)
    try:
        await prepare(first, "spec-1", "spec-2")
        await asyncio.gather(
            *(
                say(one, spec_id, f"{name}{n}", group=n % 2 == 0)
                for name, one in (("a", first), ("b", second))
                for spec_id in ("spec-1", "spec-2")
                for n in range(40)
            )
        )
        for spec_id in ("spec-1", "spec-2"):
            log = await log_of(first, spec_id)
            assert [number for number, _ in log] == list(range(1, 81))
            assert len({message for _, message in log}) == 80
    finally:
        await first.close()
        await second.close()


async def test_times_never_go_back_within_a_log(database: Database) -> None:
    await prepare(database, "spec-1")
    await asyncio.gather(*(say(database, "spec-1", str(n), group=False) for n in range(60)))
    async with database.read() as conn:
        times = [row["occurred_at"] for row in await read_events(conn, "spec-1", 0, 100)]
    assert times == sorted(times)
    assert all(time.tzinfo is None and time.microsecond % 1000 == 0 for time in times)


async def test_reading_a_page_and_heads(database: Database) -> None:
    await prepare(database, "spec-1", "spec-2")
    for n in range(5):
        await say(database, "spec-1", str(n))
    async with database.read() as conn:
        assert [row["sequence"] for row in await read_events(conn, "spec-1", 1, 3)] == [2, 3, 4]
        found = await heads(conn, ["spec-1", "spec-2", "unknown", "spec-1"])
    assert {key: head.last_sequence for key, head in found.items()} == {"spec-1": 5, "spec-2": 0}
    assert not found["spec-1"].settled


async def test_heads_of_more_specs_than_a_query_has_parameters(database: Database) -> None:
    await prepare(database, "spec-1")
    async with database.read() as conn:
        found = await heads(conn, [*(f"unknown-{n}" for n in range(40_000)), "spec-1"])
    assert list(found) == ["spec-1"]


async def test_words_that_a_database_cannot_hold_are_stored_all_the_same(database: Database) -> None:
    await prepare(database, "spec-1")
    await say(database, "spec-1", "nul \x00 and half a pair \ud800 …")
    assert await log_of(database, "spec-1") == [(1, "nul \ufffd and half a pair ? …")]


async def test_a_number_that_json_does_not_know_is_refused(database: Database) -> None:
    await prepare(database, "spec-1")

    async def work(tx: Transaction) -> None:
        tx.emit(EventDraft("spec-1", "test.said", "", payload={"value": float("nan")}))

    with pytest.raises(Exception, match="Out of range float values"):
        await database.write(work)
    assert await log_of(database, "spec-1") == []
