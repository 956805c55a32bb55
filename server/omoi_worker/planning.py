"""Runs planning phases in order: attempts, evaluation, gates."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Mapping
from typing import Any

from omoi_spec.digests import canonical
from omoi_spec.evaluate import evaluate
from omoi_spec.phases import PLANNING_PHASES
from omoi_worker.checkout import check_out
from omoi_worker.context import Interrupted, StopRequested
from omoi_worker.engines import Engine, PhaseDraft
from omoi_worker.frame import Frame
from omoi_worker.job import Plan
from omoi_worker.journal import JournalError, clip
from omoi_worker.processes import Stopping
from omoi_worker.supervisor import Outcome

MAX_INLINE = 900 * 1024
"""Bytes of a phase output inside its journal line; a larger one becomes a file in out/."""

_MAX_MESSAGE = 4000


def run_plan(frame: Frame, plan: Plan, engine: Engine) -> Outcome:
    """Run the phases that have no output yet; stop after a gate or when a phase has no attempt left.

    A phase whose output stands in the journal of this sandbox already (the worker died and was started again)
    is not run a second time.
    """
    with frame.context.command(f"checkout {frame.job.branch_tip[:12]}"):
        check_out(frame.git, frame.sandbox, frame.job)
    outputs = {phase: output["data"] for phase, output in plan.outputs.items()}
    for phase in plan.phases:
        if phase in outputs:
            continue
        earlier = _accepted_before(frame, phase, outputs)
        if earlier is None:
            data, reason = _attempts(frame, plan, engine, phase, _upstream(phase, outputs))
            if data is None:
                return Outcome("failed", reason)
        else:
            frame.context.note(f"{phase} is in this journal already")
            data = earlier
        outputs[phase] = data
        if phase in plan.stop_after:
            frame.journal.append("gate", phase=phase)
            return Outcome("gated", f"{phase} waits for approval.")
    return Outcome("succeeded", f"{', '.join(plan.phases)} done.")


def _upstream(phase: str, outputs: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    before = PLANNING_PHASES[: PLANNING_PHASES.index(phase)]
    return {name: outputs[name] for name in before if name in outputs}


def _attempts(
    frame: Frame, plan: Plan, engine: Engine, phase: str, upstream: dict[str, dict[str, Any]]
) -> tuple[dict[str, Any] | None, str]:
    """The first output that passes, or None and the reason of the last failure."""
    used = max(plan.attempts_used.get(phase, 0), _attempts_before(frame, phase))
    reason = f"{phase} has no attempt left: {used} of {plan.max_attempts} are used."
    feedback = ""
    for attempt in range(used + 1, plan.max_attempts + 1):
        frame.context.doing = f"working on {phase}"
        frame.journal.append("phase_start", phase=phase, attempt=attempt)
        began = time.monotonic()
        try:
            draft = _draft(frame, plan, engine, phase, upstream, feedback)
        except (StopRequested, Stopping, JournalError):
            raise
        except Exception as error:
            feedback = f"{type(error).__name__}: {error}"
            frame.journal.error(f"{phase}, attempt {attempt}: {feedback}", traceback.format_exc())
        else:
            feedback = _fault(phase, draft, upstream)
            _hand_out(frame, engine, phase, attempt, draft, round((time.monotonic() - began) * 1000))
            if not feedback:
                return draft.data, ""
        frame.journal.append("phase_failed", phase=phase, attempt=attempt, message=clip(feedback, _MAX_MESSAGE))
        reason = f"{phase} did not pass in {plan.max_attempts} attempts. {clip(feedback, _MAX_MESSAGE)}"
    return None, reason


def _draft(
    frame: Frame, plan: Plan, engine: Engine, phase: str, upstream: dict[str, dict[str, Any]], feedback: str
) -> PhaseDraft:
    """Ask the engine, from the beginning after every interruption by a person."""
    previous = plan.previous.get(phase)
    while True:
        try:
            return engine.plan(
                phase,
                frame.context,
                upstream,
                previous["data"] if previous else None,
                plan.feedback.get(phase, []),
                feedback,
            )
        except Interrupted:
            continue


def _fault(phase: str, draft: PhaseDraft, upstream: dict[str, dict[str, Any]]) -> str:
    """What the evaluator wants changed, "" when the output passes. The server judges again by itself."""
    evaluation = evaluate(phase, draft.data, upstream)
    return "" if evaluation.passed else evaluation.feedback() or f"The score {evaluation.score:.2f} is too low."


def _hand_out(frame: Frame, engine: Engine, phase: str, attempt: int, draft: PhaseDraft, duration_ms: int) -> None:
    """Journal the output, passed or not: an attempt counts by what the server reads."""
    content = canonical(draft.data)
    fields: dict[str, Any] = {"phase": phase, "attempt": attempt, "duration_ms": duration_ms}
    if len(content) > MAX_INLINE:
        name = f"out/{phase.lower()}-{attempt}.json"
        (frame.sandbox.root / name).write_bytes(content)
        fields.update(data_file=name, sha256=hashlib.sha256(content).hexdigest())
    else:
        fields["data"] = draft.data
    provenance = {
        "engine": engine.name,
        "engine_version": engine.version,
        "prompt_version": engine.prompt_version,
        "model": engine.model,
        "commit": frame.job.branch_tip,
    }
    frame.journal.append("phase_output", **fields, facts=list(draft.facts), provenance=provenance)


def _attempts_before(frame: Frame, phase: str) -> int:
    """The last attempt of this phase that an earlier process of this sandbox finished."""
    ended = ("phase_output", "phase_failed")
    found = [r["attempt"] for r in frame.journal.history if r["type"] in ended and r.get("phase") == phase]
    return max(found, default=0)


def _accepted_before(frame: Frame, phase: str, outputs: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The passing output of this phase that an earlier process wrote, if it stands in the line itself."""
    for record in reversed(frame.journal.history):
        if record["type"] == "phase_output" and record.get("phase") == phase and "data" in record:
            draft = PhaseDraft(data=record["data"])
            return None if _fault(phase, draft, _upstream(phase, outputs)) else draft.data
    return None
