"""A phase output arrives: judged anew, versioned, and the spec goes on, waits at a gate, tries again or fails."""

from __future__ import annotations

from typing import Any

from omoi_server.domain.events import EventDraft, by_worker
from omoi_server.domain.planning import remaining_phases
from omoi_server.domain.states import Decision, JobKind, JobStatus, SpecStatus
from omoi_server.orchestrator import endings
from omoi_server.orchestrator.execute import facts_of
from omoi_server.orchestrator.ingest import Place, begin
from omoi_server.orchestrator.journal import JournalCorrupt, Line, is_number
from omoi_server.orchestrator.words import clean
from omoi_server.store import jobs, outputs, sandboxes, specs
from omoi_server.store.transaction import Transaction
from omoi_spec import diff
from omoi_spec.digests import input_digest, output_digest
from omoi_spec.evaluate import Evaluation
from omoi_spec.phases import PLANNING_PHASES

PROVENANCE = ("engine", "engine_version", "prompt_version", "model", "commit")


async def store_output(
    tx: Transaction, place: Place, line: Line, data: dict[str, Any], evaluation: Evaluation, max_attempts: int
) -> bool:
    """Store one phase output with the server's own evaluation. True when the job ended with it.

    Raises JournalCorrupt when it is not the output that is due (another phase, another attempt).
    """
    job = await begin(tx, place, [line])
    spec = await specs.spec(tx.conn, place.spec_id)
    newest = await outputs.newest(tx.conn, place.spec_id)
    phase, attempt = line.fields["phase"], line.fields["attempt"]
    due = remaining_phases(facts_of(newest), spec.gates)
    used = dict(job.plan.get("attempts", {}))
    if place.kind != JobKind.PLAN or not due or phase != due[0]:
        raise JournalCorrupt(f"line {line.number} brings {phase!r}, but {due[0] if due else 'nothing'} is due")
    if attempt != used.get(phase, 0) + 1:
        raise JournalCorrupt(f"line {line.number} is attempt {attempt} of {phase}, but {used.get(phase, 0) + 1} is due")
    used[phase] = attempt
    await jobs.update_held(tx, place.job_id, place.fence, plan={**job.plan, "attempts": used})
    if not evaluation.passed:
        return await _not_passed(tx, place, job, line, evaluation.score, _findings(evaluation), max_attempts)
    version, changes = await _version(tx, spec, phase, data, evaluation, newest, line)
    _completed(tx, place, line, version, evaluation, changes)
    shown = f"{phase.lower()} v{version.version}"
    await specs.update_spec(tx, place.spec_id, last_work=shown, last_work_at=tx.now)
    return await _go_on(tx, place, job, spec, phase)


async def store_phase_failed(tx: Transaction, place: Place, line: Line, max_attempts: int) -> bool:
    """An attempt ended without an output (an exception in the engine). One that was judged is not counted twice."""
    job = await begin(tx, place, [line])
    used = dict(job.plan.get("attempts", {}))
    phase, attempt = line.fields["phase"], line.fields["attempt"]
    if attempt <= used.get(phase, 0):
        return False
    if place.kind != JobKind.PLAN or phase not in PLANNING_PHASES or attempt != used.get(phase, 0) + 1:
        raise JournalCorrupt(f"line {line.number} fails attempt {attempt} of {phase!r}, which was not due")
    used[phase] = attempt
    await jobs.update_held(tx, place.job_id, place.fence, plan={**job.plan, "attempts": used})
    reason = clean(line.fields["message"])[:2000]
    return await _not_passed(tx, place, job, line, 0.0, [reason], max_attempts)


async def end_at_open_gate(tx: Transaction, job: Any) -> None:
    """The worker stopped at a gate whose version is approved already: another one goes on behind it.

    Only if something became due since the last such end; a worker that always says so would else never be done.
    """
    spec = await specs.spec(tx.conn, job.spec_id)
    due = ",".join(remaining_phases(facts_of(await outputs.newest(tx.conn, job.spec_id)), spec.gates))
    if job.plan.get("gated_before") == due or not due:
        await endings.fail_job(tx, job, "PLANNING_FAILED", "the worker stopped at a gate that is not there.")
        return
    await endings.give_back(tx, job, "the gate is open already", plan={**job.plan, "gated_before": due})


def _findings(evaluation: Evaluation) -> list[str]:
    return [
        f"{finding.where}: {finding.message} {finding.remedy}".strip()[:500] for finding in evaluation.findings[:50]
    ]


