"""ReviewPhase: a person decides about exactly the version that they saw."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft, by_user, source_and_via
from omoi_server.domain.planning import remaining_phases
from omoi_server.domain.states import Decision, JobKind, SpecStatus, TaskStatus
from omoi_server.errors import Aborted, FailedPrecondition, InvalidArgument
from omoi_server.orchestrator import words
from omoi_server.orchestrator.approvers import require_approver
from omoi_server.orchestrator.cancel import cancel_in
from omoi_server.orchestrator.execute import facts_of
from omoi_server.orchestrator.office import Office
from omoi_server.store import jobs, outputs, people, requests, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction
from omoi_spec.phases import PLANNING_PHASES

MAX_COMMENT = 10_000


async def review_phase(
    office: Office,
    caller: Caller,
    spec_id: str,
    phase: str,
    digest: str,
    decision: str,
    comment: str,
    request_id: str,
) -> str:
    """Decide; returns what happens next in words.

    Raises InvalidArgument, NotFound, FailedPrecondition (NOT_AWAITING_REVIEW, STALE_DIGEST), Aborted (ALREADY_DECIDED),
    PermissionDenied (NOT_AN_APPROVER) for APPROVE.
    """
    content = {"spec_id": spec_id, "phase": phase, "digest": digest, "decision": decision, "comment": comment}
    request = Request(caller.user_id, "ReviewPhase", request_id, content)
    request.check()
    if decision not in tuple(Decision):
        raise InvalidArgument("decision", f"is not set; use {', '.join(Decision)}.")
    if phase not in PLANNING_PHASES:
        raise InvalidArgument(
            "phase", f"{phase or 'UNSPECIFIED'} has no output to review; use {', '.join(PLANNING_PHASES)}."
        )
    words.text("comment", comment, MAX_COMMENT, required=decision == Decision.REQUEST_CHANGES)
    if not digest:
        raise InvalidArgument("digest", "is empty. Send the digest of the version that was shown (GetPhaseOutput).")

    async def work(tx: Transaction) -> str:
        if decision == Decision.APPROVE:
            # Who may approve changes under this lock, too; it comes before the spec's everywhere.
            await tx.lock_project((await specs.spec(tx.conn, spec_id)).project_id)
        spec = await specs.locked(tx, spec_id)
        if await requests.find_earlier(tx, request):
            return "This decision was recorded before."
        message = await _decide(tx, spec, phase, digest, Decision(decision), comment, caller)
        await requests.remember(tx, request, spec_id)
        return message

    return await office.write("review", work)


async def _decide(
    tx: Transaction, spec: Any, phase: str, digest: str, decision: Decision, comment: str, caller: Caller
) -> str:
    if decision is Decision.APPROVE:
        await require_approver(tx, caller, spec)
    newest = await outputs.newest(tx.conn, spec.spec_id)
    output = newest.get(phase)
    if output is None:
        raise FailedPrecondition("NOT_AWAITING_REVIEW", f"{phase} has no output yet; there is nothing to decide.")
    await _check_version(tx, spec, output, digest)
    decider = await _called(tx, output.decided_by)
    _check_state(spec, output, decision, decider)
    source = by_user(caller.user_id, caller.via)
    if not await outputs.decide(tx, spec.spec_id, phase, output.version, decision, caller.user_id, comment):
        earlier_approved = decision is Decision.REQUEST_CHANGES and output.decision == Decision.APPROVE
        if not earlier_approved:
            raise _already_decided(output, decider)
    if decision is Decision.APPROVE:
        return await _approve(tx, spec, newest, output, comment, source)
    if decision is Decision.REJECT:
        _emit(tx, spec, output, "review.rejected", f"{_name(output)} was rejected by {caller.name}.", comment, source)
        await cancel_in(tx, spec, comment or f"{_name(output)} was rejected.", source)
        return "Rejected; the spec is cancelled."
    return await _request_changes(tx, spec, output, comment, caller)


async def _check_version(tx: Transaction, spec: Any, output: Any, digest: str) -> None:
    if digest == output.digest:
        return
    seen = await outputs.by_digest(tx.conn, spec.spec_id, output.phase, digest)
    saw = f"you saw version {seen.version}" if seen else "the digest you sent belongs to no version"
    raise FailedPrecondition(
        "STALE_DIGEST",
        f"this is version {output.version}, {saw}. Look at version {output.version} and decide again.",
        {"version": str(output.version), "seen_version": str(seen.version if seen else 0), "phase": output.phase},
    )


def _check_state(spec: Any, output: Any, decision: Decision, decider: str) -> None:
    """At the gate: APPROVE and REJECT name it, REQUEST_CHANGES it or an earlier phase."""
    at_gate = spec.status == SpecStatus.AWAITING_REVIEW
    if output.decision and (not at_gate or output.phase == spec.current_phase):
        raise _already_decided(output, decider)
    if not at_gate:
        raise FailedPrecondition(
            "NOT_AWAITING_REVIEW",
            f"{spec.spec_id} is {spec.status.lower()} and waits for no review.",
            {"status": spec.status},
        )
    gate = PLANNING_PHASES.index(spec.current_phase)
    index = PLANNING_PHASES.index(output.phase)
    if index > gate or (decision is not Decision.REQUEST_CHANGES and index != gate):
        raise FailedPrecondition(
            "WRONG_PHASE",
            f"{spec.spec_id} waits for a review of {spec.current_phase}; {decision} cannot name {output.phase}.",
            {"phase": spec.current_phase},
        )


async def _called(tx: Transaction, user_id: str) -> str:
    """The name of whoever decided; their id if they have none."""
    known = await people.users(tx.conn, [user_id]) if user_id else {}
    return known[user_id].name or user_id if user_id in known else user_id


def _already_decided(output: Any, decider: str) -> Aborted:
    done = {"APPROVE": "approved", "REQUEST_CHANGES": "changes were requested", "REJECT": "rejected"}[output.decision]
    return Aborted(
        "ALREADY_DECIDED",
        f"{_name(output)} was decided already: {done} by {decider}.",
        {"decision": output.decision, "decided_by": output.decided_by, "version": str(output.version)},
    )


def _name(output: Any) -> str:
    return f"{output.phase.capitalize()} v{output.version}"


def _emit(tx: Transaction, spec: Any, output: Any, event: str, message: str, comment: str, source: str) -> None:
    payload = {
        "review": {
            "version": output.version,
            "digest": output.digest,
            "decided_by": source_and_via(source)[0].removeprefix("user:"),
            "comment": comment,
        }
    }
    tx.emit(EventDraft(spec.spec_id, event, message, source, output.phase, payload))


async def _approve(tx: Transaction, spec: Any, newest: Any, output: Any, comment: str, source: str) -> str:
    facts = facts_of({**newest, output.phase: await _reread(tx, spec, output)})
    rest = remaining_phases(facts, spec.gates)
    phase = rest[0] if rest else "SYNC"
    await specs.change_status(tx, spec.spec_id, [SpecStatus.AWAITING_REVIEW], SpecStatus.EXECUTING, current_phase=phase)
    _emit(tx, spec, output, "review.approved", f"{_name(output)} was approved.", comment, source)
    await jobs.queue_job(tx, kind=JobKind.PLAN if rest else JobKind.SYNC, spec=spec)
    return f"{_name(output)} is approved; {phase.lower()} is next."


async def _reread(tx: Transaction, spec: Any, output: Any) -> Any:
    return (await outputs.newest(tx.conn, spec.spec_id))[output.phase]


async def _request_changes(tx: Transaction, spec: Any, output: Any, comment: str, caller: Caller) -> str:
    running = [row for row in await tasks.active_tasks(tx.conn, spec.spec_id) if row.status == TaskStatus.RUNNING]
    if running:
        raise FailedPrecondition("STILL_RUNNING", "a task is running. Cancel first, then request changes.")
    phase = output.phase
    await specs.insert_feedback(
        tx, spec.spec_id, f"fbk-{uuid4()}", phase, output.version, caller.name or caller.user_id, comment
    )
    await outputs.invalidate(tx, spec.spec_id, PLANNING_PHASES[PLANNING_PHASES.index(phase) :])
    await specs.change_status(tx, spec.spec_id, [SpecStatus.AWAITING_REVIEW], SpecStatus.EXECUTING, current_phase=phase)
    source = by_user(caller.user_id, caller.via)
    message = f"Changes to {_name(output)} were requested: {words.line('comment', comment, MAX_COMMENT)[:200]}"
    _emit(tx, spec, output, "review.changes_requested", message, comment, source)
    await jobs.queue_job(tx, kind=JobKind.PLAN, spec=spec)
    return f"A new version of {phase.lower()} is being made; what was not criticised stays."
