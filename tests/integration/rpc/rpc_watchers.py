"""Watchers for the tests: what one received, and whether it is what the log says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from omoi.v1 import spec_pb2
from omoi_server.rpc.events import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, event
from omoi_server.rpc.watch import Watchroom
from omoi_server.store.database import Database
from omoi_server.store.events import read_events


class Watcher:
    """One stream, without gRPC: batches arrive in `batches`, events in `events`. `pause` makes it slow."""

    def __init__(
        self,
        room: Watchroom,
        spec_id: str,
        after: int = 0,
        until_settled: bool = False,
        pause: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self.after = after
        self.batches: list[spec_pb2.WatchSpecEventsResponse] = []
        self.events: list[bytes] = []
        self._pause = pause
        self.task = asyncio.create_task(room.watch(spec_id, after, until_settled, self._take))

    async def _take(self, content: bytes) -> None:
        batch = spec_pb2.WatchSpecEventsResponse.FromString(content)
        assert len(batch.events) <= MAX_BATCH_EVENTS
        assert len(batch.events) == 1 or len(content) <= MAX_BATCH_BYTES + 20
        self.batches.append(batch)
        self.events += [one.SerializeToString() for one in batch.events]
        assert batch.last_sequence == self.after + len(self.events)
        if self._pause is not None:
            await self._pause()

    @property
    def last(self) -> int:
        return self.after + len(self.events)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def history(database: Database, spec_id: str, after: int = 0) -> list[bytes]:
    """What a perfect watcher receives."""
    async with database.read() as conn:
        rows = await read_events(conn, spec_id, after, 1_000_000)
    assert [row["sequence"] for row in rows] == list(range(after + 1, after + 1 + len(rows)))
    return [event(row).SerializeToString() for row in rows]
