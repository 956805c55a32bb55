"""RetryTask, CancelTask, CompleteTask: what a person does with one task."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import by_user
from omoi_server.domain.states import OPEN_TASKS, SpecKind, SpecStatus, TaskStatus
from omoi_server.errors import FailedPrecondition, InvalidArgument
from omoi_server.orchestrator import ticketing, words
from omoi_server.orchestrator.execute import resume_candidates
from omoi_server.orchestrator.office import Office
from omoi_server.store import jobs, projects, requests, sandboxes, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_REASON = 2_000
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")

Change = Callable[[Transaction, Any, Any], Awaitable[None]]


async def _change(office: Office, request: Request, task_id: str, change: Change) -> None:
    """Run `change` on the task, once per request, with its spec locked."""
    request.check()

    async def work(tx: Transaction) -> None:
        task = await tasks.task(tx.conn, task_id)
        spec = await specs.locked(tx, task.spec_id)
        if await requests.find_earlier(tx, request):
            return
        await change(tx, spec, await tasks.task(tx.conn, task_id))
        await requests.remember(tx, request, task_id)

    await office.write("task", work)


async def retry_task(office: Office, caller: Caller, task_id: str, request_id: str) -> None:
    """Queue a FAILED, PAUSED or CANCELLED task again, and what only waited for it.

    Raises NotFound, FailedPrecondition (NOT_RETRYABLE, SPEC_NOT_READY).
    """
    office.require_engine()
    source = by_user(caller.user_id, caller.via)

    async def change(tx: Transaction, spec: Any, task: Any) -> None:
        if task.status not in (TaskStatus.FAILED, TaskStatus.PAUSED, TaskStatus.CANCELLED) or not task.active:
            why = f"is {task.status.lower()}" if task.active else "belongs to an older plan"
            raise FailedPrecondition(
                "NOT_RETRYABLE", f"{ticketing.label(task)} {why}; only failed, paused or cancelled tasks are retried."
            )
        _require_planned(spec)
        rows = {row.task_id: row for row in await tasks.active_tasks(tx.conn, spec.spec_id)}
        ended = (TaskStatus.FAILED, TaskStatus.BLOCKED, TaskStatus.PAUSED, TaskStatus.CANCELLED)
        missing = [rows[needed] for needed in task.depends_on if needed in rows and rows[needed].status in ended]
        if missing:
            raise FailedPrecondition(
                "NOT_RETRYABLE", f"{ticketing.label(task)} needs {ticketing.label(missing[0])} first. Retry that one."
            )
        await specs.update_spec(tx, spec.spec_id, status=SpecStatus.COMPLETED, reason="", waiting_for="")
        await resume_candidates(tx, spec, {task_id: task}, source)
        await _wake_dependants(tx, spec, task, source)

    request = Request(caller.user_id, "RetryTask", request_id, {"task_id": task_id})
    await _change(office, request, task_id, change)


def _require_planned(spec: Any) -> None:
    """Tasks run only under a finished plan: COMPLETED, or cancelled after it."""
    planned = spec.status == SpecStatus.COMPLETED or (
        spec.status in (SpecStatus.CANCELLED, SpecStatus.DRAFT)
        and (spec.current_phase == "COMPLETE" or spec.kind == SpecKind.QUICK)
    )
    if not planned:
        raise FailedPrecondition(
            "SPEC_NOT_READY",
            f"{spec.spec_id} is {spec.status.lower()} in {spec.current_phase}. ExecuteSpec goes on with it.",
        )


async def _wake_dependants(tx: Transaction, spec: Any, task: Any, source: str) -> None:
    waiting = await ticketing.dependants_only_waiting(tx, spec.spec_id, task.task_id)
    for row in waiting.values():
        await tasks.update_task(tx, spec.spec_id, row.task_id, status=TaskStatus.CANCELLED)
    await ticketing.requeue_or_block(tx, spec, waiting, source)


async def cancel_task(office: Office, caller: Caller, task_id: str, reason: str, request_id: str) -> None:
    """Cancel one open task; what depends on it becomes BLOCKED. A cancelled one stays as it is.

    Raises InvalidArgument, NotFound, FailedPrecondition (ALREADY_COMPLETED).
    """
    words.text("reason", reason, MAX_REASON)

    async def change(tx: Transaction, spec: Any, task: Any) -> None:
        if task.status == TaskStatus.CANCELLED:
            return
        if task.status not in OPEN_TASKS:
            raise FailedPrecondition(
                "ALREADY_COMPLETED", f"{ticketing.label(task)} is {task.status.lower()}; there is nothing to cancel."
            )
        ended = await jobs.cancel_open(tx, spec.spec_id, [task_id])
        await sandboxes.stop_sandboxes(tx, spec.spec_id, [row.job_id for row in ended], "cancelled")
        await tasks.change_task(tx, task, OPEN_TASKS, TaskStatus.CANCELLED, reason=reason, code="CANCELLED")
        message = f"{ticketing.label(task)} is cancelled."
        ticketing.emit_task(
            tx, task, TaskStatus.CANCELLED, message, source=by_user(caller.user_id, caller.via), reason=reason
        )
        await ticketing.block_dependants(tx, spec.spec_id, task, "was cancelled")

    request = Request(caller.user_id, "CancelTask", request_id, {"task_id": task_id, "reason": reason})
    await _change(office, request, task_id, change)


async def complete_task(
    office: Office, caller: Caller, task_id: str, commit: str, reason: str, request_id: str
) -> None:
    """A person finished it: `commit` on the spec's branch, or `reason`. What waited for it may start.

    Raises InvalidArgument, NotFound, FailedPrecondition (STILL_RUNNING, ALREADY_COMPLETED, OLD_PLAN, SPEC_NOT_READY,
    NOT_ON_BRANCH).
    """
    words.text("reason", reason, MAX_REASON)
    if bool(commit) == bool(reason.strip()):
        raise InvalidArgument("commit", "name either the commit that does it, or a reason why none is needed.")
    if commit and not _SHA.fullmatch(commit):
        raise InvalidArgument("commit", f"{commit[:70]!r} must be a full commit id (40 hexadecimal digits).")
    content = {"task_id": task_id, "commit": commit, "reason": reason}
    request = Request(caller.user_id, "CompleteTask", request_id, content)
    if commit:
        await _require_on_branch(office, request, task_id, commit)
    source = by_user(caller.user_id, caller.via)

    async def change(tx: Transaction, spec: Any, task: Any) -> None:
        if task.status == TaskStatus.RUNNING:
            raise FailedPrecondition("STILL_RUNNING", f"{ticketing.label(task)} is running. Cancel it first.")
        if task.status == TaskStatus.SUCCEEDED:
            raise FailedPrecondition("ALREADY_COMPLETED", f"{ticketing.label(task)} is done already.")
        if not task.active:
            raise FailedPrecondition("OLD_PLAN", f"{ticketing.label(task)} belongs to an older plan.")
        _require_planned(spec)
        await jobs.cancel_open(tx, spec.spec_id, [task_id])
        said = reason or f"completed by hand with {commit[:12]}"
        await tasks.update_task(
            tx,
            spec.spec_id,
            task_id,
            status=TaskStatus.SUCCEEDED,
            commit_sha=commit,
            summary=words.line("reason", said, MAX_REASON),
            reason=reason,
            code="BY_HAND",
            evidence={},
        )
        message = f"{ticketing.label(task)} was completed by {caller.name or caller.user_id}: {said}"
        ticketing.emit_task(
            tx, task, TaskStatus.SUCCEEDED, message, source=source, commit=commit, reason=reason, code="BY_HAND"
        )
        await _wake_dependants(tx, spec, task, source)
        await ticketing.after_success(tx, spec.spec_id)

    await _change(office, request, task_id, change)


async def _require_on_branch(office: Office, request: Request, task_id: str, commit: str) -> None:
    """FailedPrecondition (NOT_ON_BRANCH) unless the origin's branch of the spec contains the commit."""
    async with office.db.read() as conn:
        if await requests.was_made(conn, request):
            return
        task = await tasks.task(conn, task_id)
        spec = await specs.spec(conn, task.spec_id)
        project = await projects.project(conn, spec.project_id)
    tip = None
    if spec.branch_name:
        tip = await office.repositories.remote_tip(project.project_id, project.repo_url, spec.branch_name)
    known = tip is not None and await office.repositories.has_commit(project.project_id, commit)
    if tip is None or not known or not await office.repositories.is_ancestor(project.project_id, commit, tip):
        raise FailedPrecondition(
            "NOT_ON_BRANCH",
            f"{commit[:12]} is not on {spec.branch_name or 'the branch'} at the origin. Push it there first.",
            {"branch": spec.branch_name},
        )
