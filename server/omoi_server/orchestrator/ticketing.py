"""What follows from a task's change: its event, its ticket's column, the tasks that depend on it.

Every function here runs inside somebody's transaction, with the spec locked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from omoi_server.domain.events import SERVER, EventDraft
from omoi_server.domain.states import JobKind, TaskStatus, TicketPhase
from omoi_server.store import jobs, tasks
from omoi_server.store.transaction import Transaction

_EVENT_OF = {
    TaskStatus.QUEUED: "task.queued",
    TaskStatus.RUNNING: "task.started",
    TaskStatus.SUCCEEDED: "task.succeeded",
    TaskStatus.FAILED: "task.failed",
    TaskStatus.BLOCKED: "task.blocked",
    TaskStatus.PAUSED: "task.paused",
    TaskStatus.CANCELLED: "task.cancelled",
}


def label(task: Any) -> str:
    """How a task is named to people: its key and title."""
    return f"{task.key} {task.title}" if task.key else str(task.title)


def content_hash(title: str, description: str, requirements: Any, files: Any, check: str) -> str:
    """What a task is, without its number: a replanned task with the same content is the same task."""
    canonical = json.dumps([title, description, sorted(requirements), sorted(files), check], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def emit_task(
    tx: Transaction,
    task: Any,
    status: TaskStatus,
    message: str,
    *,
    source: str = SERVER,
    event_type: str = "",
    **details: Any,
) -> None:
    """The event of a task's change; `details` are further fields of TaskChange."""
    payload: dict[str, Any] = {
        "task_id": task.task_id,
        "key": task.key,
        "title": task.title,
        "status": f"TASK_STATUS_{status}",
    }
    payload.update({name: value for name, value in details.items() if value})
    tx.emit(EventDraft(task.spec_id, event_type or _EVENT_OF[status], message, source, payload={"task": payload}))


async def create_quick_ticket(tx: Transaction, spec: Any, status: TaskStatus, source: str) -> tuple[str, str]:
    """The ticket and the single task of a QUICK spec; queues it unless it is a DRAFT."""
    ticket_id, task_id = f"tkt-{uuid4()}", f"tsk-{uuid4()}"
    await tasks.insert_ticket(
        tx,
        {
            "ticket_id": ticket_id,
            "project_id": spec.project_id,
            "spec_id": spec.spec_id,
            "title": spec.title,
            "phase": TicketPhase.INITIAL,
        },
    )
    await tasks.insert_task(
        tx,
        {
            "task_id": task_id,
            "ticket_id": ticket_id,
            "spec_id": spec.spec_id,
            "position": 1,
            "title": spec.title,
            "description": spec.description,
            "status": status,
            "priority": spec.priority,
            "content_hash": content_hash(spec.title, spec.description, [], [], ""),
        },
    )
    if status is TaskStatus.QUEUED:
        task = await tasks.task(tx.conn, task_id)
        await jobs.queue_job(tx, kind=JobKind.TASK, spec=spec, task_id=task_id)
        emit_task(tx, task, status, f"{label(task)} waits for a free slot.", source=source)
    return ticket_id, task_id


async def move_ticket_to(tx: Transaction, spec_id: str, phase: TicketPhase) -> None:
    """Move a spec's ticket because its work went on. A person's move holds until such a change of column comes."""
    ticket = await tasks.ticket_of(tx.conn, spec_id)
    if ticket is None or ticket.phase == phase:
        return
    await tasks.update_ticket(tx, ticket, phase=phase, moved_by_hand=False)
    emit_ticket(tx, ticket, phase, SERVER)


def emit_ticket(tx: Transaction, ticket: Any, phase: TicketPhase, source: str) -> None:
    payload = {"ticket": {"ticket_id": ticket.ticket_id, "phase": f"TICKET_PHASE_{phase}"}}
    tx.emit(EventDraft(ticket.spec_id, "ticket.moved", f"The ticket is in {phase.lower()}.", source, payload=payload))


