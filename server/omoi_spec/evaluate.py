"""Is a phase's output good enough to go on?

An output passes with a score of at least THRESHOLD and without a hard finding. The threshold and the
idea of weighted criteria come from the seed system (0.7 for every phase); there a cycle among tasks
cost 0.15 and still passed. Here what makes an output unusable fails it whatever its score, and the
weights only grade what is usable. The weights are ours; where one was taken over, its evaluator says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable

from omoi_spec import phases, schemas
from omoi_spec.evaluate_design import judge_design
from omoi_spec.evaluate_explore import judge_explore
from omoi_spec.evaluate_requirements import judge_requirements
from omoi_spec.evaluate_tasks import judge_tasks
from omoi_spec.findings import Finding
from omoi_spec.marks import Marks

THRESHOLD = 0.7
MOST_FEEDBACK = 30
"""Lines of feedback at most; more would drown the first ones."""

Judge = Callable[[Mapping[str, Any], Mapping[str, Any]], Marks]

_JUDGES: Mapping[str, Judge] = {
    phases.EXPLORE: judge_explore,
    phases.REQUIREMENTS: judge_requirements,
    phases.DESIGN: judge_design,
    phases.TASKS: judge_tasks,
}


@dataclass(frozen=True)
class Evaluation:
    """The judgement of one output.

    score     0.0 to 1.0, the weighted sum of the criteria; 0.0 when the shape is wrong
    passed    score >= THRESHOLD and no hard finding
    criteria  (name, weight, score 0.0 to 1.0); the weights of a phase add up to 1
    findings  hard ones first
    """

    phase: str
    score: float
    passed: bool
    criteria: list[tuple[str, float, float]]
    findings: list[Finding]

    def feedback(self) -> str:
        """Return what the next attempt is told: hard faults, then weaknesses, then low criteria.

        One line each, at most MOST_FEEDBACK; "" when there is nothing to say.
        """
        lines = [f"Must be mended: {found.line()}" for found in self.findings if found.hard]
        lines += [f"Could be better: {found.line()}" for found in self.findings if not found.hard]
        if len(lines) > MOST_FEEDBACK:
            lines = [*lines[:MOST_FEEDBACK], f"… and {len(lines) - MOST_FEEDBACK} more."]
        low = [f"{name} {score:.2f}" for name, _, score in self.criteria if score < THRESHOLD]
        if low:
            lines.append(f"Low criteria (of 1.00): {', '.join(low)}. Score {self.score:.2f}, needed {THRESHOLD}.")
        return "\n".join(lines)


def evaluate(phase: str, data: object, upstream: Mapping[str, Any]) -> Evaluation:
    """Judge the output of a planning phase.

    `upstream` holds the valid outputs of earlier phases by name ({"REQUIREMENTS": {…}, …}). Requirements
    are needed to judge DESIGN and TASKS; without them the judgement is a hard finding. Total on any
    JSON in `data`; an upstream output that is not valid counts as missing.
    """
    faults = schemas.validate(phase, data)
    if faults or not isinstance(data, Mapping):
        return Evaluation(phase, 0.0, False, [], faults)
    sound = {
        name: output for name, output in upstream.items() if name in _JUDGES and not schemas.validate(name, output)
    }
    marks = _JUDGES[phase](data, sound)
    findings = sorted(marks.findings, key=lambda found: not found.hard)
    score = round(sum(weight * value for _, weight, value in marks.criteria), 4)
    passed = score >= THRESHOLD and not any(found.hard for found in findings)
    return Evaluation(phase, score, passed, marks.criteria, findings)
