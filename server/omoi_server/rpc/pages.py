"""The older part of event logs, for watchers that are behind the tail: read once for all who ask at the same time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from omoi_server.rpc.events import framed
from omoi_server.store.database import Database
from omoi_server.store.events import read_events

PAGE = 64
"""Events a page; page n holds the sequences 64·n + 1 to 64·n + 64."""
CACHE_BYTES = 32 * 1024 * 1024
READS_AT_ONCE = 4
"""However many watch: the rest of the store's readers is for the other calls."""

Page = tuple[bytes, ...]


class Pages:
    """Full pages of framed events. They never change, so the last used ones are kept, CACHE_BYTES of them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[tuple[str, int], Page] = OrderedDict()
        self._bytes = 0
        self._reading: dict[tuple[str, int], asyncio.Task[Page]] = {}
        self.slots = asyncio.Semaphore(READS_AT_ONCE)
        """For every reading of logs, those of the tails too."""

    async def page(self, spec_id: str, number: int) -> Page:
        """A page that is known to be full. Who is cancelled while waiting does not stop the reading for the others."""
        key = (spec_id, number)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        task = self._reading.get(key)
        if task is None:
            task = asyncio.create_task(self._read(key), name=f"page {number} of {spec_id}")
            self._reading[key] = task
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        return await asyncio.shield(task)

    async def _read(self, key: tuple[str, int]) -> Page:
        spec_id, number = key
        async with self.slots, self._db.read() as conn:
            rows = await read_events(conn, spec_id, number * PAGE, PAGE)
        if [row["sequence"] for row in rows] != list(range(number * PAGE + 1, number * PAGE + PAGE + 1)):
            raise RuntimeError(f"page {number} of {spec_id} is not complete: the log has a gap")
        page = tuple(framed(row) for row in rows)
        self._keep(key, page)
        return page

    def _keep(self, key: tuple[str, int], page: Page) -> None:
        self._kept[key] = page
        self._bytes += sum(map(len, page))
        while self._bytes > CACHE_BYTES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= sum(map(len, dropped))

    async def close(self) -> None:
        """Wait for the readings under way; each is one small query."""
        await asyncio.gather(*self._reading.values(), return_exceptions=True)
