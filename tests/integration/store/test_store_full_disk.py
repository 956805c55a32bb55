"""A full disk is a named error that leaves everything as it was; with space again, work goes on."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from omoi_server.domain.events import EventDraft
from omoi_server.errors import ResourceExhausted
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from tests.rows import log_of, prepare, say


async def _allow_pages(database: Database, more: int | None) -> None:
    async def work(tx: Transaction) -> None:
        pages = (await tx.conn.execute(text("PRAGMA page_count"))).scalar_one()
        limit = 1_000_000 if more is None else pages + more
        await tx.conn.exec_driver_sql(f"PRAGMA max_page_count={limit}")

    await database.write(work)


async def test_sqlite_full(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)
    await prepare(database, "spec-1", "spec-2")
    await say(database, "spec-1", "before")
    await _allow_pages(database, 8)

    async def large(tx: Transaction) -> None:
        for n in range(40):
            tx.emit(EventDraft("spec-2", "test.said", f"{n}" + "x" * 4000))

    outcomes = await asyncio.gather(
        say(database, "spec-1", "little"),
        database.write(large),
        say(database, "spec-1", "little"),
        return_exceptions=True,
    )
    assert outcomes[0] is None
    assert outcomes[2] is None
    assert isinstance(outcomes[1], ResourceExhausted)
    assert outcomes[1].reason == "STORAGE_FULL"
    assert "Free space" in outcomes[1].message
    assert await log_of(database, "spec-2") == []
    with pytest.raises(ResourceExhausted):
        await database.write(large)

    await _allow_pages(database, None)
    await database.write(large)
    assert [number for number, _ in await log_of(database, "spec-2")] == list(range(1, 41))
    assert [number for number, _ in await log_of(database, "spec-1")] == [1, 2, 3]
    async with database.read() as conn:
        assert (await conn.execute(text("PRAGMA integrity_check"))).scalar_one() == "ok"
    await database.close()
