"""What PostgreSQL undoes and asks to run again, provoked for real."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from omoi_server.errors import Unavailable
from omoi_server.store.database import ATTEMPTS, Database
from omoi_server.store.transaction import Transaction
from tests import postgres
from tests.rows import log_of, prepare, say, spec_row


async def _raise(tx: Transaction, spec_id: str) -> None:
    await tx.conn.execute(text("UPDATE specs SET behind = behind + 1 WHERE spec_id = :id"), {"id": spec_id})


async def test_a_deadlock_is_run_again(postgres_url: str) -> None:
    database = await Database.open(postgres_url)
    await prepare(database, "spec-1", "spec-2")
    both_hold_one = asyncio.Barrier(2)
    runs = {"spec-1": 0, "spec-2": 0}

    async def write(first: str, second: str) -> None:
        async def work(tx: Transaction) -> None:
            runs[first] += 1
            await _raise(tx, first)
            if runs[first] == 1:
                await both_hold_one.wait()
            await _raise(tx, second)

        await database.write(work)

    await asyncio.gather(write("spec-1", "spec-2"), write("spec-2", "spec-1"))
    assert sorted(runs.values()) == [1, 2]
    assert (await spec_row(database, "spec-1")).behind == (await spec_row(database, "spec-2")).behind == 2
    await database.close()


async def test_a_failed_serialisation_is_run_again(postgres_url: str) -> None:
    url = make_url(postgres_url)
    strict = "SET default_transaction_isolation = 'repeatable read'"
    postgres.execute(url, f'ALTER DATABASE "{url.database}" {strict}')
    database = await Database.open(postgres_url)
    await prepare(database, "spec-1")
    both_have_read = asyncio.Barrier(2)
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        await tx.conn.execute(text("SELECT behind FROM specs"))
        if runs <= 2:
            await both_have_read.wait()
        await _raise(tx, "spec-1")

    await asyncio.gather(database.write(work), database.write(work))
    assert runs == 3
    assert (await spec_row(database, "spec-1")).behind == 2
    await database.close()


@pytest.mark.parametrize("group", [True, False], ids=["grouped", "alone"])
async def test_it_gives_up_after_three_repetitions(postgres_url: str, group: bool) -> None:
    database = await Database.open(postgres_url)
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        await tx.conn.execute(text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(DBAPIError, match="again"):
        await database.write(work, group=group)
    assert runs == ATTEMPTS == 4
    await database.close()


@pytest.mark.parametrize("group", [True, False], ids=["grouped", "alone"])
async def test_a_connection_lost_while_working_is_a_named_error(postgres_url: str, group: bool) -> None:
    database = await Database.open(postgres_url)
    await prepare(database, "spec-1")

    async def work(tx: Transaction) -> None:
        await _raise(tx, "spec-1")
        await tx.conn.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Unavailable):
        await database.write(work, group=group)
    assert (await spec_row(database, "spec-1")).behind == 0
    await say(database, "spec-1", "and on it goes", group=group)
    assert len(await log_of(database, "spec-1")) == 1
    await database.close()


async def test_a_connection_lost_in_the_commit_is_not_run_again(postgres_url: str) -> None:
    """A deferred trigger ends the connection inside COMMIT: nobody here can know whether it happened."""
    url = make_url(postgres_url)
    postgres.execute(
        url,
        "CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER hang_up AFTER INSERT ON spec_events DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.message = 'hang up') EXECUTE FUNCTION hang_up()",
    )
    database = await Database.open(postgres_url)
    await prepare(database, "spec-1")
    outcomes = await asyncio.gather(
        say(database, "spec-1", "a"), say(database, "spec-1", "hang up"), return_exceptions=True
    )
    assert [getattr(outcome, "reason", None) for outcome in outcomes] == ["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]
    assert await log_of(database, "spec-1") == []
    await database.close()
