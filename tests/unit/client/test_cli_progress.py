"""Events folded into the picture that a person sees, and how a spec's end reads."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.struct_pb2 import Struct
from rich.console import Console

from omoi.v1 import common_pb2, event_pb2, ticket_pb2
from omoi_client.cli.display import Picture
from omoi_client.cli.ending import trace
from omoi_client.cli.progress import Progress

BEGIN = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
EXPLORE, REQUIREMENTS, DESIGN = 1, 2, 3


class Log:
    """Writes a spec's events, one second apart."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.number = 0

    def add(self, kind: str, phase: int = 0, message: str = "", **payload: Any) -> None:
        self.number += 1
        word = common_pb2.SpecPhase.Name(phase)
        event = event_pb2.SpecEvent(sequence=self.number, type=kind, phase=word, message=message, **payload)
        event.occurred_at.FromDatetime(BEGIN + timedelta(seconds=self.number))
        self.progress.take(event)

    def phase(self, phase: int, version: int = 1, **more: Any) -> None:
        self.add("spec.phase_started", phase)
        detail = event_pb2.PhaseProgress(attempt=1, version=version, score=0.9, digest="d", **more)
        self.add("spec.phase_completed", phase, phase_progress=detail)

    def task(self, what: str, number: int, status: str) -> None:
        change = event_pb2.TaskChange(task_id=f"tsk-{number}", key=f"TSK-00{number}", status=f"TASK_STATUS_{status}")
        self.add(f"task.{what}", task=change)

    def drawn(self, width: int = 100, **state: Any) -> list[str]:
        picture = Picture("spec-7f3a", "Lock an account", self.progress, BEGIN + timedelta(seconds=self.number + 5))
        for name, value in state.items():
            setattr(picture, name, value)
        console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
        console.print(picture)
        assert isinstance(console.file, io.StringIO)
        return [line.rstrip() for line in console.file.getvalue().splitlines()]

    def line(self, word: str, **state: Any) -> str:
        return next(" ".join(line.split()) for line in self.drawn(**state) if word in line)


def test_a_plan_as_it_goes() -> None:
    log = Log()
    log.add("spec.execution_started", spec=event_pb2.SpecChange(status="SPEC_STATUS_EXECUTING"))
    log.phase(EXPLORE, facts=["34 files", "Python"], duration_ms=400)
    log.add("spec.phase_started", REQUIREMENTS)
    log.add("command.started", command=event_pb2.Command(id=1, text="reading shop/auth.py"))
    assert log.line("Explore") == "✓ Explore 34 files, Python score 0.90 0.4 s"
    assert log.line("Requirements") == "● Requirements 0:06"
    assert log.line("Design") == "○ Design"
    assert log.line("reading") == "reading shop/auth.py (0:05)"
    log.add("command.finished", command=event_pb2.Command(id=1))
    assert log.line("free slot", waiting="a free slot (limit 5)") == "waits for a free slot (limit 5)"
    retry = event_pb2.PhaseProgress(attempt=2, findings=["REQ-001 has no criterion"])
    log.add("spec.phase_retry", REQUIREMENTS, phase_progress=retry)
    assert "attempt 2 of 3 · again: REQ-001 has no criterion" in log.line("Requirements")


def test_a_gate_and_a_new_version() -> None:
    log = Log()
    log.phase(EXPLORE)
    log.phase(REQUIREMENTS, facts=["3 requirements"])
    log.add("review.requested", REQUIREMENTS, review=event_pb2.Review(version=1))
    assert "◆ Requirements 3 requirements · waits for approval" in log.line("Requirements")
    log.add("review.changes_requested", REQUIREMENTS, review=event_pb2.Review(version=1))
    assert log.line("Requirements") == "○ Requirements changes requested"
    log.phase(REQUIREMENTS, version=2, facts=["3 requirements"])
    log.add("review.approved", REQUIREMENTS, review=event_pb2.Review(version=2))
    assert "✓ Requirements 3 requirements · v2 · approved" in log.line("Requirements")
    assert log.line("Explore").startswith("✓")


def test_kept_phases_and_a_failure() -> None:
    log = Log()
    log.add("spec.execution_started", spec=event_pb2.SpecChange(reused=["SPEC_PHASE_EXPLORE"]))
    log.add("spec.phase_started", DESIGN)
    log.add("spec.phase_failed", DESIGN, "Below the threshold three times.")
    assert log.line("Explore") == "✓ Explore kept"
    assert log.line("Design") == "✗ Design Below the threshold three times."


def test_tasks_are_counted() -> None:
    log = Log()
    log.add("spec.tasks_queued", spec=event_pb2.SpecChange(tasks=3))
    for number in (1, 2, 3):
        log.task("queued", number, "QUEUED")
    assert log.line("Building") == "● Building 0 of 3 done"
    log.task("started", 1, "RUNNING")
    assert log.line("Building") == "● Building 0 of 3 done · running TSK-001 (0:05)"
    log.task("succeeded", 1, "SUCCEEDED")
    log.task("failed", 2, "FAILED")
    log.task("blocked", 3, "BLOCKED")
    assert log.line("Building") == "✗ Building 1 of 3 done · 1 failed · 1 blocked"
    for number in (2, 3):
        log.task("succeeded", number, "SUCCEEDED")
    assert log.line("Build") == "✓ Build 3 of 3 done"


def test_a_quick_task_shows_no_phases() -> None:
    log = Log()
    log.task("queued", 1, "QUEUED")
    assert not any("Explore" in line for line in log.drawn())


def test_silence_is_said() -> None:
    log = Log()
    log.add("spec.phase_started", EXPLORE)
    assert "No sign of work since" in log.line("No sign", heartbeat=BEGIN - timedelta(seconds=90))
    assert log.line("lost", connection="connection lost") == "connection lost"


def test_it_fits_narrow_and_hostile() -> None:
    log = Log()
    log.phase(EXPLORE, facts=["\x1b[31m[red]思い" * 30])
    log.add("command.started", command=event_pb2.Command(text="x" * 400))
    log.task("started", 1, "RUNNING")
    for width in (40, 60, 80, 200):
        lines = log.drawn(width)
        assert len(lines) == 8 and all(len(line) <= width for line in lines)
        assert not any("\x1b" in line for line in lines)


def test_trace() -> None:
    data = Struct()
    data.update({"requirements": [{"id": "REQ-001", "criteria": [{}]}, {"id": "REQ-002", "criteria": [{}, {}]}]})
    tasks = [
        ticket_pb2.Task(key="TSK-001", requirements=["REQ-001.1"], commit="a" * 40),
        ticket_pb2.Task(key="TSK-002", requirements=["REQ-001"]),
    ]
    assert trace(data, tasks) == [
        ("REQ-001", "→ 1 criterion → TSK-001, TSK-002 → aaaaaaa"),
        ("REQ-002", "→ 2 criteria → no task → no commit yet"),
    ]
    assert trace(Struct(), tasks) == []
