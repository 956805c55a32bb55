"""The history makes the tables of this code, on both databases, also when several processes start at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect

from omoi_bot.store import engines
from omoi_bot.store.database import Database
from omoi_bot.store.errors import DatabaseRefused
from omoi_bot.store.migrate import VERSION_TABLE, downgrade, migrate
from omoi_bot.store.tables import metadata
from tests.integration.bot import posting_bases

bot_file, bot_postgres, bot_url = posting_bases.bot_file, posting_bases.bot_postgres, posting_bases.bot_url
migrated_bot_file, migrated_bot_template = posting_bases.migrated_bot_file, posting_bases.migrated_bot_template


async def look(url: str, what: Any) -> Any:
    address = engines.parse_url(url)
    if address.drivername.startswith("sqlite"):
        engine = create_engine(address.set(drivername="sqlite"))
        with engine.connect() as connection:
            found = what(connection)
        engine.dispose()
        return found
    reader = engines.postgres(address)
    async with reader.connect() as conn:
        found = await conn.run_sync(what)
    await reader.dispose()
    return found


async def test_the_history_and_the_tables_agree(bot_url: str) -> None:
    def differences(connection: Connection) -> list[Any]:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "target_metadata": metadata}
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        return found

    assert await look(bot_url, differences) == []
    assert set(await look(bot_url, lambda c: inspect(c).get_table_names())) == {*metadata.tables, VERSION_TABLE}


async def test_down_and_up_again(bot_url: str) -> None:
    await asyncio.to_thread(downgrade, bot_url, "base")
    assert await look(bot_url, lambda c: inspect(c).get_table_names()) == [VERSION_TABLE]
    await asyncio.to_thread(migrate, bot_url)
    await asyncio.to_thread(migrate, bot_url)
    db = await Database.open(bot_url)
    await db.close()


def test_several_processes_at_once(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path}/bot.db", empty_postgres_url):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(migrate, [url] * 4))
    assert (tmp_path / "bot.db").stat().st_mode & 0o777 == 0o600


async def test_strangers_and_newer_databases_are_refused(tmp_path: Path, bot_file: str) -> None:
    foreign = create_engine(f"sqlite:///{tmp_path}/foreign.db")
    with foreign.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (name TEXT)")
    with pytest.raises(DatabaseRefused, match=r"tables that the bot did not make \(people\)"):
        migrate(f"sqlite:///{tmp_path}/foreign.db")
    foreign.dispose()
    newer = create_engine(bot_file)
    with newer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0999'")
    newer.dispose()
    with pytest.raises(DatabaseRefused, match="version 0999, which this code does not know"):
        migrate(bot_file)


async def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match=r"missing/bot\.db cannot be opened for writing"):
        migrate(f"sqlite:///{tmp_path}/missing/bot.db")
    (tmp_path / "text.db").write_text("no database" * 100)
    with pytest.raises(DatabaseRefused, match="no SQLite database"):
        migrate(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(DatabaseRefused, match="cannot be opened"):
        await Database.open(f"sqlite:///{tmp_path}/missing/bot.db")
