"""CancelSpec: one transaction after which nothing of the old attempts counts. Owners stop their sandboxes within seconds."""

from __future__ import annotations

from typing import Any

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft, by_user
from omoi_server.domain.states import OPEN_TASKS, SpecStatus, TaskStatus
from omoi_server.errors import FailedPrecondition
from omoi_server.orchestrator import ticketing, words
from omoi_server.orchestrator.office import Office
from omoi_server.store import jobs, outputs, requests, sandboxes, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction
from omoi_spec.phases import PLANNING_PHASES

MAX_REASON = 2_000


async def cancel_spec(office: Office, caller: Caller, spec_id: str, reason: str, request_id: str) -> str:
    """Cancel; returns what is done and what is left. On a cancelled spec nothing changes.

    Raises InvalidArgument, NotFound, FailedPrecondition (ALREADY_COMPLETED).
    """
    request = Request(caller.user_id, "CancelSpec", request_id, {"spec_id": spec_id, "reason": reason})
    request.check()
    words.text("reason", reason, MAX_REASON)

    async def work(tx: Transaction) -> str:
        spec = await specs.locked(tx, spec_id)
        if await requests.find_earlier(tx, request):
            return "It was cancelled already."
        if spec.status == SpecStatus.CANCELLED:
            # Remembered all the same: this request, repeated, must not end what somebody resumed meanwhile.
            await requests.remember(tx, request, spec_id)
            return "It was cancelled already."
        message = await cancel_in(tx, spec, reason, by_user(caller.user_id, caller.via))
        await requests.remember(tx, request, spec_id)
        return message

    return await office.write("cancel", work)


async def cancel_in(tx: Transaction, spec: Any, reason: str, source: str) -> str:
    """Cancel within a transaction that holds the spec's lock; returns the message."""
    rows = await tasks.active_tasks(tx.conn, spec.spec_id)
    open_rows = [row for row in rows if row.status in OPEN_TASKS]
    syncing = await jobs.open_jobs(tx.conn, spec.spec_id)
    if spec.status == SpecStatus.COMPLETED and not open_rows and not syncing:
        raise FailedPrecondition("ALREADY_COMPLETED", f"{spec.spec_id} is finished; there is nothing to cancel.")
    ended = await jobs.cancel_open(tx, spec.spec_id)
    await sandboxes.stop_sandboxes(tx, spec.spec_id, [row.job_id for row in ended], "cancelled")
    for row in open_rows:
        await tasks.change_task(tx, row, OPEN_TASKS, TaskStatus.CANCELLED, reason=reason, code="CANCELLED")
        ticketing.emit_task(tx, row, TaskStatus.CANCELLED, f"{ticketing.label(row)} is cancelled.", source=source)
    done, left = await _done_and_left(tx, spec, rows)
    shown = words.line("reason", reason, MAX_REASON)
    await specs.update_spec(
        tx,
        spec.spec_id,
        status=SpecStatus.CANCELLED,
        reason=reason,
        waiting_for="",
        last_work="cancelled",
        last_work_at=tx.now,
    )
    payload = {"spec": {"status": "SPEC_STATUS_CANCELLED", "reason": reason, "done": done, "left": left}}
    message = f"Stopped. Done: {done}. Left: {left}."
    text = f"{message} Reason: {shown}" if shown else message
    tx.emit(EventDraft(spec.spec_id, "spec.cancelled", text, source, spec.current_phase, payload))
    return message


async def _done_and_left(tx: Transaction, spec: Any, rows: list[Any]) -> tuple[str, str]:
    newest = await outputs.newest(tx.conn, spec.spec_id)
    phases = [phase.lower() for phase in PLANNING_PHASES if phase in newest and newest[phase].valid]
    finished = sum(row.status == TaskStatus.SUCCEEDED for row in rows)
    done = [*phases, *([f"{finished} of {words.count(len(rows), 'task')}"] if rows else [])]
    kept = [f"branch {spec.branch_name}"] if spec.branch_tip else []
    rest = [phase.lower() for phase in PLANNING_PHASES if phase.lower() not in phases] if spec.kind == "FULL" else []
    open_tasks = [words.count(len(rows) - finished, "task")] if len(rows) > finished else []
    left = [*rest, *open_tasks] or ["nothing"]
    kept_text = f" (kept: {', '.join(kept)})" if kept else ""
    return ", ".join(done) or "nothing", ", ".join(left) + kept_text
