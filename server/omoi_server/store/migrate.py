"""Brings a database to the tables of this code, before anything else uses it.

All of it happens in one transaction: a migration that fails leaves the database as it was. Revisions are numbered
0001, 0002 …; the number of the newest one is the version of this code. `schema_info.min_code_version` is the oldest
code that can live with the schema: a database which was only added to can still be used by code one step behind.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, inspect, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

import omoi_server
from omoi_server.errors import FailedPrecondition
from omoi_server.store import driver_errors
from omoi_server.store.engines import parse_url, postgres_alone, sqlite_path, sqlite_patience
from omoi_server.store.tables import metadata, schema_info

VERSION_TABLE = "omoi_schema_version"
LOCK_KEY = 0x6F6D6F69
"""pg_advisory_lock takes a number: "omoi" in ASCII."""

_log = structlog.get_logger(__name__)


def migrate(url: str, *, backup_dir: Path | None, scripts: Path | None = None) -> None:
    """Bring the database at `url` to the newest revision; an empty one gets everything, a current one nothing.

    Blocking, and runs an event loop of its own on PostgreSQL: call it in a thread before the port opens. A SQLite file
    that is to be changed is copied to `backup_dir` first (None: no copy). `scripts` is the folder of another history
    than this code's, for tests of what a later or earlier version does.

    Raises FailedPrecondition: DATABASE_NEEDS_NEWER_CODE, DATABASE_NOT_OURS (it holds tables of these names that this
    history did not make), DATABASE_PATH (no such folder, or no right to write there). ResourceExhausted on a full disk,
    Unavailable when it does not answer or is locked, InvalidArgument for an address that is not one.
    """
    address = parse_url(url)
    _transact(address, lambda connection: _upgrade(_config(connection, scripts), _backup(address, backup_dir)))


def is_current(url: str) -> bool:
    """Whether the database at `url` is at this code's revision. Blocking; raises as migrate() does."""
    found: list[str | None] = []
    _transact(parse_url(url), lambda connection: found.append(current_revision(connection)))
    return found == [_head(ScriptDirectory.from_config(_config(None, None)))]


def downgrade(url: str, revision: str, *, scripts: Path | None = None) -> None:
    """Take the database back to `revision` ("base": no tables at all). What the newer tables held is lost."""
    _transact(parse_url(url), lambda connection: command.downgrade(_config(connection, scripts), revision))


def code_version() -> int:
    """The version of this code: the number of the newest revision that it knows."""
    return int(_head(ScriptDirectory.from_config(_config(None, None))))


def history() -> Path:
    """The folder of the Alembic history: inside the installed package, or in the checkout."""
    package = Path(omoi_server.__file__).parent
    for folder in (package / "_migrations", package.parents[1] / "migrations" / "server"):
        if (folder / "env.py").is_file():
            return folder
    raise FailedPrecondition(
        "INSTALLATION", f"The database migrations are missing beside {package}. Install omoi again."
    )


def _config(connection: Connection | None, scripts: Path | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts or history()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    return config


def _head(scripts: ScriptDirectory) -> str:
    head = scripts.get_current_head()
    if head is None:
        raise FailedPrecondition("INSTALLATION", f"The database migrations in {scripts.dir} are empty.")
    return head


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None for one that was never migrated."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _upgrade(config: Config, backup: Callable[[str], None]) -> None:
    connection: Connection = config.attributes["connection"]
    scripts = ScriptDirectory.from_config(config)
    head = _head(scripts)
    current = current_revision(connection)
    if current is None:
        _refuse_strangers(connection)
    else:
        _refuse_newer(connection, current, int(head))
        known = {script.revision for script in scripts.walk_revisions()}
        if current == head or current not in known:
            return
        backup(current)
    command.upgrade(config, "head")
    _log.info("database_migrated", before=current or "", now=head)


def _refuse_newer(connection: Connection, current: str, version: int) -> None:
    needed = connection.execute(select(schema_info.c.min_code_version)).scalar_one_or_none()
    if needed is not None and needed > version:
        raise FailedPrecondition(
            "DATABASE_NEEDS_NEWER_CODE",
            f"The database is at version {current} and needs code of version {needed} or newer; this code is "
            f"version {version}. Install a newer omoi, or restore the copy made before the migration.",
        )


def _refuse_strangers(connection: Connection) -> None:
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise FailedPrecondition(
            "DATABASE_NOT_OURS",
            f"The database already holds tables that omoi did not make ({', '.join(taken)}). Name an empty database.",
        )


def _transact(address: URL, change: Callable[[Connection], None]) -> None:
    try:
        if address.drivername.startswith("sqlite"):
            _on_sqlite(address, change)
        else:
            asyncio.run(_on_postgres(address, change))
    except (DBAPIError, sqlite3.Error) as error:
        named = driver_errors.meaning(error)
        if named is None:
            raise
        # At the start a person must know which database is meant; a URL is shown without its password.
        raise type(named)(named.reason, f"{named.message} It is {address.database}.", named.metadata) from error
    except OSError as error:
        raise driver_errors.unreachable() from error


def _on_sqlite(address: URL, change: Callable[[Connection], None]) -> None:
    path = sqlite_path(address)
    _make_private(path)
    engine = create_engine(address.set(drivername="sqlite"), poolclass=NullPool, connect_args=sqlite_patience(address))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    # Foreign keys stay off: changing a SQLite table means making it anew; what results is checked as a whole.
    with engine.begin() as connection:
        change(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise RuntimeError(f"the migration left a row of {broken[0]} that points nowhere")


async def _on_postgres(address: URL, change: Callable[[Connection], None]) -> None:
    engine = postgres_alone(address).execution_options(isolation_level="READ COMMITTED")
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            await connection.run_sync(change)
    finally:
        await engine.dispose()


def _make_private(path: Path) -> None:
    """An empty file that only its owner reads: ideas and token hashes are in it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise FailedPrecondition(
            "DATABASE_PATH",
            f"The database {path} cannot be opened for writing: {error.strerror}. "
            "Make its folder, or name another place.",
        ) from error


def _backup(address: URL, folder: Path | None) -> Callable[[str], None]:
    """Copies the SQLite file as it is now; PostgreSQL has backups of its own."""

    def copy(revision: str) -> None:
        if folder is None or not address.drivername.startswith("sqlite"):
            return
        source = sqlite_path(address)
        target = folder / f"{source.stem}-{revision}.db"
        unfinished = target.with_suffix(".part")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished.unlink(missing_ok=True)
            _make_private(unfinished)
            with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(unfinished)) as new:
                old.backup(new)
            unfinished.replace(target)
        except OSError as error:
            raise FailedPrecondition(
                "DATABASE_COPY",
                f"The copy {target} of the database cannot be made before the migration: {error.strerror}. "
                "Make room for it there.",
            ) from error
        _log.info("database_copied", to=str(target))

    return copy
