"""Three classes of urgency: what a person must see or must not click, what moved on, what is only progress."""

from __future__ import annotations

from collections.abc import Iterable

NOW, CHANGE, PROGRESS = 0, 1, 2

_NOW = frozenset(
    {
        "review.requested",
        "review.approved",
        "review.changes_requested",
        "review.rejected",
        "spec.execution_started",
        "spec.execution_failed",
        "spec.paused",
        "spec.cancelled",
        "task.failed",
        "task.paused",
        "pull_request.created",
    }
)
"""They open or close buttons, or end something."""

_CHANGE = frozenset(
    {
        "spec.created",
        "spec.updated",
        "spec.phase_started",
        "spec.phase_completed",
        "spec.tasks_queued",
        "spec.execution_completed",
        "spec.branch_created",
    }
)
"""They move the rail. Tasks do not: with hundreds of specs their steps would fill the budget of the phases."""


def of(event_type: str) -> int:
    """The class of one event; a name that is not known is something to show, in time."""
    if event_type in _NOW:
        return NOW
    return CHANGE if event_type in _CHANGE else PROGRESS


def of_all(event_types: Iterable[str]) -> int:
    """The most urgent of them; PROGRESS for none."""
    return min((of(name) for name in event_types), default=PROGRESS)
