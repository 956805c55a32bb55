"""How the two databases are reached: addresses, connections and who says BEGIN."""

from __future__ import annotations

import asyncio
import functools
import json
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from omoi_server.errors import FailedPrecondition, InvalidArgument

READERS = 8
"""SQLite connections (each with a thread) that read beside the one that writes; one per core is more than enough."""

PG_CONNECTIONS = 10
PG_OVERFLOW = 10
POOL_WAIT_SECONDS = 30.0
THREAD_SECONDS = 10.0
BUSY_SECONDS = 10.0
"""How long SQLite waits when another program holds the file."""

PG_SETTINGS = {
    "application_name": "omoi",
    # A stopped process must not hold row locks for ever: others take its jobs over after the lease of 30 s.
    "idle_in_transaction_session_timeout": "20000",
    "lock_timeout": "30000",
}

dumps = functools.partial(json.dumps, allow_nan=False, separators=(",", ":"))
"""JSON as both databases take it: ASCII with escapes, no NaN (PostgreSQL refuses it)."""


def parse_url(text: str) -> URL:
    """The address with its async driver: `sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`.

    Also takes `sqlite:///path`, `postgresql://…` and `postgres://…`; libpq's `sslmode` becomes asyncpg's `ssl`.
    InvalidArgument for anything else and for a SQLite database in memory, which only one connection could see.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InvalidArgument("database_url", f"is no address. {_FORMS}", "DATABASE_URL") from error
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite":
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise InvalidArgument("database_url", f"names no file. {_FORMS}", "DATABASE_URL")
        return url.set(drivername="sqlite+aiosqlite")
    if backend in ("postgresql", "postgres"):
        query = dict(url.query)
        if "sslmode" in query:
            query["ssl"] = query.pop("sslmode")
        return url.set(drivername="postgresql+asyncpg", query=query)
    raise InvalidArgument("database_url", f"names {backend}, which is not supported. {_FORMS}", "DATABASE_URL")


_FORMS = "Use sqlite:////absolute/path.db or postgresql://user:password@host/database."


def sqlite_path(url: URL) -> Path:
    """The file of a SQLite address."""
    if not url.database:
        raise InvalidArgument("database_url", f"names no file. {_FORMS}", "DATABASE_URL")
    return Path(url.database)


def sqlite_patience(url: URL) -> dict[str, float]:
    """Connection argument: how long to wait for another program's lock. `?timeout=` in the address wins."""
    return {} if "timeout" in url.query else {"timeout": BUSY_SECONDS}


class SqliteConnections:
    """The SQLite connections of one Database, each with a thread that must end before the event loop does.

    A cancelled call makes SQLAlchemy drop its connection without waiting for the thread.
    """

    def __init__(self) -> None:
        self._made: WeakSet[aiosqlite.Connection] = WeakSet()

    def make(self, *arguments: Any, **options: Any) -> aiosqlite.Connection:
        """What SQLAlchemy calls for a new connection, and awaits."""
        connection = aiosqlite.connect(*arguments, **options)
        self._thread(connection).daemon = True
        self._made.add(connection)
        return connection

    async def end(self) -> None:
        """Stop what is left and wait for every thread, THREAD_SECONDS at most."""
        threads = [self._thread(connection) for connection in self._made]
        for connection in self._made:
            if self._thread(connection).is_alive():
                connection.stop()
        for thread in threads:
            if thread.is_alive():
                await asyncio.to_thread(thread.join, THREAD_SECONDS)

    @staticmethod
    def _thread(connection: aiosqlite.Connection) -> Thread:
        return connection._thread


def sqlite_writer(url: URL, connections: SqliteConnections) -> AsyncEngine:
    """Connections for the one writer: BEGIN IMMEDIATE, WAL, every commit flushed to disk."""
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        connect_args={**sqlite_patience(url), "async_creator_fn": connections.make},
        json_serializer=dumps,
        hide_parameters=True,
    )
    _control_begin(engine, "BEGIN IMMEDIATE", ("PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON"), wal=True)
    return engine


def sqlite_readers(url: URL, connections: SqliteConnections) -> AsyncEngine:
    """A pool whose connections cannot write; a transaction sees one snapshot from its first SELECT on."""
    engine = create_async_engine(
        url,
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        connect_args={**sqlite_patience(url), "async_creator_fn": connections.make},
        json_serializer=dumps,
        hide_parameters=True,
    )
    _control_begin(engine, "BEGIN", ("PRAGMA query_only=ON",), wal=False)
    return engine


def postgres(url: URL) -> AsyncEngine:
    """A pool for reading and writing; a connection that died while idle is replaced at checkout."""
    return create_async_engine(
        url,
        pool_size=PG_CONNECTIONS,
        max_overflow=PG_OVERFLOW,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args={"server_settings": PG_SETTINGS},
        json_serializer=dumps,
        hide_parameters=True,
    )


def postgres_alone(url: URL) -> AsyncEngine:
    """Unpooled connections that commit each statement: for the bell, which keeps one for its life."""
    settings = {"application_name": "omoi bell"}
    return create_async_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"server_settings": settings}
    )


def _control_begin(engine: AsyncEngine, begin: str, pragmas: tuple[str, ...], *, wal: bool) -> None:
    """Take BEGIN away from the driver.

    By itself the driver begins late (before the first INSERT only) and never IMMEDIATE, so a reader would have no
    snapshot and a writer could lose the lock half way.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        if wal:
            cursor.execute("PRAGMA journal_mode=WAL")
            mode = str(cursor.fetchone()[0])
            if mode.lower() != "wal":
                cursor.close()
                raise FailedPrecondition(
                    "DATABASE_NO_WAL",
                    f"SQLite cannot use its write-ahead log here (journal mode {mode}). "
                    "Put the database on a local disk, or use PostgreSQL.",
                )
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)
