"""Phase outputs and journal lines as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import SandboxState
from omoi_server.errors import NotFound
from omoi_server.store import tables as t

SANDBOXES_AT_ONCE = 50
"""So many sandboxes are asked in one query for their next lines; a spec with more is read in several."""


@dataclass(frozen=True)
class OutputView:
    """One version of a phase output. `row` holds the columns of `tables.phase_outputs`."""

    row: RowMapping
    newest_version: int


async def get_output(conn: AsyncConnection, spec_id: str, phase: str, version: int) -> OutputView:
    """That version, 0 for the newest. NotFound says which versions there are."""
    columns = t.phase_outputs.c
    of_phase = and_(columns.spec_id == spec_id, columns.phase == phase)
    newest = await conn.scalar(select(func.max(columns.version)).where(of_phase))
    if newest is None:
        raise NotFound(
            "OUTPUT_NOT_FOUND",
            f"{phase} of {spec_id} has no output yet. Watch the spec; spec.phase_completed says when it has one.",
            {"spec_id": spec_id, "phase": phase},
        )
    query = select(t.phase_outputs).where(of_phase, columns.version == (version or newest))
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(
            "OUTPUT_NOT_FOUND",
            f"{phase} of {spec_id} has no version {version}; versions are 1 to {newest}, and 0 is the newest.",
            {"spec_id": spec_id, "phase": phase, "newest_version": str(newest)},
        )
    return OutputView(row, newest)


@dataclass(frozen=True)
class Reading:
    """How far somebody read the journals of a spec.

    `done`: the first so many sandboxes, by creation, are read to their end and gone. `lines`: the last line read of
    each later one. Sandboxes work side by side, so one number would lose what an older one still writes.
    """

    done: int = 0
    lines: Mapping[str, int] | None = None


async def read_transcript(
    conn: AsyncConnection, spec_id: str, task_id: str, reading: Reading, limit: int
) -> tuple[Sequence[RowMapping], Reading]:
    """The next `limit` journal lines, oldest first within a sandbox, sandboxes by creation; and the new reading.

    No lines means that the end is reached for now; the reading stays good for lines that come later.
    """
    columns = t.sandboxes.c
    query = select(columns.sandbox_id, columns.state, columns.line).where(columns.spec_id == spec_id)
    if task_id:
        query = query.where(columns.task_id == task_id)
    query = query.order_by(columns.created_at, columns.sandbox_id).offset(reading.done)
    sandboxes = (await conn.execute(query)).all()
    at = {row.sandbox_id: (reading.lines or {}).get(row.sandbox_id, 0) for row in sandboxes}
    pending = [row for row in sandboxes if row.line > at[row.sandbox_id]]
    lines: list[RowMapping] = []
    while pending and len(lines) < limit:
        chunk, pending = pending[:SANDBOXES_AT_ONCE], pending[SANDBOXES_AT_ONCE:]
        lines += await _next_lines(conn, [(row.sandbox_id, at[row.sandbox_id]) for row in chunk], limit - len(lines))
        full = len(lines) >= limit
        for row in chunk:
            if full and row.sandbox_id == lines[-1]["sandbox_id"]:
                at[row.sandbox_id] = lines[-1]["line"]
                break
            at[row.sandbox_id] = row.line
    return lines, _advanced(reading.done, sandboxes, at)


def _advanced(done: int, sandboxes: Sequence[Any], at: Mapping[str, int]) -> Reading:
    """Count what is read to its end and gone into `done`: a reading stays small however many attempts there were."""
    finished = 0
    for row in sandboxes:
        if row.state != SandboxState.REMOVED or at[row.sandbox_id] < row.line:
            break
        finished += 1
    rest = {row.sandbox_id: at[row.sandbox_id] for row in sandboxes[finished:] if at[row.sandbox_id]}
    return Reading(done + finished, rest)


async def _next_lines(conn: AsyncConnection, starts: Sequence[tuple[str, int]], limit: int) -> Sequence[RowMapping]:
    lines, boxes = t.journal_lines.c, t.sandboxes.c
    query = (
        select(t.journal_lines)
        .join(t.sandboxes, boxes.sandbox_id == lines.sandbox_id)
        .where(or_(*(and_(lines.sandbox_id == sandbox_id, lines.line > line) for sandbox_id, line in starts)))
        .order_by(boxes.created_at, boxes.sandbox_id, lines.line)
        .limit(limit)
    )
    return (await conn.execute(query)).mappings().all()
