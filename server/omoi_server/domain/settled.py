"""When a spec is settled: nothing more will happen to it by itself.

A watcher that asked for it may end then. The store computes the column `specs.settled` from this one rule, in the
transaction that changes what the rule looks at.
"""

from __future__ import annotations

from dataclasses import dataclass

from omoi_server.domain.states import SpecStatus, TaskStatus

RESTING = frozenset(
    {SpecStatus.DRAFT, SpecStatus.AWAITING_REVIEW, SpecStatus.PAUSED, SpecStatus.FAILED, SpecStatus.CANCELLED}
)
"""A spec in one of these moves only when a person asks for it."""

STARTING_TASKS = (TaskStatus.QUEUED, TaskStatus.RUNNING)
"""Tasks that the dispatcher runs or will run without being asked again."""


@dataclass(frozen=True)
class Activity:
    """What is under way for one spec.

    `open_job`: a job is QUEUED, CLAIMED or RUNNING. `open_intent`: a push was announced and not yet recorded.
    `open_sandbox`: a sandbox is being made, runs or is being stopped. `open_task`: an active task is QUEUED or RUNNING.
    """

    status: str
    open_job: bool
    open_intent: bool
    open_sandbox: bool
    open_task: bool


def is_settled(activity: Activity) -> bool:
    """True when no machinery is under way and the status is one that only a person changes."""
    if activity.open_job or activity.open_intent or activity.open_sandbox:
        return False
    if activity.status == SpecStatus.COMPLETED:
        return not activity.open_task
    return activity.status in RESTING
