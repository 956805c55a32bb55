"""A spec's events folded into what a person wants to see: pure, so that any log can be replayed into the same picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from omoi.v1.event_pb2 import SpecEvent
from omoi_client.names import phase_word

SHOWN_PHASES = ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC")

OPEN, RUNNING, DONE, GATE, FAILED, STOPPED = "open", "running", "done", "gate", "failed", "stopped"


@dataclass
class PhaseLine:
    """One planning phase. Times are aware UTC; `seconds` is what the server measured, else None."""

    name: str
    state: str = OPEN
    version: int = 0
    attempt: int = 0
    score: float | None = None
    facts: tuple[str, ...] = ()
    started: datetime | None = None
    seconds: float | None = None
    remark: str = ""


@dataclass
class TaskLine:
    """One task: key or short id, status without prefix, since when it runs."""

    key: str
    status: str
    started: datetime | None = None


@dataclass
class Progress:
    """Everything that the live display shows. Feed every event from 1 on, once, in order."""

    phases: dict[str, PhaseLine] = field(default_factory=lambda: {name: PhaseLine(name) for name in SHOWN_PHASES})
    tasks: dict[str, TaskLine] = field(default_factory=dict)
    planned: bool = False
    begun: datetime | None = None
    last: datetime | None = None
    last_sequence: int = 0
    command: str = ""
    command_since: datetime | None = None
    note: str = ""
    status: str = ""

    def take(self, event: SpecEvent) -> None:
        """Fold in one event. Unknown types only move the clock."""
        at = event.occurred_at.ToDatetime(tzinfo=UTC)
        self.begun = self.begun or at
        self.last, self.last_sequence = at, event.sequence
        family, _, what = event.type.partition(".")
        if family == "spec":
            self._spec(event, what, at)
        elif family == "review":
            self._review(event, what)
        elif family == "task":
            self._task(event, what, at)
        elif family == "command":
            started = what == "started"
            self.command, self.command_since = (event.command.text, at) if started else ("", None)

    def counts(self) -> dict[str, int]:
        """Tasks by status."""
        found: dict[str, int] = {}
        for task in self.tasks.values():
            found[task.status] = found.get(task.status, 0) + 1
        return found

    def running_tasks(self) -> list[TaskLine]:
        """Those in a sandbox now, in the order of their keys."""
        return sorted((one for one in self.tasks.values() if one.status == "RUNNING"), key=lambda one: one.key)

    def _spec(self, event: SpecEvent, what: str, at: datetime) -> None:
        if event.HasField("spec") and event.spec.status:
            self.status = event.spec.status.removeprefix("SPEC_STATUS_")
        phase = self.phases.get(phase_word(event.phase))
        if what.startswith("phase_") and phase is not None:
            self.planned = True
            self._phase(phase, event, what, at)
        elif what == "execution_started":
            for value in event.spec.reused:
                if (kept := self.phases.get(phase_word(value))) is not None:
                    kept.state, kept.remark = DONE, "kept"
        elif what == "tasks_queued":
            self.planned = True
            sync = self.phases["SYNC"]
            sync.state = DONE
            sync.facts = sync.facts or (f"{event.spec.tasks} tasks queued" if event.spec.tasks else event.message,)
        elif what == "note":
            self.note = event.message
        elif what in ("cancelled", "execution_failed"):
            self._stop()

    def _phase(self, phase: PhaseLine, event: SpecEvent, what: str, at: datetime) -> None:
        detail = event.phase_progress
        phase.attempt = detail.attempt or phase.attempt
        if what == "phase_started":
            phase.state, phase.started, phase.seconds, phase.remark = RUNNING, at, None, ""
            self.note = ""
        elif what == "phase_retry":
            phase.remark = "again: " + (detail.findings[0] if detail.findings else event.message)
        elif what == "phase_completed":
            phase.state, phase.remark = DONE, ""
            phase.version = detail.version or phase.version
            phase.facts = tuple(detail.facts)
            # SYNC is not scored; it stores no output and so carries no digest.
            phase.score = detail.score if detail.digest else None
            since = (at - phase.started).total_seconds() if phase.started else None
            phase.seconds = detail.duration_ms / 1000 if detail.duration_ms else since
        elif what == "phase_failed":
            phase.state, phase.remark = FAILED, event.message
            self._stop()

    def _review(self, event: SpecEvent, what: str) -> None:
        phase = self.phases.get(phase_word(event.phase))
        if phase is None:
            return
        phase.version = event.review.version or phase.version
        if what == "requested":
            phase.state = GATE
        elif what == "approved":
            phase.state, phase.remark = DONE, "approved"
        elif what == "changes_requested":
            behind = SHOWN_PHASES[SHOWN_PHASES.index(phase.name) :]
            for name in behind:
                self.phases[name] = PhaseLine(name, version=self.phases[name].version)
            self.phases[phase.name].remark = "changes requested"
        elif what == "rejected":
            phase.state, phase.remark = FAILED, "rejected"

    def _task(self, event: SpecEvent, what: str, at: datetime) -> None:
        change = event.task
        if not change.task_id:
            return
        key = change.key or change.task_id[: len("tsk-") + 4]
        task = self.tasks.setdefault(change.task_id, TaskLine(key, "QUEUED"))
        task.status = change.status.removeprefix("TASK_STATUS_") or task.status
        if what == "started":
            task.started = at
        elif what == "note":
            self.note = event.message
        if task.status != "RUNNING":
            task.started = None

    def _stop(self) -> None:
        self.command, self.command_since, self.note = "", None, ""
        for phase in self.phases.values():
            if phase.state in (RUNNING, GATE):
                phase.state = STOPPED


def event_line(event: SpecEvent) -> str:
    """One event for a pipe: sequence, time, type, subject ("-" for none), message. Single spaces; the message is last."""
    at = event.occurred_at.ToDatetime(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    subject = phase_word(event.phase) or (event.task.key if event.HasField("task") else "") or "-"
    return f"{event.sequence} {at} {event.type} {subject} {event.message}"
