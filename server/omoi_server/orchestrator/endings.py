"""How a job ends badly, or is given back. Every function runs in a transaction that holds the spec's lock."""

from __future__ import annotations

from typing import Any

from omoi_server.domain.events import SERVER, EventDraft
from omoi_server.domain.states import JobKind, JobStatus, SpecStatus, TaskStatus
from omoi_server.orchestrator import ticketing
from omoi_server.store import jobs, sandboxes, specs, tasks
from omoi_server.store.transaction import Transaction

MAX_MESSAGE = 2_000
"""Characters of a reason. Some of it may be a worker's words, and it goes into every list."""


async def fail_job(tx: Transaction, job: Any, code: str, message: str, source: str = SERVER) -> None:
    """The job failed for good: the spec (planning) or the task fails with it, and says why."""
    message = message[:MAX_MESSAGE]
    await jobs.finish(tx, job, job.fence, JobStatus.FAILED, f"{code}: {message}")
    await sandboxes.stop_sandboxes(tx, job.spec_id, [job.job_id], code)
    if job.kind == JobKind.TASK:
        await _fail_task(tx, job, code, message, source)
        return
    spec = await specs.spec(tx.conn, job.spec_id)
    if spec.status != SpecStatus.EXECUTING:
        return  # it went on without this job
    await specs.change_status(
        tx,
        job.spec_id,
        [SpecStatus.EXECUTING],
        SpecStatus.FAILED,
        reason=message,
        last_work=f"failed: {message}"[:300],
        last_work_at=tx.now,
    )
    payload = {"spec": {"status": "SPEC_STATUS_FAILED", "reason": message}}
    text = f"{spec.current_phase.capitalize()} failed: {message} ExecuteSpec tries again."
    tx.emit(EventDraft(job.spec_id, "spec.execution_failed", text, source, spec.current_phase, payload))


async def _fail_task(tx: Transaction, job: Any, code: str, message: str, source: str) -> None:
    task = await tasks.task(tx.conn, job.task_id)
    if task.status != TaskStatus.RUNNING:
        return  # it went on without this job
    await tasks.change_task(tx, task, (TaskStatus.RUNNING,), TaskStatus.FAILED, reason=message, code=code)
    text = f"{ticketing.label(task)} failed: {message}"
    ticketing.emit_task(tx, task, TaskStatus.FAILED, text, source=source, reason=message, code=code)
    await specs.update_spec(
        tx, job.spec_id, last_work=f"{task.key or 'the task'} failed: {message}"[:300], last_work_at=tx.now
    )
    await ticketing.block_dependants(tx, job.spec_id, task, "failed")


async def pause_for_person(tx: Transaction, job: Any, code: str, message: str) -> None:
    """Something at the origin must be put right by a person; the remedy is in the message. RetryTask or ExecuteSpec goes on."""
    message = message[:MAX_MESSAGE]
    await jobs.finish(tx, job, job.fence, JobStatus.CANCELLED, f"{code}: {message}")
    await sandboxes.stop_sandboxes(tx, job.spec_id, [job.job_id], code)
    if job.kind == JobKind.TASK:
        task = await tasks.task(tx.conn, job.task_id)
        await tasks.change_task(tx, task, (TaskStatus.RUNNING,), TaskStatus.PAUSED, reason=message, code=code)
        text = f"{ticketing.label(task)} is paused: {message}"
        ticketing.emit_task(tx, task, TaskStatus.PAUSED, text, reason=message, code=code)
        await ticketing.block_dependants(tx, job.spec_id, task, "is paused")
        return
    await specs.change_status(
        tx, job.spec_id, [SpecStatus.EXECUTING], SpecStatus.PAUSED, waiting_for=message, reason=message
    )
    payload = {"spec": {"status": "SPEC_STATUS_PAUSED", "reason": message}}
    tx.emit(EventDraft(job.spec_id, "spec.paused", f"Paused: {message}", phase="SYNC", payload=payload))


async def give_back(tx: Transaction, job: Any, why: str, **values: Any) -> None:
    """Put a held job back into the queue; its task waits again."""
    why = why[:MAX_MESSAGE]
    await jobs.requeue(tx, job, job.fence, **values)
    await sandboxes.stop_sandboxes(tx, job.spec_id, [job.job_id], why)
    if job.kind == JobKind.TASK:
        task = await tasks.task(tx.conn, job.task_id)
        await tasks.change_task(tx, task, (TaskStatus.RUNNING,), TaskStatus.QUEUED)
        text = f"{ticketing.label(task)} waits again: {why}."
        ticketing.emit_task(tx, task, TaskStatus.QUEUED, text, event_type="task.requeued")


async def lose_worker(tx: Transaction, job: Any, why: str, max_starts: int) -> None:
    """The worker is gone without an end: queue the job again, or fail it after `max_starts` lost workers.

    `starts` counts workers lost after their first journal line; ones that never began are counted apart, to the same limit.
    """
    started = job.started_at is not None
    unstarted = int(job.plan.get("unstarted", 0)) + (not started)
    starts = job.starts + started
    sandbox = sandboxes.sandbox_name(job.job_id, job.fence)
    payload = {"sandbox": {"sandbox_id": sandbox, "job_id": job.job_id, "task_id": job.task_id, "reason": why}}
    tx.emit(EventDraft(job.spec_id, "sandbox.lost", f"The sandbox was lost: {why}.", payload=payload))
    if starts >= max_starts or unstarted >= max_starts:
        await jobs.update_held(tx, job.job_id, job.fence, starts=starts)
        code = "WORKER_LOST" if starts >= max_starts else "SANDBOX_NOT_STARTED"
        await fail_job(tx, job, code, f"{max_starts} workers were lost; the last one: {why}.")
        return
    await give_back(tx, job, why, starts=starts, plan={**job.plan, "unstarted": unstarted})
