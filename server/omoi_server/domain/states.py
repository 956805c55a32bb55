"""The words for states, and which of them end something.

Strings rather than numbers, so that a row in the database and a line in a log read alike. The contract's enum values are
these with their prefix (SPEC_STATUS_, TASK_STATUS_ …).
"""

from __future__ import annotations

from enum import StrEnum


class SpecKind(StrEnum):
    """FULL plans first; QUICK is one task without planning phases."""

    FULL = "FULL"
    QUICK = "QUICK"


class SpecStatus(StrEnum):
    """Where a spec stands (design section 3)."""

    DRAFT = "DRAFT"
    EXECUTING = "EXECUTING"
    AWAITING_REVIEW = "AWAITING_REVIEW"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class TaskStatus(StrEnum):
    """Where a task stands. DRAFT: made without auto_execute, StartTickets queues it."""

    DRAFT = "DRAFT"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    BLOCKED = "BLOCKED"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"


class TicketPhase(StrEnum):
    """A column of the board."""

    INITIAL = "INITIAL"
    IMPLEMENTATION = "IMPLEMENTATION"
    INTEGRATION = "INTEGRATION"
    REFACTORING = "REFACTORING"


class JobKind(StrEnum):
    """PLAN and TASK run in a sandbox; SYNC is the server's own step."""

    PLAN = "PLAN"
    TASK = "TASK"
    SYNC = "SYNC"


class JobStatus(StrEnum):
    """QUEUED → CLAIMED (lease taken) → RUNNING (first journal line) → one of the ends."""

    QUEUED = "QUEUED"
    CLAIMED = "CLAIMED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class SandboxState(StrEnum):
    """CREATING is committed before anything is made; STOPPING until the thing is known to be gone; REMOVED after."""

    CREATING = "CREATING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    REMOVED = "REMOVED"


class IntentStatus(StrEnum):
    """A push: OPEN from the recorded intent on, RECORDED with its result, ABANDONED when it must not happen."""

    OPEN = "OPEN"
    RECORDED = "RECORDED"
    ABANDONED = "ABANDONED"


class Decision(StrEnum):
    """A person's decision on one version of a phase output."""

    APPROVE = "APPROVE"
    REQUEST_CHANGES = "REQUEST_CHANGES"
    REJECT = "REJECT"


class Outcome(StrEnum):
    """The end of a spec's tasks, as one word."""

    UNSPECIFIED = "UNSPECIFIED"
    OPEN = "OPEN"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


PRIORITIES = {"CRITICAL": 1, "HIGH": 2, "MEDIUM": 3, "LOW": 4}
"""Lower is claimed first."""

OPEN_JOBS = (JobStatus.QUEUED, JobStatus.CLAIMED, JobStatus.RUNNING)
HELD_JOBS = (JobStatus.CLAIMED, JobStatus.RUNNING)
OPEN_TASKS = (TaskStatus.DRAFT, TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.BLOCKED)
"""What CancelSpec cancels."""
OPEN_SANDBOXES = (SandboxState.CREATING, SandboxState.RUNNING, SandboxState.STOPPING)


class Delivery(StrEnum):
    """How a person's words reach an agent."""

    QUEUED = "QUEUED"
    INTERRUPT = "INTERRUPT"
    COMMENT = "COMMENT"


class CommentState(StrEnum):
    """Where they are: with nobody yet, in a worker's inbox, read by a worker or part of what an attempt was started with."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    TAKEN = "TAKEN"
