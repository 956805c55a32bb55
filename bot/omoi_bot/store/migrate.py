"""Brings the bot's database to the tables of this code, before anything else uses it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

import omoi_bot
from omoi_bot.store import engines, errors
from omoi_bot.store.tables import metadata

VERSION_TABLE = "bot_alembic_version"
LOCK_KEY = 0x6F6D6F62
"""pg_advisory_lock takes a number: "omob" in ASCII, beside the server's "omoi"."""


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest revision, in one transaction; several processes may do it at once.

    Blocking, and runs an event loop of its own on PostgreSQL: call it in a thread. DatabaseRefused for an address that
    cannot be used, tables of these names that this history did not make, or a revision that this code does not know.
    """
    _transact(engines.parse_url(url), _upgrade)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision` ("base": no tables). What the newer tables held is lost."""
    _transact(engines.parse_url(url), lambda connection: command.downgrade(_config(connection), revision))


def history() -> Path:
    """The folder of the history: inside the installed package, or in the checkout."""
    package = Path(omoi_bot.__file__).parent
    for folder in (package / "_migrations", package.parents[1] / "migrations" / "bot"):
        if (folder / "env.py").is_file():
            return folder
    raise errors.DatabaseRefused(f"The migrations of the bot's database are missing beside {package}. Install again.")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(history()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    return config


def _upgrade(connection: Connection) -> None:
    config = _config(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    current = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    if current is None:
        taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
        if taken:
            raise errors.DatabaseRefused(
                f"OMOI_BOT_DATABASE_URL names a database with tables that the bot did not make ({', '.join(taken)}). "
                "Name an empty one: the bot has a database of its own."
            )
    elif current not in known:
        raise errors.DatabaseRefused(
            f"The bot's database is at version {current}, which this code does not know. Install a newer omoi."
        )
    command.upgrade(config, "head")


def _transact(address: URL, change: Callable[[Connection], None]) -> None:
    try:
        if address.drivername.startswith("sqlite"):
            _on_sqlite(address, change)
        else:
            asyncio.run(_on_postgres(address, change))
    except Exception as error:
        raise errors.named(error) from error


def _on_sqlite(address: URL, change: Callable[[Connection], None]) -> None:
    path = Path(address.database or "")
    try:
        # Only its owner reads it: people's words and sealed tokens are in it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise errors.DatabaseRefused(
            f"The bot's database {path} cannot be opened for writing: {error.strerror}. Make its folder, or name "
            "another place in OMOI_BOT_DATABASE_URL."
        ) from error
    options = {"timeout": engines.BUSY_SECONDS}
    engine = create_engine(address.set(drivername="sqlite"), poolclass=NullPool, connect_args=options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        change(connection)


async def _on_postgres(address: URL, change: Callable[[Connection], None]) -> None:
    engine = engines.postgres(address)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            await connection.run_sync(change)
    finally:
        await engine.dispose()
