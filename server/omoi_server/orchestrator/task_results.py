"""A task's result arrives: checked against what the attempt was told, fetched into the mirror, integrated."""

from __future__ import annotations

from typing import Any

from omoi_server.domain.states import TaskStatus, TicketPhase
from omoi_server.errors import RepositoryError, SandboxFileError
from omoi_server.orchestrator import endings, ticketing
from omoi_server.orchestrator.brief import AUTHOR, trailers
from omoi_server.orchestrator.evidence import wip_ref
from omoi_server.orchestrator.ingest import Place, begin
from omoi_server.orchestrator.integrate import Work, attempt_ref
from omoi_server.orchestrator.journal import JournalCorrupt, Line, is_number
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.words import clean
from omoi_server.ports import CommitFacts
from omoi_server.store import sandboxes, specs, tasks
from omoi_server.store.transaction import Transaction

MAX_CONFLICTS = 2
"""The first conflict queues the task once more, the second is MERGE_CONFLICT (design section 5)."""


async def take_result(office: Office, project: Any, place: Place, line: Line) -> Work:
    """Fetch the result's bundle into the mirror and believe nothing of it unseen. Raises JournalCorrupt."""
    fields = line.fields
    evidence = _evidence(fields["evidence"])
    bundle = office.scratch() / f"{place.sandbox_id}-{line.number}.bundle"
    try:
        await office.sandboxes.fetch_file(
            place.sandbox_id, fields["bundle"], bundle, fields["sha256"], office.limits.bundle_bytes
        )
        await office.repositories.take_bundle(
            project.project_id, bundle, fields["commit"], attempt_ref(place.job_id, place.fence)
        )
        commit = await office.repositories.commit_facts(project.project_id, fields["commit"])
    except (SandboxFileError, RepositoryError) as error:
        if error.reason == "MIRROR_BUSY":
            raise  # no fault of the bundle
        raise JournalCorrupt(f"the result's bundle cannot be used: {error.message}") from error
    finally:
        bundle.unlink(missing_ok=True)
    if commit.parents != (fields["parent"],):
        raise JournalCorrupt("the result is not one commit on the commit it names as parent")
    if commit.tree != fields["tree"] or evidence["tree"] != commit.tree:
        raise JournalCorrupt("the tree that was checked is not the tree of the commit")
    if evidence["command"] and evidence["exit_code"] != 0:
        raise JournalCorrupt("the evidence says that the check failed")
    async with office.db.read() as conn:
        task = await tasks.task(conn, place.task_id)
        spec = await specs.spec(conn, place.spec_id)
    _check_message(commit, trailers(spec, task, place.job_id, place.fence))
    if not evidence["command"] and task.check_command:
        raise JournalCorrupt("the task has a check, and the evidence names none")
    result = {
        "evidence": evidence,
        "summary": clean(fields["summary"])[:500],
        "project_check": clean(str(fields.get("project_check", "")))[:500],
        "files": list(commit.files),
    }
    return Work(
        place.job_id,
        place.fence,
        place.spec_id,
        place.task_id,
        place.sandbox_id,
        commit.sha,
        fields["parent"],
        result,
    )


def _check_message(commit: CommitFacts, told: list[list[str]]) -> None:
    """The words and the names that go onto the branch are those that the job asked for. Raises JournalCorrupt."""
    if [list(pair) for pair in commit.trailers] != told:
        raise JournalCorrupt("the commit's trailers are not those that the job asked for")
    if {"name": commit.author, "email": commit.email} != AUTHOR:
        raise JournalCorrupt("the commit names another author than the job")
    if clean(commit.message) != commit.message:
        raise JournalCorrupt("the commit's message holds control characters")


