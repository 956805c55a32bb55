"""The end of a sandbox: its last lines are kept, its worker is stopped, it is removed, and that is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from omoi_server.domain.events import EventDraft
from omoi_server.errors import ResourceExhausted, SandboxFileError, StaleFence, Unavailable
from omoi_server.orchestrator.evidence import keep_evidence
from omoi_server.orchestrator.journal import JournalCorrupt
from omoi_server.orchestrator.office import Office
from omoi_server.store import comments, sandboxes, specs
from omoi_server.store.transaction import Transaction

log = structlog.get_logger()

DONE = "done"
"""Why a sandbox is stopped whose job succeeded: everything it made is stored."""


async def close_sandbox(office: Office, name: str, *, polite: bool, read_on: Callable[[], Awaitable[bool]]) -> None:
    """Stop, keep the rest of the journal, remove, record. Safe to repeat; each step finds what the last try left.

    `read_on` stores further journal lines and tells whether the end was reached.
    """
    async with office.db.read() as conn:
        row = await sandboxes.find(conn, name)
    reason = row.reason if row is not None else ""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (office.limits.end_of_journal if polite and reason == DONE else 0.0)
    try:
        while not await read_on() and loop.time() < deadline:  # noqa: ASYNC110 — it reads a file, nobody rings
            await asyncio.sleep(office.limits.journal_poll)
        await office.sandboxes.stop(name, office.limits.stop_grace)
        await read_on()
    except (Unavailable, ResourceExhausted):
        raise
    except (JournalCorrupt, StaleFence, SandboxFileError) as error:
        log.info("sandbox.evidence_incomplete", sandbox_id=name, reason=str(error))
    except Exception:
        # Whatever is in a journal, its worker must not live on because we stumble over it.
        log.exception("sandbox.evidence_unreadable", sandbox_id=name)
    await office.sandboxes.stop(name, office.limits.stop_grace)
    kept = await keep_evidence(office, row) if row is not None and reason != DONE else ""
    office.faults.reached("remove.before")
    await office.sandboxes.remove(name)

    async def work(tx: Transaction) -> None:
        if row is None:
            return
        await specs.locked(tx, row.spec_id)
        await comments.give_back(tx, name)
        if await sandboxes.mark_removed(tx, name):
            payload = {"sandbox": {"sandbox_id": name, "job_id": row.job_id, "task_id": row.task_id, "reason": reason}}
            message = f"The sandbox is stopped and removed. {kept}".rstrip()
            tx.emit(EventDraft(row.spec_id, "sandbox.stopped", message, payload=payload))

    await office.write("removed", work)
