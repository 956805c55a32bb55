"""The way into the database: `read` for one snapshot, `write` for one piece of work. Nothing else opens connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, Literal, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from omoi_server.store import driver_errors, engines
from omoi_server.store.bell import Bell
from omoi_server.store.listener import Listener
from omoi_server.store.transaction import Transaction
from omoi_server.store.writer import OutcomeUnknown, Work, Writer, closed

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]

ATTEMPTS = 4
"""Once and three times more after a deadlock or a failed serialisation."""

_log = structlog.get_logger(__name__)
_writing: ContextVar[bool] = ContextVar("omoi_store_writing", default=False)


def _nothing(_point: str) -> None:
    """What happens at a named point in production."""


class Database:
    """One database of this process. Build it with `open`; migrate first (store/migrate.py)."""

    def __init__(self, dialect: Dialect, readers: AsyncEngine, writers: AsyncEngine, reached: Callable[[str], None]):
        self.dialect: Dialect = dialect
        self.bell = Bell()
        self._readers = readers
        self._writers = writers
        self._reached = reached
        self._held: AsyncConnection | None = None
        self._connections: engines.SqliteConnections | None = None
        self._listener: Listener | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False
        self._writer = Writer(self._run, name="store writer")

    @classmethod
    async def open(cls, url: str, *, reached: Callable[[str], None] = _nothing) -> Database:
        """Connect to `sqlite:///path` or `postgresql://…` (or the same with their async drivers); does not migrate.

        `reached` is called with "commit.before" and "commit.after" around each commit: fault tests end the process
        there. InvalidArgument for an address that is not one of these, Unavailable when the database does not answer.
        """
        address = engines.parse_url(url)
        if address.drivername.startswith("sqlite"):
            connections = engines.SqliteConnections()
            readers = engines.sqlite_readers(address, connections)
            database = cls("sqlite", readers, engines.sqlite_writer(address, connections), reached)
            database._connections = connections
        else:
            engine = engines.postgres(address)
            reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            database = cls("postgresql", reading, engine, reached)
            database._listener = Listener(engines.postgres_alone(address), database.bell)
        try:
            if database.dialect == "sqlite":
                database._held = await _connect(database._writers)
            async with database.read():
                pass
        except BaseException as error:
            await database.close()
            raise _named(error) from error
        return database

    @property
    def checked_out(self) -> int:
        """How many pooled connections are in use now."""
        pool: Any = self._readers.pool
        return int(pool.checkedout())

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which all queries see one snapshot, taken by the first of them. It cannot write.

        For short reading: PostgreSQL ends a snapshot after 20 s of silence, and who waits for a write() inside it holds
        a connection that the write may need.
        """
        if self._closing:
            raise closed()
        try:
            conn = await self._checkout()
        except Exception as error:
            raise _named(error) from error
        try:
            yield conn
        except DBAPIError as error:
            raise _named(error) from error
        finally:
            await asyncio.shield(self._spawn(_hand_back(conn)))

    async def write(self, work: Callable[[Transaction], Awaitable[T]], *, group: bool = False) -> T:
        """Run `work` in a transaction and return its result once that is committed.

        What `work` raises undoes everything it wrote, and is raised here. It may run more than once (replay of a failed
        group, deadlock), so it has no effect but through its Transaction. Cancelling the caller does not interrupt it:
        the outcome is found again in the database.

        SQLite groups all pending works, PostgreSQL those with `group=True` (short ones that come in crowds); the others
        get a transaction of their own. Raises ResourceExhausted (STORAGE_FULL) on a full disk, and Unavailable when the
        database is away (OUTCOME_UNKNOWN: it left during the commit).
        """
        if _writing.get():
            raise RuntimeError("write() inside a write(): the inner one would wait for the outer one for ever")
        if self._closing:
            raise closed()
        if group or self.dialect == "sqlite":
            return await self._writer.submit(work)

        async def alone() -> T:
            results: list[T] = await self._run([work])
            return results[0]

        return await asyncio.shield(self._spawn(alone()))

    async def close(self) -> None:
        """Take no more, finish what was accepted, hang up."""
        self._closing = True
        await self._writer.close()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            await self._listener.close()
        await self._drop_held()
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
        """A pooled connection. A caller cancelled meanwhile leaves none half open."""
        task = self._spawn(_connect(self._readers))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._give_back)
            raise

    def _give_back(self, task: asyncio.Task[AsyncConnection]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._spawn(_hand_back(task.result()))

    async def _run(self, works: Sequence[Work]) -> list[Any]:
        """The works in one transaction, tried again when the database asks for it; rings after the commit."""
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(driver_errors.is_retryable),
                stop=stop_after_attempt(ATTEMPTS),
                wait=wait_random_exponential(multiplier=0.01, max=0.2),
                reraise=True,
            ):
                with attempt:
                    results, topics = await self._transact(works)
        except Exception as error:
            raise _named(error) from error
        self.bell.ring(topics)
        return results

    async def _transact(self, works: Sequence[Work]) -> tuple[list[Any], frozenset[str]]:
        async with self._writing_connection() as conn:
            mark = _writing.set(True)
            try:
                transaction = await Transaction.start(conn, self.dialect)
                results = [await _uninterrupted(work, transaction) for work in works]
                topics = await transaction.finish()
                self._reached("commit.before")
            except BaseException:
                await self._roll_back(conn)
                raise
            finally:
                _writing.reset(mark)
            await self._commit(conn)
        return results, topics

    @asynccontextmanager
    async def _writing_connection(self) -> AsyncIterator[AsyncConnection]:
        if self.dialect == "sqlite":
            if self._held is None:
                self._held = await _connect(self._writers)
            yield self._held
            return
        conn = await _connect(self._writers)
        try:
            yield conn
        finally:
            await conn.close()

    async def _commit(self, conn: AsyncConnection) -> None:
        try:
            await conn.commit()
        except BaseException as error:
            await self._drop_held()
            if driver_errors.is_lost_connection(error):
                raise OutcomeUnknown from error
            raise
        self._reached("commit.after")

    async def _roll_back(self, conn: AsyncConnection) -> None:
        try:
            await conn.rollback()
        except DBAPIError as error:
            # What brought us here says more; the connection is not used again.
            _log.warning("rollback_failed", error=str(error))
            await self._drop_held()
        if conn.invalidated:
            await self._drop_held()

    async def _drop_held(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            await held.close()


async def _connect(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except OSError as error:
        raise driver_errors.unreachable() from error


async def _hand_back(conn: AsyncConnection) -> None:
    """Return a connection that was read from. One that broke is thrown away: what was read with it stands all the same."""
    try:
        await conn.close()
    except Exception as error:  # the driver has no one word for "it was cut while I tidied up"
        _log.warning("connection_thrown_away", error=str(error))
        with suppress(Exception):
            await conn.invalidate()


async def _uninterrupted(work: Work, transaction: Transaction) -> Any:
    try:
        return await work(transaction)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # The work cancelled something of its own; the writer itself lives on.
        raise RuntimeError("a piece of work ended in a cancellation") from error


def _named(error: BaseException) -> BaseException:
    """The error of our family that `error` means, or itself."""
    return driver_errors.meaning(error) or error
