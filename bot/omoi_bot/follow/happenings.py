"""A SpecEvent as the story reads it, and the run of events that connects to a cursor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

PHASE_PREFIX = "SPEC_PHASE_"
PHASES = ("", "EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC", "COMPLETE")
"""SpecPhase by its number in common.proto; 0 is no phase."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. `at` is naive UTC. Fields that its kind does not have are empty. All texts are untrusted."""

    sequence: int
    type: str
    at: datetime
    source: str = ""
    message: str = ""
    phase: str = ""
    version: int = 0
    digest: str = ""
    score: float = 0.0
    duration_ms: int = 0
    facts: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    decided_by: str = ""
    comment: str = ""
    task_id: str = ""
    key: str = ""
    title: str = ""
    reason: str = ""
    code: str = ""
    commit: str = ""
    done: str = ""
    left: str = ""

    @property
    def person(self) -> str:
        """User id of who caused it, or empty."""
        return self.source.removeprefix("user:") if self.source.startswith("user:") else ""


def read(event: Any) -> Happening:
    """The event of the contract (event.proto) in the words of this room."""
    progress, review, task, spec = event.phase_progress, event.review, event.task, event.spec
    return Happening(
        sequence=event.sequence,
        type=event.type,
        at=event.occurred_at.ToDatetime(),
        source=event.source,
        message=event.message,
        phase=PHASES[event.phase] if 0 <= event.phase < len(PHASES) else "",
        version=progress.version or review.version,
        digest=progress.digest or review.digest,
        score=progress.score,
        duration_ms=progress.duration_ms,
        facts=tuple(progress.facts),
        changes=tuple(progress.changes),
        decided_by=review.decided_by,
        comment=review.comment,
        task_id=task.task_id,
        key=task.key,
        title=task.title,
        reason=task.reason or spec.reason,
        code=task.code,
        commit=task.commit,
        done=spec.done,
        left=spec.left,
    )


def connected(cursor: int, happenings: Iterable[Happening], last: int | None = None) -> tuple[Happening, ...]:
    """What is new after `cursor` and connects to it, in order, each once; up to `last` when that is given.

    Deliveries may repeat and overtake each other; what lies behind a gap is left for the next time.
    """
    known = {happening.sequence: happening for happening in happenings}
    run = []
    sequence = cursor + 1
    while sequence in known and (last is None or sequence <= last):
        run.append(known[sequence])
        sequence += 1
    return tuple(run)
