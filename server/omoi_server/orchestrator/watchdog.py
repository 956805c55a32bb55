"""Looks after what nobody looks after: dead hosts' jobs, sandboxes without a job, pushes without an end, old refs."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from omoi_server.domain.events import EventDraft
from omoi_server.domain.states import SandboxState
from omoi_server.errors import OmoiError, StaleFence
from omoi_server.orchestrator import endings, ingest
from omoi_server.orchestrator.closing import close_sandbox
from omoi_server.orchestrator.dispatcher import Dispatcher
from omoi_server.orchestrator.ingest import Place
from omoi_server.orchestrator.integrate import Integrator
from omoi_server.orchestrator.journal import MAX_LINE, parse
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.tidying import tidy_all
from omoi_server.store import jobs, sandboxes, specs
from omoi_server.store.transaction import Transaction

log = structlog.get_logger()

PATIENCE_IN_LEASES = 2
"""How long after its job's end another host may take to remove a sandbox; it needs seconds when it lives."""


class Watchdog:
    """One round every few seconds; a failing item is logged and tried again in the next round."""

    def __init__(self, office: Office, integrator: Integrator, dispatcher: Dispatcher) -> None:
        self._office = office
        self._integrator = integrator
        self._dispatcher = dispatcher

    async def run(self) -> None:
        """For ever; the first round at once: a restart recovers what the last server left open."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tidy(), name="tidying")
            while True:
                await self.round()
                await asyncio.sleep(self._office.limits.watchdog)

    async def _tidy(self) -> None:
        """Beside the rounds: collecting a large mirror's garbage takes minutes."""
        while True:
            await asyncio.sleep(self._office.limits.tidy)
            await self._item("tidying", tidy_all(self._office))

    async def round(self) -> None:
        """Take over expired jobs, finish open integrations, remove sandboxes that nobody needs."""
        await self._item("leases", self._take_over())
        await self._item("held jobs", self._dispatcher.take_up())
        await self._item("leftovers", self._leftovers())
        await self._item("lost hosts", self._give_up_elsewhere())
        await self._item("strays", self._remove_strays())

    async def _leftovers(self) -> None:
        """Pushes without an end, and sandboxes that are to be stopped and whose attempt is over."""
        async with self._office.db.read() as conn:
            intents = await sandboxes.open_intents(conn)
            open_rows = await sandboxes.open_sandboxes(conn, self._office.sandboxes.location)
        for spec_id in dict.fromkeys(
            row.spec_id for row in intents if not self._dispatcher.handles(row.job_id, row.fence)
        ):
            await self._item(spec_id, self._integrator.recover(spec_id))
        for row in open_rows:
            if row.state == SandboxState.STOPPING and not self._dispatcher.handles(row.job_id, row.fence):
                await self._item(row.sandbox_id, self._close(row))

    async def _item(self, name: str, work: Any) -> None:
        try:
            await work
        except OmoiError as error:
            log.warning("watchdog.later", item=name, reason=error.reason, message=error.message)
        except Exception:
            log.exception("watchdog.internal_error", item=name)

    async def _take_over(self) -> None:
        """Jobs of another host whose lease ran out go back to the queue; its sandbox rows are given up."""
        async with self._office.db.read() as conn:
            stale = await jobs.held_elsewhere(conn, self._office.sandboxes.location)
        for job in stale:

            async def work(tx: Transaction, job: Any = job) -> None:
                await specs.locked(tx, job.spec_id)
                if not await jobs.has_expired(tx, job):
                    return
                log.warning("watchdog.takeover", job_id=job.job_id, fence=job.fence)
                await endings.give_back(tx, job, "its server is gone")
                await sandboxes.mark_removed(tx, sandboxes.sandbox_name(job.job_id, job.fence))

            try:
                await self._office.write("takeover", work)
            except StaleFence:
                continue

    async def _give_up_elsewhere(self) -> None:
        """Sandboxes of a host that did not come back to remove them. If it does, its own watchdog deletes what is there."""
        async with self._office.db.read() as conn:
            left = await sandboxes.left_elsewhere(conn, self._office.sandboxes.location)
        patience = PATIENCE_IN_LEASES * self._office.limits.lease_delta
        for row in left:

            async def work(tx: Transaction, row: Any = row) -> None:
                await specs.locked(tx, row.spec_id)
                if row.finished_at + patience < tx.now and await sandboxes.mark_removed(tx, row.sandbox_id):
                    sandbox = {"sandbox_id": row.sandbox_id, "job_id": row.job_id, "task_id": row.task_id}
                    payload = {"sandbox": {**sandbox, "reason": row.reason}}
                    message = "The sandbox is given up: its host did not come back."
                    tx.emit(EventDraft(row.spec_id, "sandbox.stopped", message, payload=payload))

            await self._office.write("given_up", work)

    async def _close(self, row: Any) -> None:
        async def read_on() -> bool:
            async with self._office.db.read() as conn:
                fresh = await sandboxes.find(conn, row.sandbox_id)
            if fresh is None:
                return True
            chunk = await self._office.sandboxes.read_journal(row.sandbox_id, fresh.byte, 2 * MAX_LINE)
            lines = parse(chunk, fresh.line, fresh.byte)
            if lines:
                place = Place(
                    row.job_id, row.fence, row.spec_id, row.task_id, row.sandbox_id, "", fresh.line, fresh.byte
                )
                await self._office.write("evidence", lambda tx: ingest.keep(tx, place, lines), group=True)
            return bool(fresh.outcome) or any(line.type == "end" for line in lines)

        await close_sandbox(self._office, row.sandbox_id, polite=False, read_on=read_on)

    async def _remove_strays(self) -> None:
        """Sandboxes of ours that no open row knows: left by a crash between creation and removal, or given up."""
        for name in await self._office.sandboxes.names():
            async with self._office.db.read() as conn:
                row = await sandboxes.find(conn, name)
            if row is None or row.state == SandboxState.REMOVED:
                log.info("watchdog.stray_removed", sandbox_id=name)
                await self._office.sandboxes.remove(name)
