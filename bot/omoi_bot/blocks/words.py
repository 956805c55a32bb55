"""How states, phases and people are called on the screen."""

from __future__ import annotations

import re
from enum import StrEnum

from omoi_bot.blocks.model import GateView, PhaseView, SpecView, Who
from omoi_bot.blocks.text import code, escape, plain

PHASE = {
    "EXPLORE": "Explore",
    "REQUIREMENTS": "Requirements",
    "DESIGN": "Design",
    "TASKS": "Tasks",
    "SYNC": "Sync",
    "COMPLETE": "Complete",
}
"""A phase as a step."""

DOCUMENT = {"EXPLORE": "Findings", "REQUIREMENTS": "Requirements", "DESIGN": "Design", "TASKS": "Plan"}
"""A phase as what it produced; TASKS is the plan that gets approved."""

_TASKS = re.compile(r"\b(\d{1,4}) tasks?\b")


class State(StrEnum):
    """What a person can do next depends on this."""

    DRAFT = "draft"
    QUEUED = "queued"
    STARTING = "starting"
    PLANNING = "planning"
    REVIEW = "review"
    BUILDING = "building"
    PAUSED = "paused"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"
    READY = "ready"
    PUBLISHED = "published"


STATE = {
    State.DRAFT: "draft",
    State.QUEUED: "queued",
    State.STARTING: "starting",
    State.PLANNING: "planning",
    State.REVIEW: "waiting for review",
    State.BUILDING: "building",
    State.PAUSED: "paused",
    State.FAILED: "failed",
    State.INCOMPLETE: "not finished",
    State.CANCELLED: "stopped",
    State.READY: "ready",
    State.PUBLISHED: "pull request made",
}
"""A state in a list."""

_BY_STATUS = {
    "DRAFT": State.DRAFT,
    "AWAITING_REVIEW": State.REVIEW,
    "PAUSED": State.PAUSED,
    "FAILED": State.FAILED,
    "CANCELLED": State.CANCELLED,
}


def state_of(view: SpecView) -> State:
    """One state for status, outcome, queue, tasks and pull request together."""
    if view.pull_request is not None and not view.counts.running:
        return State.PUBLISHED
    if view.status in _BY_STATUS:
        return _BY_STATUS[view.status]
    if view.status == "EXECUTING":
        return _planning(view)
    return _building(view)


def _planning(view: SpecView) -> State:
    if view.gate is not None:
        return State.REVIEW
    begun = any(one.state != "pending" for one in view.phases) or view.open_command or view.last_work
    if view.queue_position > 0 and not any(one.state == "running" for one in view.phases):
        return State.QUEUED
    return State.PLANNING if begun else State.STARTING


def _building(view: SpecView) -> State:
    counts = view.counts
    if view.outcome == "SUCCEEDED" or (counts.total and counts.succeeded == counts.total):
        return State.READY
    if view.outcome == "CANCELLED":
        return State.CANCELLED
    if counts.running:
        return State.BUILDING
    if counts.paused and not counts.queued:
        return State.PAUSED
    if view.outcome == "FAILED" or (counts.failed and not counts.queued):
        return State.INCOMPLETE
    return State.QUEUED if view.queue_position > 0 and not counts.succeeded else State.BUILDING


def phase_word(name: str) -> str:
    """A phase as a step; an unknown name as it is, escaped."""
    return PHASE.get(name) or escape(name.capitalize(), 40)


def document(name: str, version: int = 0) -> str:
    """What a phase produced: "Plan v1"."""
    word = DOCUMENT.get(name) or escape(name.capitalize(), 40)
    return f"{word} v{version}" if version else word


def view_label(name: str) -> str:
    """The button that opens a document."""
    return f"View {DOCUMENT.get(name, name).lower()}" if name != "TASKS" else "View plan"


def title(view: SpecView, limit: int = 300) -> str:
    """The escaped title, or what stands for it."""
    return escape(view.title, limit) or escape(view.description, limit) or "(no title)"


def short(view: SpecView) -> str:
    """`spec-7f3a`, escaped."""
    return escape(view.short_id or view.spec_id[: len("spec-") + 4], 20)


def where(view: SpecView) -> str:
    """Project in bold, or "the project" when it has no name."""
    name = escape(view.project_name, 80)
    return f"*{name}*" if name else "the project"


def who(person: Who | None, otherwise: str = "somebody") -> str:
    """A mention, or the escaped name with an at sign."""
    if person is None:
        return otherwise
    name = escape(person.name.lstrip("@"), 80)
    return person.mention or (f"@{name}" if name else otherwise)


def people(found: tuple[Who, ...], most: int = 3) -> str:
    """ "@mara, @jon and 2 more"."""
    names = [who(one) for one in found[:most]]
    if more := len(found) - len(names):
        return f"{', '.join(names)} and {more} more"
    return " or ".join(names)


def facts(found: tuple[str, ...], most: int = 4) -> str:
    """Short figures in a row."""
    return " · ".join(filter(None, (escape(one, 120) for one in found[:most])))


def tasks_of(gate: GateView) -> int:
    """How many tasks approving starts; 0 when it is not known or the gate is not the plan's."""
    if gate.phase != "TASKS":
        return 0
    found = next((match for one in gate.facts if (match := _TASKS.search(plain(one, 200)))), None)
    return gate.tasks or (int(found.group(1)) if found else 0)


def failing_phase(view: SpecView) -> PhaseView | None:
    """The planning phase that failed, if one did."""
    return next((one for one in view.phases if one.state == "failed"), None)


def unfinished(view: SpecView) -> list[str]:
    """Keys of tasks that have not succeeded, in order."""
    return [one.key or one.task_id for one in view.tasks if one.status != "SUCCEEDED"]


def task_word(key: str) -> str:
    """A task's key, escaped."""
    return escape(key, 40)


def branch(view: SpecView) -> str:
    """The branch in backticks, or empty."""
    return code(view.branch, 120)
