"""The last step of an integration: the branch has the commit, and the rows say so."""

from __future__ import annotations

from typing import Any

from omoi_server.domain.events import EventDraft
from omoi_server.domain.states import OPEN_JOBS, IntentStatus, JobStatus, TaskStatus
from omoi_server.orchestrator import ticketing
from omoi_server.store import jobs, sandboxes, specs, tasks
from omoi_server.store.transaction import Transaction


async def record_intent(tx: Transaction, intent: Any, tip: str) -> bool:
    """Record an intent whose commit is on the branch; False if it was recorded before.

    If the job is still open (whoever holds it now), its task succeeded. After a cancel the commit is only reported and
    remembered at the task, so that a resume recognises it instead of doing the work twice.
    """
    spec = await specs.locked(tx, intent.spec_id)
    if not await sandboxes.close_intent(tx, intent, IntentStatus.RECORDED):
        return False
    first = not spec.branch_tip
    await specs.update_spec(tx, intent.spec_id, branch_tip=tip)
    if first:
        payload = {"branch": {"branch_name": spec.branch_name, "commit": tip}}
        tx.emit(
            EventDraft(intent.spec_id, "spec.branch_created", f"Branch {spec.branch_name} exists.", payload=payload)
        )
    if intent.task_id:
        await _record_task(tx, intent)
    else:
        payload = {"branch": {"branch_name": spec.branch_name, "commit": tip}}
        message = f"The documents are on {spec.branch_name} ({tip[:7]})."
        tx.emit(EventDraft(intent.spec_id, "spec.documents_committed", message, phase="SYNC", payload=payload))
    return True


async def _record_task(tx: Transaction, intent: Any) -> None:
    task = await tasks.task(tx.conn, intent.task_id)
    job = await jobs.job(tx.conn, intent.job_id)
    result = intent.result
    evidence = result.get("evidence", {})
    values = {"commit_sha": intent.new_sha, "evidence": evidence, "summary": result.get("summary", "")}
    if job.status not in OPEN_JOBS:
        # A late push of an attempt that was lost: if another one is at the task now, it has nothing left to do.
        others = [row for row in await jobs.open_jobs(tx.conn, intent.spec_id) if row.task_id == intent.task_id]
        job = others[0] if others else job
    if job.status in OPEN_JOBS and task.status in (TaskStatus.RUNNING, TaskStatus.QUEUED):
        await tasks.change_task(
            tx, task, (TaskStatus.RUNNING, TaskStatus.QUEUED), TaskStatus.SUCCEEDED, reason="", code="", **values
        )
        await jobs.end_open(tx, job, JobStatus.SUCCEEDED)
        await sandboxes.stop_sandboxes(tx, intent.spec_id, [job.job_id], "done")
        checked = "check passed" if evidence.get("command") else "no check configured"
        message = f"{ticketing.label(task)}: {intent.new_sha[:7]}, {checked}."
        ticketing.emit_task(tx, task, TaskStatus.SUCCEEDED, message, commit=intent.new_sha, evidence=evidence)
        await specs.update_spec(
            tx, intent.spec_id, last_work=f"{task.key or 'the task'} done ({intent.new_sha[:7]})", last_work_at=tx.now
        )
        await ticketing.after_success(tx, intent.spec_id)
        return
    if job.status in OPEN_JOBS:
        await jobs.end_open(tx, job, JobStatus.CANCELLED)
        await sandboxes.stop_sandboxes(tx, intent.spec_id, [job.job_id], "done")
    await tasks.update_task(tx, intent.spec_id, intent.task_id, **values)
    message = f"{ticketing.label(task)}: its commit {intent.new_sha[:7]} reached the branch before the stop."
    ticketing.emit_task(tx, task, TaskStatus(task.status), message, event_type="task.note", commit=intent.new_sha)
