"""SYNC and COMPLETE: the server's own steps. The approved plan becomes a ticket and its tasks; the documents go to the branch.

Keyed by the digest of the TASKS output (design section 6): the same digest creates nothing, a new one keeps what is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC
from typing import Any
from uuid import uuid4

from omoi_server.domain.events import SERVER, EventDraft
from omoi_server.domain.states import (
    OPEN_TASKS,
    PRIORITIES,
    JobStatus,
    SpecStatus,
    TaskStatus,
    TicketPhase,
)
from omoi_server.orchestrator import documents, endings, ticketing
from omoi_server.orchestrator.execute import resume_candidates
from omoi_server.orchestrator.ground import settle_ground
from omoi_server.orchestrator.integrate import Integrator, Moved, Refused, Work
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.words import count
from omoi_server.ports import Author
from omoi_server.store import events, jobs, outputs, projects, sandboxes, specs, tasks
from omoi_server.store.transaction import Transaction

AUTHOR = Author("Omoi", "omoi@localhost")


async def run_sync(office: Office, integrator: Integrator, job: Any) -> None:
    """Carry out one SYNC job. Safe to repeat from the start after a crash at any point. Raises StaleFence."""
    async with office.db.read() as conn:
        project = await projects.project(conn, job.project_id)
        spec = await specs.spec(conn, job.spec_id)
    spec = await settle_ground(office, spec, project)
    await integrator.catch_up(spec.spec_id)
    await office.write("sync", lambda tx: _sync(tx, job))
    if project.export_documents:
        refused = await _commit_documents(office, integrator, job, project)
        if refused is not None:
            await office.write("paused", lambda tx: _pause(tx, job, refused))
            return
    await office.write("complete", lambda tx: _complete(tx, job))


async def _pause(tx: Transaction, job: Any, refused: Refused) -> None:
    await specs.locked(tx, job.spec_id)
    await endings.pause_for_person(tx, await jobs.held(tx, job.job_id, job.fence), refused.code, refused.message)


async def _sync(tx: Transaction, job: Any) -> None:
    """One transaction: requirements, criteria, SpecTasks, ticket, tasks with real ids."""
    spec = await specs.locked(tx, job.spec_id)
    await jobs.held(tx, job.job_id, job.fence)
    newest = await outputs.newest(tx.conn, job.spec_id)
    plan = newest["TASKS"]
    if spec.tasks_digest == plan.digest:
        return
    tx.emit(
        EventDraft(
            spec.spec_id, "spec.phase_started", "Sync starts.", phase="SYNC", payload={"phase_progress": {"attempt": 1}}
        )
    )
    await tasks.replace_requirements(tx, spec.spec_id, newest["REQUIREMENTS"].data["requirements"])
    ticket_id = await _ticket(tx, spec)
    ids = await _tasks(tx, spec, ticket_id, plan.data["tasks"])
    await tasks.replace_spec_tasks(
        tx,
        spec.spec_id,
        [
            {"key": item["id"], "position": number, "title": item["title"], "content": item, "task_id": ids[item["id"]]}
            for number, item in enumerate(plan.data["tasks"], 1)
        ],
    )
    await specs.update_spec(tx, spec.spec_id, tasks_digest=plan.digest, current_phase="SYNC")


async def _ticket(tx: Transaction, spec: Any) -> str:
    ticket = await tasks.ticket_of(tx.conn, spec.spec_id)
    if ticket is not None:
        return str(ticket.ticket_id)
    ticket_id = f"tkt-{uuid4()}"
    await tasks.insert_ticket(
        tx,
        {
            "ticket_id": ticket_id,
            "project_id": spec.project_id,
            "spec_id": spec.spec_id,
            "title": f"[Spec] {spec.title}",
            "phase": TicketPhase.INITIAL,
        },
    )
    return ticket_id


async def _tasks(tx: Transaction, spec: Any, ticket_id: str, items: list[dict[str, Any]]) -> dict[str, str]:
    """Make the tasks those of the plan; SpecTask key → task id. Unchanged content keeps its task, whatever its number."""
    known: dict[str, list[Any]] = {}
    for row in await tasks.all_tasks(tx.conn, spec.spec_id):
        known.setdefault(row.content_hash, []).append(row)
    hashes = {item["id"]: _hash_of(item) for item in items}
    kept = {item["id"]: known[h].pop(0) for item in items if known.get(h := hashes[item["id"]])}
    ids = {item["id"]: kept[item["id"]].task_id if item["id"] in kept else f"tsk-{uuid4()}" for item in items}
    for rows in known.values():
        for row in rows:
            await _drop(tx, spec, row)
    for position, item in enumerate(items, 1):
        values = {
            "key": item["id"],
            "position": position,
            "depends_on": [ids[needed] for needed in item["depends_on"]],
            "active": True,
            "priority": PRIORITIES[str(item["priority"]).upper()],
        }
        if item["id"] in kept:
            await tasks.update_task(tx, spec.spec_id, ids[item["id"]], **values)
        else:
            await tasks.insert_task(tx, _new_task(spec, ticket_id, ids[item["id"]], item, hashes[item["id"]], values))
    return ids


def _hash_of(item: Mapping[str, Any]) -> str:
    return ticketing.content_hash(
        item["title"], item["description"], item["requirements"], item["files"], item.get("check", "")
    )


def _new_task(
    spec: Any, ticket_id: str, task_id: str, item: Mapping[str, Any], content_hash: str, values: dict[str, Any]
) -> dict[str, Any]:
    return {
        "task_id": task_id,
        "ticket_id": ticket_id,
        "spec_id": spec.spec_id,
        "title": item["title"],
        "description": item["description"],
        "status": TaskStatus.DRAFT,
        "requirements": item["requirements"],
        "files": item["files"],
        "check_command": item.get("check", ""),
        "content_hash": content_hash,
        **values,
    }


async def _drop(tx: Transaction, spec: Any, row: Any) -> None:
    """A task that the new plan does not have: cancelled while open, kept as it is when finished."""
    if not row.active:
        return
    await tasks.update_task(tx, spec.spec_id, row.task_id, active=False)
    if row.status in OPEN_TASKS:
        reason = "the new plan does not have it"
        await tasks.change_task(tx, row, OPEN_TASKS, TaskStatus.CANCELLED, reason=reason, code="REPLANNED")
        text = f"{ticketing.label(row)} is cancelled: {reason}."
        ticketing.emit_task(tx, row, TaskStatus.CANCELLED, text, reason=reason, code="REPLANNED")
        ended = await jobs.cancel_open(tx, spec.spec_id, [row.task_id])
        await sandboxes.stop_sandboxes(tx, spec.spec_id, [job.job_id for job in ended], "replanned")


async def _commit_documents(office: Office, integrator: Integrator, job: Any, project: Any) -> Refused | None:
    """Put the documents onto the branch as one commit; nothing when they are there already."""
    tip: str | None = None
    while True:
        async with office.db.read() as conn:
            spec = await specs.spec(conn, job.spec_id)
            newest = await outputs.newest(conn, job.spec_id)
            decisions = await outputs.decisions(conn, job.spec_id)
            rows = await tasks.active_tasks(conn, job.spec_id)
        tip = tip or spec.branch_tip or spec.base_commit
        files = await asyncio.to_thread(
            documents.documents, spec, newest, decisions, {row.key: row.task_id for row in rows}
        )
        times = [newest["TASKS"].created_at, *(row.decided_at for row in decisions)]
        commit = await office.repositories.commit_files(
            project.project_id, tip, files, documents.message(spec, newest, job), AUTHOR, max(times).replace(tzinfo=UTC)
        )
        if commit == tip:
            return None
        work = Work(job.job_id, job.fence, spec.spec_id, "", "", commit, tip, {})
        answer = await integrator.integrate(work)
        if isinstance(answer, Moved):
            tip = answer.tip
            continue
        return answer if isinstance(answer, Refused) else None


async def _complete(tx: Transaction, job: Any) -> None:
    """Planning is over: the tasks are queued, the spec is COMPLETED."""
    spec = await specs.locked(tx, job.spec_id)
    held = await jobs.held(tx, job.job_id, job.fence)
    rows = await tasks.active_tasks(tx.conn, spec.spec_id)
    ticket = await tasks.ticket_of(tx.conn, spec.spec_id)
    await _told_complete(tx, spec.spec_id, len(rows))
    await specs.change_status(
        tx,
        spec.spec_id,
        [SpecStatus.EXECUTING],
        SpecStatus.COMPLETED,
        current_phase="COMPLETE",
        reason="",
        waiting_for="",
        last_work=f"{count(len(rows), 'task')} queued",
        last_work_at=tx.now,
    )
    await jobs.finish(tx, held, job.fence, JobStatus.SUCCEEDED)
    todo = {row.task_id: row for row in rows if row.status not in (TaskStatus.SUCCEEDED, TaskStatus.QUEUED)}
    queued = await resume_candidates(tx, spec, todo, SERVER)
    facts = {"spec": {"status": "SPEC_STATUS_COMPLETED", "tasks": len(queued)}}
    names = f"{count(len(queued), 'task')} queued."
    tx.emit(EventDraft(spec.spec_id, "spec.tasks_queued", names, phase="SYNC", payload=facts))
    done = {"spec": {"status": "SPEC_STATUS_COMPLETED", "tasks": len(rows)}}
    message = f"Planning is complete: {count(len(rows), 'task')} on {ticket.title if ticket else 'no ticket'}."
    tx.emit(EventDraft(spec.spec_id, "spec.execution_completed", message, phase="COMPLETE", payload=done))


async def _told_complete(tx: Transaction, spec_id: str, tasks_total: int) -> None:
    """SYNC is told as completed once for every start that was told: a resume with nothing to sync says nothing."""
    told = ("spec.phase_started", "spec.phase_completed")
    if await events.newest_type(tx.conn, spec_id, "SYNC", told) != "spec.phase_started":
        return
    facts = ["1 ticket", count(tasks_total, "task")]
    payload = {"phase_progress": {"attempt": 1, "facts": facts}}
    tx.emit(EventDraft(spec_id, "spec.phase_completed", f"Sync: {', '.join(facts)}", phase="SYNC", payload=payload))
