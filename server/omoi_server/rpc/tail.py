"""The end of a watched spec's log, read once for all its watchers.

A watcher is a cursor, nothing more: the tail holds no list of what whom was sent, nobody waits for a slow watcher, and
nothing grows with one. New rows are looked for when the bell rings, when a poll finds the log longer than the tail
knows, and when a watcher joins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import structlog

from omoi_server.rpc.events import framed
from omoi_server.rpc.pages import PAGE, Pages
from omoi_server.store.bell import spec_topic
from omoi_server.store.database import Database
from omoi_server.store.events import Head, heads, read_events

KEEP_EVENTS = 512
KEEP_BYTES = 4 * 1024 * 1024
"""What a tail keeps at most; whoever is further behind reads pages."""
READ_EVENTS = 256
FIRST_PAGES = 3
"""Full pages that a new tail reads beside the unfinished one."""
_LONG = 3600.0

_log = structlog.get_logger(__name__)


class Tail:
    """The last events of one spec, serialized, and its head as of the newest snapshot."""

    def __init__(self, db: Database, pages: Pages, spec_id: str) -> None:
        self.spec_id = spec_id
        self.head: Head | None = None
        """As of the newest snapshot; None before the first, and for a spec that does not exist."""
        self.version = 0
        """Grows with everything a watcher may want to know."""
        self.watchers = 0
        self._db = db
        self._pages = pages
        self._first = 0
        self._frames: list[bytes] = []
        self._bytes = 0
        self._askers: list[asyncio.Future[None]] = []
        self._waiting: set[asyncio.Future[bool]] = set()
        self._closing = False
        self._subscription = ExitStack()
        self._ear = self._subscription.enter_context(db.bell.subscribe(spec_topic(spec_id)))
        self._task = asyncio.create_task(self._live(), name=f"tail of {spec_id}")

    @property
    def last(self) -> int:
        """The last sequence that the tail holds."""
        return self._first + len(self._frames) - 1 if self._first else 0

    @property
    def head_sequence(self) -> int:
        """The end of the log as of the newest snapshot."""
        return self.head.last_sequence if self.head else 0

    def when_ended(self, call: Callable[[Tail], object]) -> None:
        """Call this once nothing reads any more."""
        self._task.add_done_callback(lambda _: call(self))

    async def close(self) -> None:
        """Stop reading, from any number of callers. A reading under way is finished: interrupting one would cost its connection."""
        self._closing = True
        self._ear.hear()
        self._subscription.close()
        await asyncio.wait([self._task])

    async def fresh(self) -> None:
        """Return after a snapshot that was taken later than this call. Any number of callers share one."""
        asker = asyncio.get_running_loop().create_future()
        self._askers.append(asker)
        self._ear.hear()
        await asker

    def compare(self, head: Head) -> None:
        """Look at the store if this head is not what the tail knows."""
        if head != self.head or head.last_sequence > self.last:
            self._ear.hear()

    async def after(self, cursor: int) -> Sequence[bytes]:
        """Frames that follow `cursor`, at least one, given that cursor < last."""
        if cursor + 1 >= self._first:
            start = cursor + 1 - self._first
            return self._frames[start : start + PAGE]
        page = await self._pages.page(self.spec_id, cursor // PAGE)
        return page[cursor % PAGE :]

    async def changed(self, version: int, timeout: float) -> bool:
        """True as soon as the version differs from this one; False after `timeout` seconds."""
        if self.version != version:
            return True
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(timeout, _answer, waiter, False)
        self._waiting.add(waiter)
        try:
            return await waiter
        finally:
            timer.cancel()
            self._waiting.discard(waiter)

    def wake(self) -> None:
        """Let every watcher look again."""
        self.version += 1
        waiting, self._waiting = self._waiting, set()
        for waiter in waiting:
            _answer(waiter, True)

    async def _live(self) -> None:
        while not self._closing:
            await self._ear.wait(_LONG)
            askers, self._askers = self._askers, []
            try:
                more = True
                while more and not self._closing:
                    more = await self._read()
            except Exception as error:
                # The poll asks again; those who join meanwhile learn of it.
                _log.warning("tail_read_failed", spec=self.spec_id, error=repr(error))
                for asker in askers:
                    if not asker.done():
                        asker.set_exception(error)
            else:
                for asker in askers:
                    if not asker.done():
                        asker.set_result(None)

    async def _read(self) -> bool:
        """Take one snapshot and wake the watchers if it has news; True if the log goes on beyond what was read.

        What comes later rings the bell, so nobody looks a second time for nothing.
        """
        async with self._pages.slots, self._db.read() as conn:
            head = (await heads(conn, [self.spec_id])).get(self.spec_id)
            if head is None:
                return False
            if not self._first:
                self._first = max(0, head.last_sequence // PAGE - FIRST_PAGES) * PAGE + 1
            rows = await read_events(conn, self.spec_id, self.last, READ_EVENTS)
        expected = range(self.last + 1, self.last + 1 + len(rows))
        if [row["sequence"] for row in rows] != list(expected):
            raise RuntimeError(f"the log of {self.spec_id} has a gap after {self.last}")
        self._keep([framed(row) for row in rows])
        if rows or head != self.head:
            self.head = head
            self.wake()
        return self.last < head.last_sequence

    def _keep(self, frames: list[bytes]) -> None:
        """Add frames, then drop whole pages from the front: what is below `_first` is in full pages."""
        self._frames += frames
        self._bytes += sum(map(len, frames))
        while len(self._frames) > PAGE and (len(self._frames) > KEEP_EVENTS or self._bytes > KEEP_BYTES):
            self._bytes -= sum(map(len, self._frames[:PAGE]))
            del self._frames[:PAGE]
            self._first += PAGE


def _answer(waiter: asyncio.Future[bool], value: bool) -> None:
    if not waiter.done():
        waiter.set_result(value)
