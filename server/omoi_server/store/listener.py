"""The bell between processes: PostgreSQL's LISTEN and NOTIFY on one connection of its own.

Sent after the commit, from a task of its own: NOTIFY inside a writing transaction would make all commits of the
database wait for one another, and a lost connection must not hold a writer up. A ring that gets lost costs one poll.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tenacity import AsyncRetrying, retry_if_exception_type, wait_random_exponential

from omoi_server.store.bell import EVERYTHING, Bell

CHANNEL = "omoi_bell"
PAYLOAD_BYTES = 7000
"""PostgreSQL refuses a payload of 8000 bytes and more."""
MAX_PAYLOADS = 4
"""More topics than these hold: ring everything instead."""
SILENCE_SECONDS = 20.0
"""A connection that was idle so long is asked whether it still lives."""
ANSWER_SECONDS = 5.0
_BREATH_SECONDS = 0.2

_log = structlog.get_logger(__name__)


def payloads(origin: str, topics: Iterable[str]) -> list[str]:
    """`<origin> <topic> <topic> …`, each short enough for one NOTIFY, at most MAX_PAYLOADS of them."""
    lines = list(_lines(origin, sorted(topics)))
    return lines if len(lines) <= MAX_PAYLOADS else [f"{origin} {EVERYTHING}"]


def _lines(origin: str, topics: list[str]) -> Iterator[str]:
    line = origin
    for topic in topics:
        if line != origin and len(line.encode()) + 1 + len(topic.encode()) > PAYLOAD_BYTES:
            yield line
            line = origin
        line = f"{line} {topic}"
    yield line


class Listener:
    """Carries rings between the processes of one database; reconnects by itself for as long as it lives."""

    def __init__(self, engine: AsyncEngine, bell: Bell) -> None:
        self._engine = engine
        self._bell = bell
        self._origin = secrets.token_hex(6)
        self._pending: set[str] = set()
        self._wake = asyncio.Event()
        self._closing = False
        self.connected = asyncio.Event()
        self._task = asyncio.create_task(self._live(), name="bell listener")
        bell.announce_through(self._announce)

    async def close(self) -> None:
        """Say what is still to be said, then hang up."""
        self._bell.announce_through(None)
        self._closing = True
        self._wake.set()
        _, waiting = await asyncio.wait([self._task], timeout=ANSWER_SECONDS if self.connected.is_set() else 0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._engine.dispose()

    def _announce(self, topics: frozenset[str]) -> None:
        self._pending.update(topics)
        self._wake.set()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        origin, *topics = payload.split(" ")
        if origin != self._origin:
            self._bell.ring_here(topics)

    async def _live(self) -> None:
        while not self._closing:
            connection = await self._connect()
            try:
                await self._talk(connection)
            except Exception as error:
                _log.warning("bell_connection_lost", error=str(error))
                await asyncio.sleep(_BREATH_SECONDS)
            finally:
                self.connected.clear()
                await connection.close()

    async def _connect(self) -> AsyncConnection:
        """A connection that listens, however long it takes."""
        patience = wait_random_exponential(multiplier=0.1, max=5)
        async for attempt in AsyncRetrying(wait=patience, retry=retry_if_exception_type(Exception)):
            with attempt:
                connection = await self._engine.connect()
                try:
                    raw = await connection.get_raw_connection()
                    driver: Any = raw.driver_connection
                    driver.add_termination_listener(lambda _driver: self._wake.set())
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await driver.add_listener(CHANNEL, self._hear)
                except BaseException:
                    await connection.close()
                    raise
                return connection
        raise AssertionError("AsyncRetrying without a stop never ends")

    async def _talk(self, connection: AsyncConnection) -> None:
        self.connected.set()
        # Rings of the time without a connection are lost: everyone looks once.
        self._bell.ring_here([EVERYTHING])
        while True:
            await self._say(connection)
            if self._closing and not self._pending:
                return
            if not await self._woken() or not self._pending:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await connection.execute(text("SELECT 1"))

    async def _woken(self) -> bool:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def _say(self, connection: AsyncConnection) -> None:
        topics, self._pending = self._pending, set()
        if not topics:
            return
        try:
            for payload in payloads(self._origin, topics):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await connection.execute(
                        text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload}
                    )
        except BaseException:
            self._pending |= topics
            raise
