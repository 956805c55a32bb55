"""Reading: one snapshot, and never a write. Opening: clear errors."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from omoi_server.errors import FailedPrecondition, InvalidArgument, Unavailable
from omoi_server.store.database import Database
from omoi_server.store.events import heads, read_events
from omoi_server.store.transaction import Transaction
from tests.rows import prepare, say


async def test_a_reader_sees_one_snapshot_while_others_write(database: Database) -> None:
    await prepare(database, "spec-1")
    await say(database, "spec-1", "before")
    async with database.read() as conn:
        first = await heads(conn, ["spec-1"])
        await say(database, "spec-1", "after")
        await say(database, "spec-1", "alone", group=False)
        assert await heads(conn, ["spec-1"]) == first
        assert len(await read_events(conn, "spec-1", 0, 10)) == 1
    async with database.read() as conn:
        assert len(await read_events(conn, "spec-1", 0, 10)) == 3


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        async with database.read() as conn:
            await conn.execute(text("DELETE FROM specs"))


async def test_many_readers_wait_for_a_connection(database: Database) -> None:
    async def read() -> int:
        async with database.read() as conn:
            return int((await conn.execute(text("SELECT 1"))).scalar_one())

    assert await asyncio.gather(*(read() for _ in range(100))) == [1] * 100


async def test_sqlite_is_opened_as_promised(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)

    async def settings(tx: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [(await tx.conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in names]

    assert await database.write(settings) == ["wal", 2, 1]
    await database.close()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "sqlite:///file:x"]
)
async def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await Database.open(url)
    assert caught.value.violations[0][0] == "database_url"
    assert "Use sqlite:////absolute/path.db or postgresql://" in caught.value.message


async def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await Database.open(f"postgresql://nobody@/nowhere?host={tmp_path}")


async def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FailedPrecondition, match="cannot be opened for writing"):
        await Database.open(f"sqlite:///{tmp_path}/missing/omoi.db")
