"""What a spec came to, as an exit code and as lines that say what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct

from omoi.v1.spec_pb2 import Spec
from omoi.v1.ticket_pb2 import Task
from omoi_client.cli.failures import Exit, program
from omoi_client.names import outcome_word, phase_word, status_word

Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Ending:
    """Exit code and labelled lines."""

    code: Exit
    rows: Rows


def ending(spec: Spec, name: str) -> Ending:
    """The end of `spec`, which commands call `name`. A spec that still runs is DONE: nothing went wrong."""
    omoi = program()
    status = status_word(spec.status)
    if status == "AWAITING_REVIEW":
        phase = phase_word(spec.current_phase).lower()
        rows = [
            ("waits", f"for {spec.waiting_for or f'approval of {phase}'}"),
            ("see", f"{omoi} output {name} {phase}"),
            ("decide", f'{omoi} approve {name} · {omoi} request-changes {name} "…" · {omoi} reject {name}'),
        ]
        return Ending(Exit.WAITING, rows)
    if status in ("PAUSED", "DRAFT"):
        reason = spec.waiting_for or spec.reason or ("it was not started" if status == "DRAFT" else "")
        return Ending(Exit.WAITING, [(status.lower(), reason), ("go on", f"{omoi} execute {name}")])
    if status in ("FAILED", "CANCELLED"):
        rows = [(status.lower(), spec.reason or "no reason was given"), ("look", f"{omoi} logs {name}")]
        return Ending(Exit.FAILED, [*rows, ("go on", f"{omoi} execute {name}")])
    return _tasks_ended(spec, name) if status == "COMPLETED" else Ending(Exit.DONE, [])


def _tasks_ended(spec: Spec, name: str) -> Ending:
    omoi, counts = program(), spec.execution_status
    outcome = outcome_word(counts.outcome)
    if outcome in ("FAILED", "CANCELLED"):
        said = _counted(spec)
        rows = [(outcome.lower(), said), ("look", f"{omoi} task list {name}")]
        return Ending(Exit.FAILED, [*rows, ("go on", f"{omoi} task retry {name}/TSK-…")])
    if outcome == "OPEN" and spec.settled:
        rows = [("waits", spec.waiting_for or _counted(spec)), ("look", f"{omoi} task list {name}")]
        return Ending(Exit.WAITING, rows)
    work = spec.branch_name or "no branch yet"
    rows = [("done", f"{work} · {counts.succeeded} of {counts.total} tasks")]
    if spec.pull_request_url:
        return Ending(Exit.DONE, [*rows, ("review", spec.pull_request_url)])
    return Ending(Exit.DONE, [*rows, ("next", f"{omoi} show {name} · {omoi} pr {name}")])


def _counted(spec: Spec) -> str:
    counts = spec.execution_status
    named = (
        ("succeeded", counts.succeeded),
        ("failed", counts.failed),
        ("blocked", counts.blocked),
        ("paused", counts.paused),
        ("cancelled", counts.cancelled),
        ("running", counts.running),
        ("queued", counts.queued),
    )
    return f"{counts.total} tasks: " + ", ".join(f"{count} {word}" for word, count in named if count)


def trace(requirements: Struct, tasks: Sequence[Task]) -> Rows:
    """Requirement → criteria → tasks → commits, one row per requirement of a REQUIREMENTS output's data."""
    rows: Rows = []
    listed: list[dict[str, Any]] = MessageToDict(requirements).get("requirements", [])
    for requirement in listed:
        key = str(requirement.get("id", ""))
        criteria = len(requirement.get("criteria", []))
        serving = [one for one in tasks if any(ref.split(".")[0] == key for ref in one.requirements)]
        keys = ", ".join(one.key for one in serving) or "no task"
        commits = ", ".join(one.commit[:7] for one in serving if one.commit) or "no commit yet"
        noun = "criterion" if criteria == 1 else "criteria"
        rows.append((key, f"→ {criteria} {noun} → {keys} → {commits}"))
    return rows
