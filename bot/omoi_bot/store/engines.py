"""How the two databases are reached: addresses, connections and who says BEGIN."""

from __future__ import annotations

import asyncio
import functools
import json
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from omoi_bot.store.errors import DatabaseRefused

READERS = 4
PG_CONNECTIONS = 8
BUSY_SECONDS = 10.0
"""How long SQLite waits while another process of the bot writes."""

THREAD_SECONDS = 10.0
PG_SETTINGS = {
    "application_name": "omoi-bot",
    # A stopped process must not hold row locks for ever: others take over when its lease ran out.
    "idle_in_transaction_session_timeout": "20000",
    "lock_timeout": "15000",
}

_FORMS = "Use sqlite:////absolute/path/bot.db or postgresql://user:password@host/database."
_dumps = functools.partial(json.dumps, allow_nan=False, separators=(",", ":"))


def parse_url(text: str) -> URL:
    """The address with its async driver. Takes `sqlite:///path`, `postgresql://…` and `postgres://…`.

    DatabaseRefused for anything else, and for a SQLite database in memory, which only one connection could see.
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise DatabaseRefused(f"OMOI_BOT_DATABASE_URL is no address. {_FORMS}") from error
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite":
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise DatabaseRefused(f"OMOI_BOT_DATABASE_URL names no file. {_FORMS}")
        return url.set(drivername="sqlite+aiosqlite")
    if backend in ("postgresql", "postgres"):
        query = dict(url.query)
        if "sslmode" in query:
            query["ssl"] = query.pop("sslmode")
        return url.set(drivername="postgresql+asyncpg", query=query)
    raise DatabaseRefused(f"OMOI_BOT_DATABASE_URL names {backend}, which is not supported. {_FORMS}")


class SqliteConnections:
    """The SQLite connections of one Database, each with a thread that must end before the event loop does."""

    def __init__(self) -> None:
        self._made: WeakSet[aiosqlite.Connection] = WeakSet()

    def make(self, *arguments: Any, **options: Any) -> aiosqlite.Connection:
        """What SQLAlchemy calls for a new connection, and awaits."""
        connection = aiosqlite.connect(*arguments, **options)
        self._thread(connection).daemon = True
        self._made.add(connection)
        return connection

    async def end(self) -> None:
        """Stop what is left (a cancelled call may leave one) and wait for every thread, THREAD_SECONDS at most."""
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
    """Connections for the one writer of this process: BEGIN IMMEDIATE, WAL, every commit flushed to disk."""
    options = {"timeout": BUSY_SECONDS, "async_creator_fn": connections.make}
    engine = create_async_engine(url, poolclass=NullPool, connect_args=options, json_serializer=_dumps)
    _control_begin(engine, "BEGIN IMMEDIATE", ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"))
    return engine


def sqlite_readers(url: URL, connections: SqliteConnections) -> AsyncEngine:
    """A pool whose connections cannot write; a transaction sees one snapshot from its first SELECT on."""
    options = {"timeout": BUSY_SECONDS, "async_creator_fn": connections.make}
    engine = create_async_engine(url, pool_size=READERS, max_overflow=0, connect_args=options, json_serializer=_dumps)
    _control_begin(engine, "BEGIN", ("PRAGMA query_only=ON",))
    return engine


def postgres(url: URL) -> AsyncEngine:
    """A pool for reading and writing; a connection that died while idle is replaced at checkout."""
    return create_async_engine(
        url,
        pool_size=PG_CONNECTIONS,
        max_overflow=PG_CONNECTIONS,
        pool_pre_ping=True,
        connect_args={"server_settings": PG_SETTINGS},
        json_serializer=_dumps,
    )


def _control_begin(engine: AsyncEngine, begin: str, pragmas: tuple[str, ...]) -> None:
    """Take BEGIN away from the driver, which begins late and never IMMEDIATE."""

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)