async def after_success(tx: Transaction, spec_id: str) -> None:
    """All tasks done: the ticket goes to INTEGRATION. Waiting tasks may start now."""
    rows = await tasks.active_tasks(tx.conn, spec_id)
    if rows and all(row.status == TaskStatus.SUCCEEDED for row in rows):
        await move_ticket_to(tx, spec_id, TicketPhase.INTEGRATION)
    tx.wake(jobs.JOBS_TOPIC)


async def block_dependants(tx: Transaction, spec_id: str, task: Any, why: str) -> None:
    """Every waiting task that needs this one, directly or not, becomes BLOCKED and its job is cancelled."""
    rows = await tasks.active_tasks(tx.conn, spec_id)
    gone = {task.task_id}
    blocked: list[Any] = []
    changed = True
    while changed:
        changed = False
        for row in rows:
            if row.task_id not in gone and gone.intersection(row.depends_on):
                gone.add(row.task_id)
                changed = True
                if row.status in (TaskStatus.QUEUED, TaskStatus.DRAFT):
                    blocked.append(row)
    for row in blocked:
        reason = f"{task.key or task.title} {why}; it is needed first. Retry that task."
        await tasks.change_task(
            tx, row, (TaskStatus.QUEUED, TaskStatus.DRAFT), TaskStatus.BLOCKED, reason=reason, code="DEPENDENCY"
        )
        emit_task(tx, row, TaskStatus.BLOCKED, f"{label(row)} is blocked: {reason}", reason=reason, code="DEPENDENCY")
    if blocked:
        await jobs.cancel_open(tx, spec_id, [row.task_id for row in blocked])


async def queue_task(tx: Transaction, spec: Any, task: Any, source: str, why: str = "") -> None:
    """Queue one task that is not running, and give it a job."""
    await tasks.change_task(
        tx,
        task,
        (TaskStatus.DRAFT, TaskStatus.FAILED, TaskStatus.PAUSED, TaskStatus.BLOCKED, TaskStatus.CANCELLED),
        TaskStatus.QUEUED,
        reason="",
        code="",
        conflicts=0,  # two are allowed each time that a person has it done, not in its life
    )
    await jobs.queue_job(tx, kind=JobKind.TASK, spec=spec, task_id=task.task_id, priority=task.priority)
    emit_task(tx, task, TaskStatus.QUEUED, f"{label(task)} is queued{why}.", source=source)


async def requeue_or_block(tx: Transaction, spec: Any, candidates: Mapping[str, Any], source: str) -> list[str]:
    """Set these ended tasks back to QUEUED, or to BLOCKED where something needed will not come; the ids queued.

    `candidates`: task id → row, of tasks that may start again. A task already succeeded on the branch stays.
    """
    rows = {row.task_id: row for row in await tasks.active_tasks(tx.conn, spec.spec_id)}
    status = {task_id: row.status for task_id, row in rows.items()}
    queued: list[str] = []
    for task_id, row in rows.items():  # plan order: what a task needs comes before it
        if task_id not in candidates:
            continue
        dead = [
            n for n in row.depends_on if status.get(n) in (TaskStatus.FAILED, TaskStatus.BLOCKED, TaskStatus.PAUSED)
        ]
        if not dead:
            await queue_task(tx, spec, row, source)
            status[task_id] = TaskStatus.QUEUED
            queued.append(task_id)
        elif row.status != TaskStatus.BLOCKED:
            reason = f"{rows[dead[0]].key} is needed first."
            await tasks.update_task(
                tx, spec.spec_id, task_id, status=TaskStatus.BLOCKED, reason=reason, code="DEPENDENCY"
            )
            emit_task(
                tx, row, TaskStatus.BLOCKED, f"{label(row)} is blocked: {reason}", reason=reason, code="DEPENDENCY"
            )
            status[task_id] = TaskStatus.BLOCKED
    return queued


async def dependants_only_waiting(tx: Transaction, spec_id: str, task_id: str) -> dict[str, Any]:
    """Blocked tasks that (directly or through each other) need this one: they come back with it."""
    rows = await tasks.active_tasks(tx.conn, spec_id)
    reached, found = {task_id}, {}
    for row in rows:
        if row.status == TaskStatus.BLOCKED and reached.intersection(row.depends_on):
            reached.add(row.task_id)
            found[row.task_id] = row
    return found
