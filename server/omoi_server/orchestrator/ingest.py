"""What journal lines do to the rows: the plain ones here, phase outputs in planning_results, results in task_results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omoi_server.domain.events import EventDraft, by_worker
from omoi_server.domain.planning import remaining_phases
from omoi_server.domain.states import JobKind, JobStatus, SandboxState
from omoi_server.orchestrator import mail
from omoi_server.orchestrator.execute import facts_of
from omoi_server.orchestrator.journal import JournalCorrupt, Line, told
from omoi_server.orchestrator.words import clean
from omoi_server.store import jobs, outputs, sandboxes, specs
from omoi_server.store.transaction import Transaction

SHOWN = 500
"""Characters of a note or command that go into an event; the transcript has more."""


@dataclass(frozen=True)
class Place:
    """Which attempt the lines belong to, and the journal position they follow."""

    job_id: str
    fence: int
    spec_id: str
    task_id: str
    sandbox_id: str
    kind: str
    line: int
    byte: int


async def begin(tx: Transaction, place: Place, lines: Sequence[Line]) -> Any:
    """Lock the spec, check the fence, move the position behind the lines and keep them for the transcript.

    Returns the job's row. Raises StaleFence when the attempt no longer counts or somebody else read on.
    """
    await specs.locked(tx, place.spec_id)
    job = await jobs.held(tx, place.job_id, place.fence)
    await keep(tx, place, lines)
    await sandboxes.update_sandbox(tx, place.sandbox_id, last_heartbeat=tx.now)
    return job


async def keep(tx: Transaction, place: Place, lines: Sequence[Line]) -> None:
    """Position and transcript only: what an attempt that ended still says is evidence, nothing more."""
    last = lines[-1]
    await sandboxes.advance(tx, place.sandbox_id, place.fence, (place.line, place.byte), (last.number, last.end))
    shown = [line for line in lines if line.type != "heartbeat"]
    await sandboxes.insert_lines(
        tx,
        place.sandbox_id,
        [{"line": line.number, "at": line.at, "type": line.type, "text": told(line)} for line in shown],
    )
    ends = [line for line in lines if line.type == "end"]
    if ends:
        await sandboxes.update_sandbox(tx, place.sandbox_id, outcome=clean(ends[-1].fields["outcome"])[:40])


async def store_plain(tx: Transaction, place: Place, lines: Sequence[Line]) -> None:
    """Store a run of lines that change nothing but what people see."""
    job = await begin(tx, place, lines)
    for line in lines:
        await _EFFECTS.get(line.type, _nothing)(tx, place, job, line)


async def _nothing(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    return None


async def _start(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    await jobs.update_held(tx, place.job_id, place.fence, status=JobStatus.RUNNING, started_at=tx.now)
    await sandboxes.update_sandbox(tx, place.sandbox_id, state=SandboxState.RUNNING, started_at=tx.now)
    tx.touch(place.spec_id)


async def _phase_start(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    phase, attempt = line.fields["phase"], line.fields["attempt"]
    spec = await specs.spec(tx.conn, place.spec_id)
    due = remaining_phases(facts_of(await outputs.newest(tx.conn, place.spec_id)), spec.gates)
    fresh = await jobs.held(tx, place.job_id, place.fence)
    if (
        place.kind != JobKind.PLAN
        or phase not in due[:1]
        or attempt != fresh.plan.get("attempts", {}).get(phase, 0) + 1
    ):
        raise JournalCorrupt(f"line {line.number} starts an attempt at a phase that is not due")
    await specs.update_spec(tx, place.spec_id, current_phase=phase)
    payload = {"phase_progress": {"attempt": attempt}}
    again = f" (attempt {attempt})" if attempt > 1 else ""
    message = f"{phase.capitalize()} starts{again}."
    tx.emit(EventDraft(place.spec_id, "spec.phase_started", message, by_worker(place.sandbox_id), phase, payload))


async def _note(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    text = clean(line.fields["text"])[:SHOWN]
    await specs.update_spec(tx, place.spec_id, last_work=text, last_work_at=tx.now)
    tx.emit(await _worker_event(tx, place, "note", text))


async def _worker_event(tx: Transaction, place: Place, name: str, text: str) -> EventDraft:
    source = by_worker(place.sandbox_id)
    if place.kind == JobKind.TASK:
        payload = {"task": {"task_id": place.task_id}}
        return EventDraft(place.spec_id, f"task.{name}", text, source, payload=payload)
    phase = str((await specs.spec(tx.conn, place.spec_id)).current_phase)
    return EventDraft(place.spec_id, f"spec.{name}", text, source, phase)


async def _command_start(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    text = clean(line.fields["text"])[:SHOWN]
    await sandboxes.update_sandbox(tx, place.sandbox_id, open_command=text, open_command_at=tx.now)
    payload = {"command": {"id": line.fields["id"], "text": text, "task_id": place.task_id}}
    tx.emit(EventDraft(place.spec_id, "command.started", text, by_worker(place.sandbox_id), payload=payload))


async def _command_end(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    fields = line.fields
    row = await sandboxes.find(tx.conn, place.sandbox_id)
    text = row.open_command if row is not None else ""
    await sandboxes.update_sandbox(tx, place.sandbox_id, open_command="", open_command_at=None)
    code = fields["exit_code"]
    payload = {
        "command": {
            "id": fields["id"],
            "text": text,
            "exit_code": code,
            "duration_ms": max(0, fields["duration_ms"]),
            "task_id": place.task_id,
        }
    }
    message = f"{text or 'command'}: exit code {code}"
    tx.emit(EventDraft(place.spec_id, "command.finished", message, by_worker(place.sandbox_id), payload=payload))
    await specs.update_spec(tx, place.spec_id, last_work=text or "a command", last_work_at=tx.now)


async def _error(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    text = clean(line.fields["message"])[:SHOWN]
    tx.emit(await _worker_event(tx, place, "note", f"The worker reports: {text}"))


async def _inbox(tx: Transaction, place: Place, job: Any, line: Line) -> None:
    await mail.taken(tx, place.spec_id, place.task_id, place.sandbox_id, line)


_EFFECTS = {
    "start": _start,
    "phase_start": _phase_start,
    "note": _note,
    "command_start": _command_start,
    "command_end": _command_end,
    "error": _error,
    "inbox": _inbox,
}
