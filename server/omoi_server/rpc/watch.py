"""WatchSpecEvents: replay after the cursor, then live, until the caller, a settled spec or a drain ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from omoi_server.errors import OutOfRange, Unavailable
from omoi_server.rpc.events import batch, response
from omoi_server.rpc.pages import Pages
from omoi_server.rpc.tail import Tail
from omoi_server.store import missing
from omoi_server.store.database import Database
from omoi_server.store.events import Head, heads

_log = structlog.get_logger(__name__)


def require_head(head: Head | None, spec_id: str, after: int) -> Head:
    """The head; NotFound for an unknown spec, OutOfRange for a cursor beyond its log."""
    if head is None:
        raise missing.spec(spec_id)
    if after > head.last_sequence:
        raise OutOfRange(
            "AFTER_SEQUENCE_BEYOND_LOG",
            f"after_sequence is {after}, but the log of {spec_id} ends at {head.last_sequence}. "
            "Watch from there, or from 0 for everything.",
            {"spec_id": spec_id, "last_sequence": str(head.last_sequence)},
        )
    return head


class Watchroom:
    """The tails of the watched specs, and the watchers. `keepalive` and `poll` in seconds."""

    def __init__(self, db: Database, keepalive: float = 15.0, poll: float = 1.0) -> None:
        self._db = db
        self._keepalive = keepalive
        self._poll_seconds = poll
        self._pages = Pages(db)
        self._tails: dict[str, Tail] = {}
        self._reading: set[Tail] = set()
        """Tails whose reader has not ended: those of `_tails`, and dropped ones that finish a reading."""
        self._draining = False
        self._closing = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._poller = asyncio.create_task(self._poll(), name="poll of watched specs")

    def drain(self) -> None:
        """End every stream with UNAVAILABLE, and refuse new ones."""
        self._draining = True
        for tail in self._tails.values():
            tail.wake()

    async def close(self) -> None:
        """Stop everything; the streams are over by now."""
        self._closing.set()
        if self._poller is not None:
            await self._poller
        self._tails.clear()
        await asyncio.gather(*(tail.close() for tail in self._reading))
        await self._pages.close()

    @property
    def watched(self) -> int:
        """How many specs have a tail."""
        return len(self._tails)

    async def watch(
        self, spec_id: str, after: int, until_settled: bool, send: Callable[[bytes], Awaitable[None]]
    ) -> None:
        """Send serialized batches from `after` on. Returns only with until_settled.

        Raises NotFound, OutOfRange, and Unavailable when the server drains.
        """
        self._refuse_while_draining()
        async with self._tail(spec_id) as tail:
            # A snapshot older than this call could show a spec as settled that was started again since.
            await tail.fresh()
            self._refuse_while_draining()
            require_head(tail.head, spec_id, after)
            cursor, greeted = after, False
            while True:
                version, head = tail.version, tail.head
                assert head is not None, "specs are never deleted"
                self._refuse_while_draining()
                if cursor < tail.last:
                    frames = batch(await tail.after(cursor))
                    cursor += len(frames)
                elif until_settled and head.settled and cursor == head.last_sequence:
                    return
                elif greeted:
                    frames = []
                    if await tail.changed(version, self._keepalive):
                        continue
                else:
                    frames = []
                greeted = True
                await send(response(frames, cursor, cursor >= tail.head_sequence))

    def _refuse_while_draining(self) -> None:
        if self._draining:
            raise Unavailable("DRAINING", "The server is shutting down. Reconnect with the last last_sequence.")

    @asynccontextmanager
    async def _tail(self, spec_id: str) -> AsyncIterator[Tail]:
        tail = self._tails.get(spec_id)
        if tail is None:
            tail = self._tails[spec_id] = Tail(self._db, self._pages, spec_id)
            self._reading.add(tail)
            tail.when_ended(self._reading.discard)
        tail.watchers += 1
        try:
            yield tail
        finally:
            tail.watchers -= 1
            if tail.watchers == 0 and self._tails.get(spec_id) is tail:
                del self._tails[spec_id]
                await tail.close()

    async def _poll(self) -> None:
        """One query a second over all watched specs: what the bell did not tell."""
        failing = False
        while not await self._closed_within(self._poll_seconds):
            if not self._tails:
                continue
            try:
                async with self._db.read() as conn:
                    found = await heads(conn, list(self._tails))
            except Exception as error:
                if not failing:
                    _log.warning("watch_poll_failed", error=repr(error))
                failing = True
                continue
            failing = False
            for spec_id, head in found.items():
                if tail := self._tails.get(spec_id):
                    tail.compare(head)

    async def _closed_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return False
        return True
