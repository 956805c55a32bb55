"""What a piece of work gets to write with: a connection, the time, and a place for its events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.events import EventDraft
from omoi_server.store import clock, events, settled
from omoi_server.store.bell import spec_topic
from omoi_server.store.tables import projects, specs


class Transaction:
    """One database transaction, shared by all works of its group.

    State and events written through it are committed together or not at all. Lock order everywhere: projects, specs
    (ascending id), jobs, sandboxes, tasks.
    """

    def __init__(self, conn: AsyncConnection, dialect: str, now: datetime) -> None:
        self.conn = conn
        self.dialect = dialect
        self.now = now
        """The database's clock at the start, naive UTC, milliseconds."""
        self._drafts: list[EventDraft] = []
        self._touched: set[str] = set()
        self._topics: set[str] = set()

    @classmethod
    async def start(cls, conn: AsyncConnection, dialect: str) -> Transaction:
        """Begin on a connection that is in no transaction; the caller commits or rolls back."""
        return cls(conn, dialect, await clock.now(conn, dialect))

    def emit(self, draft: EventDraft) -> None:
        """Add an event; it gets its number and time at the end of the transaction. Touches the spec."""
        self._drafts.append(draft)
        self._touched.add(draft.spec_id)

    def touch(self, spec_id: str) -> None:
        """Say that the spec changed: its `settled` and `updated_at` are set at the end, and its bell rings."""
        self._touched.add(spec_id)

    def wake(self, topic: str) -> None:
        """Ring this topic after the commit."""
        self._topics.add(topic)

    async def lock_project(self, project_id: str) -> None:
        """Hold the project's row until the end. SQLite needs no lock: its writer is alone."""
        if self.dialect == "postgresql":
            query = select(projects.c.project_id).where(projects.c.project_id == project_id)
            await self.conn.execute(query.with_for_update(key_share=True))

    async def lock_specs(self, *spec_ids: str) -> None:
        """Hold the specs' rows until the end, taken in ascending id. SQLite needs no lock: its writer is alone."""
        if self.dialect == "postgresql" and spec_ids:
            query = select(specs.c.spec_id).where(specs.c.spec_id.in_(sorted(set(spec_ids)))).order_by(specs.c.spec_id)
            # NO KEY UPDATE excludes other writers of the row, not those who only insert rows that point to it.
            await self.conn.execute(query.with_for_update(key_share=True))

    async def finish(self) -> frozenset[str]:
        """Number and insert the events, settle the touched specs. Returns the topics to ring after the commit."""
        if self._touched:
            await events.advance(self.conn, self._drafts, self._touched, self.now)
            last, at = await settled.recompute(self.conn, self.dialect, self._touched)
            if self._drafts:
                await events.insert_events(self.conn, self._drafts, last, at)
        return frozenset({*self._topics, *(spec_topic(spec_id) for spec_id in self._touched)})