def _evidence(raw: dict[str, Any]) -> dict[str, Any]:
    """The evidence as it is kept. Without a check the command is empty and the worker's exit code null; 0 is kept."""
    command, tree, code = raw.get("command"), raw.get("tree"), raw.get("exit_code")
    if not isinstance(command, str) or not isinstance(tree, str) or not (is_number(code) or (not command and not code)):
        raise JournalCorrupt("the evidence lacks command, exit_code or tree")
    duration = raw.get("duration_ms")
    return {
        "command": clean(command)[:2000],
        "exit_code": code or 0,
        "tail": clean(str(raw.get("tail", "")))[-4000:],
        "duration_ms": max(0, duration) if is_number(duration) else 0,
        "tree": tree,
    }


async def send_new_tip(office: Office, project: Any, place: Place, tip: str) -> None:
    """Ask the worker to put its work onto `tip`, check again and hand it out again. The same tip twice is one message."""
    identifier = f"rebase-{tip[:16]}"
    bundle = office.scratch() / f"{place.sandbox_id}-{identifier}.bundle"
    try:
        await office.repositories.bundle(project.project_id, [tip], bundle)
        name = f"inbox/{identifier}.bundle"
        message = {"id": identifier, "kind": "rebase", "bundle": name, "tip": tip}
        await office.sandboxes.send(place.sandbox_id, message, {name: bundle})
    finally:
        bundle.unlink(missing_ok=True)


async def keep_conflict(office: Office, project: Any, place: Place, line: Line) -> str:
    """Keep a conflicting attempt's work in the mirror under refs/omoi/wip/<task>; what was kept, in words."""
    fields = line.fields
    bundle = office.scratch() / f"{place.sandbox_id}-{line.number}.bundle"
    ref = wip_ref(place.task_id)
    try:
        await office.sandboxes.fetch_file(
            place.sandbox_id, fields["bundle"], bundle, fields["sha256"], office.limits.bundle_bytes
        )
        await office.repositories.take_bundle(project.project_id, bundle, fields["commit"], ref)
        await office.repositories.keep(project.project_id, ref, fields["commit"])
    except (SandboxFileError, RepositoryError) as error:
        if error.reason == "MIRROR_BUSY":
            raise
        raise JournalCorrupt(f"the conflicting work cannot be kept: {error.message}") from error
    finally:
        bundle.unlink(missing_ok=True)
    return f"its work is kept as {fields['commit'][:12]} in the mirror ({ref})"


async def store_conflict(tx: Transaction, place: Place, line: Line, kept: str) -> None:
    """The branch moved and the work does not fit: once more from the new tip, then MERGE_CONFLICT."""
    job = await begin(tx, place, [line])
    task = await tasks.task(tx.conn, place.task_id)
    paths = ", ".join(clean(str(path)) for path in line.fields["paths"][:10])
    conflicts = task.conflicts + 1
    await tasks.update_task(tx, place.spec_id, place.task_id, conflicts=conflicts)
    if conflicts >= MAX_CONFLICTS:
        message = f"the branch changed the same lines in {paths}; {kept}. Resolve it by hand or retry."
        await endings.fail_job(tx, job, "MERGE_CONFLICT", message)
        return
    await endings.give_back(tx, job, f"the branch changed {paths} meanwhile; {kept}")


async def start_task(tx: Transaction, job: Any) -> None:
    """A task's job was claimed: the task runs now, and its ticket is in implementation."""
    task = await tasks.task(tx.conn, job.task_id)
    sandbox = sandboxes.sandbox_name(job.job_id, job.fence)
    await tasks.change_task(
        tx, task, (TaskStatus.QUEUED,), TaskStatus.RUNNING, attempts=task.attempts + 1, sandbox_id=sandbox
    )
    ticketing.emit_task(tx, task, TaskStatus.RUNNING, f"{ticketing.label(task)} starts.")
    others = [row for row in await tasks.active_tasks(tx.conn, job.spec_id) if row.task_id != job.task_id]
    if not any(row.attempts for row in others) and task.attempts == 0:
        await ticketing.move_ticket_to(tx, job.spec_id, TicketPhase.IMPLEMENTATION)