async def _not_passed(
    tx: Transaction, place: Place, job: Any, line: Line, score: float, findings: list[str], max_attempts: int
) -> bool:
    phase, attempt = line.fields["phase"], line.fields["attempt"]
    last = attempt >= max_attempts
    payload = {"phase_progress": {"attempt": attempt, "score": score, "findings": findings}}
    why = findings[0] if findings else f"the score {score:.2f} is too low"
    message = f"{phase.capitalize()} attempt {attempt} of {max_attempts} did not pass: {why}"
    event = "spec.phase_failed" if last else "spec.phase_retry"
    tx.emit(EventDraft(place.spec_id, event, message, by_worker(place.sandbox_id), phase, payload))
    if last:
        fresh = await jobs.held(tx, place.job_id, place.fence)
        reason = f"{phase.lower()} did not pass in {max_attempts} attempts: {why}"
        await endings.fail_job(tx, fresh, "PHASE_FAILED", reason)
    return bool(last)


async def _version(
    tx: Transaction, spec: Any, phase: str, data: dict[str, Any], evaluation: Evaluation, newest: Any, line: Line
) -> tuple[Any, list[str]]:
    """The stored version and what differs from the one before. An equal one is not made again."""
    before = PLANNING_PHASES[: PLANNING_PHASES.index(phase)]
    upstream = [newest[name].digest for name in before if name in newest]
    said = [row.text for row in await specs.feedback(tx.conn, spec.spec_id) if row.phase in (*before, phase)]
    digest = output_digest(data, upstream)
    inputs = input_digest(spec.title, spec.description, said, upstream)
    previous = newest.get(phase)
    if previous is not None and previous.digest == digest:
        await outputs.revalidate(tx, spec.spec_id, phase, previous.version, inputs)
        return previous, []
    changes = diff.difference(phase, previous.data, data) if previous is not None else []
    provenance = line.fields["provenance"]
    await outputs.insert_output(
        tx,
        {
            "spec_id": spec.spec_id,
            "phase": phase,
            "version": previous.version + 1 if previous is not None else 1,
            "data": data,
            "digest": digest,
            "input_digest": inputs,
            "score": evaluation.score,
            "findings": _findings(evaluation),
            "facts": [clean(str(fact))[:200] for fact in line.fields["facts"][:10]],
            "changes": changes,
            "provenance": {name: clean(str(provenance.get(name) or ""))[:200] for name in PROVENANCE},
        },
    )
    return (await outputs.newest(tx.conn, spec.spec_id))[phase], changes


def _completed(
    tx: Transaction, place: Place, line: Line, version: Any, evaluation: Evaluation, changes: list[str]
) -> None:
    phase, duration = line.fields["phase"], line.fields.get("duration_ms")
    payload = {
        "phase_progress": {
            "attempt": line.fields["attempt"],
            "version": version.version,
            "score": evaluation.score,
            "digest": version.digest,
            "facts": list(version.facts),
            "changes": changes,
            "duration_ms": max(0, duration) if is_number(duration) else 0,
        }
    }
    facts = ", ".join(version.facts)
    message = (
        f"{phase.capitalize()} v{version.version}: {facts}" if facts else f"{phase.capitalize()} v{version.version}"
    )
    tx.emit(EventDraft(place.spec_id, "spec.phase_completed", message, by_worker(place.sandbox_id), phase, payload))


async def _go_on(tx: Transaction, place: Place, job: Any, spec: Any, phase: str) -> bool:
    """After a stored output: wait at its gate, hand over to SYNC, or let the worker go on. True when the job ended."""
    newest = await outputs.newest(tx.conn, place.spec_id)
    output = newest[phase]
    if phase in spec.gates and output.decision != Decision.APPROVE:
        await specs.change_status(
            tx, place.spec_id, [SpecStatus.EXECUTING], SpecStatus.AWAITING_REVIEW, current_phase=phase
        )
        payload = {"review": {"version": output.version, "digest": output.digest}}
        message = f"{phase.capitalize()} v{output.version} waits for a review."
        tx.emit(EventDraft(place.spec_id, "review.requested", message, phase=phase, payload=payload))
    elif not remaining_phases(facts_of(newest), spec.gates):
        await specs.update_spec(tx, place.spec_id, current_phase="SYNC")
    else:
        return False
    await jobs.finish(tx, job, place.fence, JobStatus.SUCCEEDED)
    await sandboxes.stop_sandboxes(tx, place.spec_id, [place.job_id], "done")
    if phase not in spec.gates or output.decision == Decision.APPROVE:
        await jobs.queue_job(tx, kind=JobKind.SYNC, spec=spec)
    return True
