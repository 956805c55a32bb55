"""The way into the bot's database: `read` for one snapshot, `write` for one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import ColumnElement, DateTime, String, literal_column, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from omoi_bot.store import engines, errors
from omoi_bot.store.clock import Clock

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]

ATTEMPTS = 6
"""Once and five times more after a deadlock, a failed serialisation or a lost race for a key."""

_CLOCKS: dict[str, ColumnElement[Any]] = {
    "sqlite": literal_column("strftime('%Y-%m-%d %H:%M:%f', 'now')", String),
    "postgresql": literal_column("date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'UTC')", DateTime),
}
_writing: ContextVar[bool] = ContextVar("omoi_bot_store_writing", default=False)


@dataclass(frozen=True)
class Tx:
    """One transaction (or, from `read`, one snapshot). Every function of this room takes it first."""

    conn: AsyncConnection
    dialect: Dialect
    now: datetime
    """The database's time at the start, through the bot's clock. Naive UTC."""
    clock: Clock


def _nothing(_point: str) -> None:
    """What happens at a named point in production."""


class Database:
    """One database of this process. Build it with `open`; migrate first (store/migrate.py)."""

    def __init__(
        self,
        dialect: Dialect,
        readers: AsyncEngine,
        writers: AsyncEngine,
        clock: Clock,
        reached: Callable[[str], None],
    ) -> None:
        self.dialect: Dialect = dialect
        self.clock = clock
        self._readers = readers
        self._writers = writers
        self._reached = reached
        self._connections: engines.SqliteConnections | None = None
        self._held: AsyncConnection | None = None
        self._alone = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(cls, url: str, *, clock: Clock | None = None, reached: Callable[[str], None] = _nothing) -> Database:
        """Connect to `sqlite:///path` or `postgresql://…`; does not migrate.

        `reached` is called with "commit.before" and "commit.after" around each commit: fault tests end the process
        there. DatabaseRefused for an address that cannot be used, DatabaseAway when the database does not answer.
        """
        address = engines.parse_url(url)
        time = clock or Clock()
        if address.drivername.startswith("sqlite"):
            connections = engines.SqliteConnections()
            readers = engines.sqlite_readers(address, connections)
            database = cls("sqlite", readers, engines.sqlite_writer(address, connections), time, reached)
            database._connections = connections
        else:
            engine = engines.postgres(address)
            reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            database = cls("postgresql", reading, engine, time, reached)
        try:
            if database.dialect == "sqlite":
                database._held = await database._writers.connect()
            async with database.read():
                pass
        except BaseException as error:
            await database.close()
            raise errors.named(error) from error
        return database

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A snapshot that cannot write. Short: no call to Slack or the server inside."""
        try:
            conn = await self._checkout()
        except Exception as error:
            raise errors.named(error) from error
        try:
            yield await self._begun(conn)
        except DBAPIError as error:
            raise errors.named(error) from error
        finally:
            await asyncio.shield(self._spawn(conn.close()))

    async def write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run `work` in a transaction and return its result once that is committed.

        What `work` raises undoes everything it wrote, and is raised here. It may run more than once (deadlock, lost
        race), so it has no effect but through its Tx. Cancelling the caller does not interrupt it.
        """
        if _writing.get():
            raise RuntimeError("write() inside a write(): the inner one would wait for the outer one for ever")
        return await asyncio.shield(self._spawn(self._write(work)))

    async def close(self) -> None:
        """Finish what was accepted, hang up."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._held is not None:
            await self._held.close()
            self._held = None
        await self._readers.dispose()
        await self._writers.dispose()
        if self._connections is not None:
            await self._connections.end()

    def _spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _checkout(self) -> AsyncConnection:
        """A connection for reading. A caller that is cancelled meanwhile leaves none half open."""

        async def connect() -> AsyncConnection:
            return await self._readers.connect()

        task = self._spawn(connect())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._give_back)
            raise

    def _give_back(self, task: asyncio.Task[AsyncConnection]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._spawn(task.result().close())

    async def _begun(self, conn: AsyncConnection) -> Tx:
        value = (await conn.execute(select(_CLOCKS[self.dialect]))).scalar_one()
        real = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return Tx(conn, self.dialect, self.clock.of(real), self.clock)

    async def _write(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(self._again),
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random_exponential(multiplier=0.01, max=0.3),
                reraise=True,
            ):
                with attempt:
                    async with self._writing_connection() as conn:
                        result = await self._transact(conn, work)
        except Exception as error:
            raise errors.named(error) from error
        return result

    def _again(self, error: BaseException) -> bool:
        # On SQLite the writer was alone when it met a taken key: running again would meet it again.
        return self.dialect == "postgresql" and errors.is_retryable(error)

    @asynccontextmanager
    async def _writing_connection(self) -> AsyncIterator[AsyncConnection]:
        if self.dialect == "postgresql":
            async with self._writers.connect() as conn:
                yield conn
            return
        async with self._alone:
            if self._held is None:
                self._held = await self._writers.connect()
            try:
                yield self._held
            except DBAPIError:
                held, self._held = self._held, None
                await held.close()
                raise

    async def _transact(self, conn: AsyncConnection, work: Callable[[Tx], Awaitable[T]]) -> T:
        mark = _writing.set(True)
        try:
            result = await work(await self._begun(conn))
            self._reached("commit.before")
            await conn.commit()
        except BaseException:
            await conn.rollback()
            raise
        finally:
            _writing.reset(mark)
        self._reached("commit.after")
        return result
