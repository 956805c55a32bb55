"""ExecuteSpec: start, or go on at the first phase without a valid output, and say what is reused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft, by_user
from omoi_server.domain.planning import OutputFacts, remaining_phases, unapproved_before, waiting_gate
from omoi_server.domain.states import JobKind, SpecKind, SpecStatus, TaskStatus
from omoi_server.errors import FailedPrecondition, InvalidArgument
from omoi_server.orchestrator import ticketing
from omoi_server.orchestrator.office import Office
from omoi_server.store import jobs, outputs, requests, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction
from omoi_spec.phases import PLANNING_PHASES


@dataclass(frozen=True)
class Executed:
    """Answer of execute_spec. `started` False: it was running already and nothing changed."""

    spec_id: str
    started: bool
    message: str
    current_phase: str
    sandbox_id: str = ""


def facts_of(rows: Mapping[str, Any]) -> dict[str, OutputFacts]:
    """The newest outputs as the planning rules see them."""
    return {phase: OutputFacts(row.version, row.digest, bool(row.valid), row.decision) for phase, row in rows.items()}


async def execute_spec(office: Office, caller: Caller, spec_id: str, from_phase: str, request_id: str) -> Executed:
    """Start or resume. Raises NotFound, InvalidArgument (from_phase), FailedPrecondition (AWAITING_REVIEW,
    GATE_NOT_APPROVED, ALREADY_COMPLETED, STILL_RUNNING, ENGINE_NOT_AVAILABLE), AlreadyExists (request_id reused)."""
    request = Request(caller.user_id, "ExecuteSpec", request_id, {"spec_id": spec_id, "from_phase": from_phase})
    request.check()
    if from_phase not in ("", *PLANNING_PHASES):
        raise InvalidArgument("from_phase", f"{from_phase} cannot be run again; use {', '.join(PLANNING_PHASES)}.")
    office.require_engine()

    async def work(tx: Transaction) -> Executed:
        spec = await specs.locked(tx, spec_id)
        if await requests.find_earlier(tx, request):
            return Executed(spec_id, True, "This request was carried out before.", spec.current_phase)
        executed = await _execute(tx, spec, from_phase, by_user(caller.user_id, caller.via))
        await requests.remember(tx, request, spec_id)
        return executed

    return await office.write("execute", work)


async def _execute(tx: Transaction, spec: Any, from_phase: str, source: str) -> Executed:
    if spec.status == SpecStatus.EXECUTING:
        return Executed(spec.spec_id, False, "It is running already.", spec.current_phase)
    rows = await tasks.active_tasks(tx.conn, spec.spec_id)
    working = any(row.status in (TaskStatus.RUNNING, TaskStatus.QUEUED) for row in rows)
    if spec.status == SpecStatus.COMPLETED and working and not from_phase:
        return Executed(spec.spec_id, False, "Its tasks are running already.", spec.current_phase)
    if spec.status == SpecStatus.AWAITING_REVIEW:
        raise FailedPrecondition(
            "AWAITING_REVIEW",
            f"{spec.spec_id} waits for a review of {spec.current_phase}. Approve, request changes or reject it.",
            {"phase": spec.current_phase},
        )
    if spec.kind == SpecKind.QUICK:
        if from_phase:
            raise InvalidArgument("from_phase", "a quick task has no planning phases; leave it out.")
        return await _resume_tasks(tx, spec, rows, source, "The task")
    if from_phase:
        await _allow_replanning(tx, spec, from_phase, rows)
    return await _resume_planning(tx, spec, rows, source)


async def _allow_replanning(tx: Transaction, spec: Any, from_phase: str, rows: list[Any]) -> None:
    """Take back the validity of from_phase and what follows, if nothing forbids it."""
    if any(row.status == TaskStatus.RUNNING for row in rows) or await jobs.open_jobs(tx.conn, spec.spec_id):
        raise FailedPrecondition(
            "STILL_RUNNING", f"tasks of {spec.spec_id} are running or queued. Cancel it first, then plan anew."
        )
    facts = facts_of(await outputs.newest(tx.conn, spec.spec_id))
    if gate := unapproved_before(from_phase, facts, spec.gates):
        raise FailedPrecondition(
            "GATE_NOT_APPROVED",
            f"{from_phase} lies behind the gate after {gate}, which is not approved. Start at {gate} or before.",
            {"gate": gate},
        )
    await outputs.invalidate(tx, spec.spec_id, PLANNING_PHASES[PLANNING_PHASES.index(from_phase) :])


async def _resume_planning(tx: Transaction, spec: Any, rows: list[Any], source: str) -> Executed:
    facts = facts_of(await outputs.newest(tx.conn, spec.spec_id))
    rest = remaining_phases(facts, spec.gates)
    reused = [phase for phase in PLANNING_PHASES if phase not in rest]
    kept = f"Reused: {', '.join(reused).lower()}." if reused else "Nothing to reuse."
    if gate := waiting_gate(facts, spec.gates):
        await specs.update_spec(
            tx, spec.spec_id, status=SpecStatus.AWAITING_REVIEW, current_phase=gate, reason="", waiting_for=""
        )
        message = f"{gate} v{facts[gate].version} waits for a review."
        tx.emit(_review_requested(spec.spec_id, gate, facts[gate], source))
        return Executed(spec.spec_id, True, f"{kept} {message}", gate)
    if not rest:
        done = rows and all(row.status == TaskStatus.SUCCEEDED for row in rows)
        if spec.status == SpecStatus.COMPLETED and done:
            raise FailedPrecondition(
                "ALREADY_COMPLETED", f"{spec.spec_id} is finished. Use from_phase to plan anew, or launch a new spec."
            )
        if spec.status == SpecStatus.COMPLETED:
            return await _resume_tasks(tx, spec, rows, source, "Its open tasks")
    phase = rest[0] if rest else "SYNC"
    await specs.update_spec(
        tx, spec.spec_id, status=SpecStatus.EXECUTING, current_phase=phase, reason="", waiting_for=""
    )
    await jobs.queue_job(tx, kind=JobKind.PLAN if rest else JobKind.SYNC, spec=spec)
    payload = {"spec": {"status": "SPEC_STATUS_EXECUTING", "reused": [f"SPEC_PHASE_{name}" for name in reused]}}
    message = f"{kept} Goes on with {phase.lower()}."
    tx.emit(EventDraft(spec.spec_id, "spec.execution_started", message, source, phase, payload))
    return Executed(spec.spec_id, True, message, phase)


def _review_requested(spec_id: str, phase: str, output: OutputFacts, source: str) -> EventDraft:
    payload = {"review": {"version": output.version, "digest": output.digest}}
    message = f"{phase.capitalize()} v{output.version} waits for a review."
    return EventDraft(spec_id, "review.requested", message, source, phase, payload)


async def _resume_tasks(tx: Transaction, spec: Any, rows: list[Any], source: str, what: str) -> Executed:
    """Queue everything of a finished plan that did not succeed."""
    candidates = {row.task_id: row for row in rows if row.status not in (TaskStatus.SUCCEEDED, TaskStatus.RUNNING)}
    candidates = {key: row for key, row in candidates.items() if row.status != TaskStatus.QUEUED}
    if not candidates:
        raise FailedPrecondition("ALREADY_COMPLETED", f"{spec.spec_id} is finished; nothing is left to run.")
    await specs.update_spec(tx, spec.spec_id, status=SpecStatus.COMPLETED, reason="", waiting_for="")
    await resume_candidates(tx, spec, candidates, source)
    payload = {"spec": {"status": "SPEC_STATUS_COMPLETED", "tasks": len(candidates)}}
    message = f"{what} {'is' if len(candidates) == 1 else 'are'} queued again ({len(candidates)})."
    tx.emit(EventDraft(spec.spec_id, "spec.execution_started", message, source, "COMPLETE", payload))
    return Executed(spec.spec_id, True, message, "COMPLETE")


async def resume_candidates(tx: Transaction, spec: Any, candidates: Mapping[str, Any], source: str) -> list[str]:
    """Queue ended tasks again. One whose commit reached the branch before a cancel is recognised as done."""
    open_again = {}
    for task_id, row in candidates.items():
        if row.commit_sha:
            await tasks.update_task(tx, spec.spec_id, task_id, status=TaskStatus.SUCCEEDED, reason="", code="")
            ticketing.emit_task(
                tx,
                row,
                TaskStatus.SUCCEEDED,
                f"{ticketing.label(row)} was done already: its commit reached the branch before the stop.",
                source=source,
                commit=row.commit_sha,
                evidence=row.evidence,
            )
        else:
            open_again[task_id] = row
            if row.status in (TaskStatus.FAILED, TaskStatus.PAUSED, TaskStatus.BLOCKED):
                await tasks.update_task(tx, spec.spec_id, task_id, status=TaskStatus.CANCELLED)
    queued = await ticketing.requeue_or_block(tx, spec, open_again, source)
    await ticketing.after_success(tx, spec.spec_id)
    return queued
