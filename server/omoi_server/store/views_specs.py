"""Specs as the contract shows them, with all that is computed. One spec or a page: the same number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.caller import Caller
from omoi_server.domain.states import Decision, SandboxState, SpecKind
from omoi_server.store import tables as t
from omoi_server.store.roles import visible
from omoi_server.store.specs import spec as find_spec
from omoi_server.store.views_counts import CriteriaCount, ExecutionView, TaskLine, criteria, execution, task_lines
from omoi_server.store.views_search import has_labels, has_words
from omoi_server.store.views_waiting import Queue, queue, spec_waits_for

PLANNING = ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS")
PHASES_TOTAL = 6
"""The planning phases, SYNC and COMPLETE."""


@dataclass(frozen=True)
class PhaseLine:
    """A phase as a line of a table: its newest version, `version` 0 when it has no output. `decision` may be ""."""

    phase: str
    version: int = 0
    score: float = 0.0
    digest: str = ""
    decision: str = ""
    facts: tuple[str, ...] = ()
    valid: bool = False
    gated: bool = False

    @property
    def finished(self) -> bool:
        """It has a valid output and, behind a gate, the approval of exactly that version."""
        return self.valid and (not self.gated or self.decision == Decision.APPROVE)


@dataclass(frozen=True)
class SandboxLine:
    """The newest sandbox that works on a spec."""

    sandbox_id: str = ""
    last_heartbeat: datetime | None = None
    open_command: str = ""
    open_command_at: datetime | None = None


@dataclass(frozen=True)
class SpecView:
    """A spec. `row` holds the columns of `tables.specs`; the rest is computed in the same snapshot."""

    row: RowMapping
    ticket_id: str
    execution: ExecutionView
    criteria: CriteriaCount
    phases: tuple[PhaseLine, ...]
    sandbox: SandboxLine
    queue_position: int
    waiting_for: str

    @property
    def phases_done(self) -> int:
        """Planning phases finished; everything once COMPLETE is reached, nothing for a quick task."""
        if self.row["kind"] == SpecKind.QUICK:
            return 0
        if self.row["current_phase"] == "COMPLETE":
            return PHASES_TOTAL
        return sum(phase.finished for phase in self.phases)

    @property
    def phases_total(self) -> int:
        return 0 if self.row["kind"] == SpecKind.QUICK else PHASES_TOTAL


@dataclass(frozen=True)
class SpecFilter:
    """All of them must match; an empty one matches everything."""

    project_id: str = ""
    user_id: str = ""
    statuses: Sequence[str] = ()
    labels: Sequence[str] = ()
    query: str = ""
    include_archived: bool = False


@dataclass(frozen=True)
class SpecKey:
    """Where a page ended: specs are listed by these two, newest first."""

    created_at: datetime
    spec_id: str


async def get_spec(conn: AsyncConnection, spec_id: str, default_limit: int) -> SpecView:
    """One spec. NotFound if there is none. `default_limit`: jobs at once in projects without a limit of their own."""
    row = await find_spec(conn, spec_id)
    return (await _views(conn, [row._mapping], default_limit))[0]


async def list_specs(
    conn: AsyncConnection, caller: Caller, wanted: SpecFilter, limit: int, after: SpecKey | None, default_limit: int
) -> list[SpecView]:
    """At most `limit` specs that the caller may see after this place, newest first."""
    specs = t.specs.c
    query = select(t.specs).order_by(specs.created_at.desc(), specs.spec_id.desc()).limit(limit)
    query = query.where(*visible(caller, specs.project_id))
    if wanted.project_id:
        query = query.where(specs.project_id == wanted.project_id)
    if wanted.user_id:
        query = query.where(specs.user_id == wanted.user_id)
    if wanted.statuses:
        query = query.where(specs.status.in_(wanted.statuses))
    if not wanted.include_archived:
        query = query.where(specs.archived.is_(False))
    if wanted.labels:
        query = query.where(has_labels(list(wanted.labels), conn.dialect.name))
    query = query.where(*has_words(wanted.query, conn.dialect.name))
    if after is not None:
        query = query.where(
            or_(
                specs.created_at < after.created_at,
                and_(specs.created_at == after.created_at, specs.spec_id < after.spec_id),
            )
        )
    return await _views(conn, (await conn.execute(query)).mappings().all(), default_limit)


@dataclass(frozen=True)
class _Parts:
    """What belongs to a page of specs, by spec id."""

    tasks: dict[str, list[TaskLine]]
    criteria: dict[str, CriteriaCount]
    outputs: dict[str, dict[str, PhaseLine]]
    sandboxes: dict[str, SandboxLine]
    tickets: dict[str, str]
    queue: Queue
    none: tuple[TaskLine, ...] = field(default=())


async def _views(conn: AsyncConnection, rows: Sequence[RowMapping], default_limit: int) -> list[SpecView]:
    if not rows:
        return []
    ids = [row["spec_id"] for row in rows]
    projects = sorted({row["project_id"] for row in rows})
    tasks = await task_lines(conn, ids)
    tickets = await conn.execute(select(t.tickets.c.spec_id, t.tickets.c.ticket_id).where(t.tickets.c.spec_id.in_(ids)))
    parts = _Parts(
        tasks=tasks,
        criteria=await criteria(conn, ids, tasks),
        outputs=await _outputs(conn, ids),
        sandboxes=await _sandboxes(conn, ids),
        tickets={row.spec_id: row.ticket_id for row in tickets},
        queue=await queue(conn, ids, projects, default_limit),
    )
    return [_view(row, parts) for row in rows]


def _view(row: RowMapping, parts: _Parts) -> SpecView:
    spec_id = row["spec_id"]
    tasks = parts.tasks.get(spec_id, parts.none)
    phases = _phases(row, parts.outputs.get(spec_id, {}))
    at_gate = next((phase for phase in phases if phase.phase == row["current_phase"]), PhaseLine(row["current_phase"]))
    place = parts.queue.places.get(spec_id)
    return SpecView(
        row=row,
        ticket_id=parts.tickets.get(spec_id, ""),
        execution=execution(row["status"], tasks),
        criteria=parts.criteria.get(spec_id, CriteriaCount()),
        phases=phases,
        sandbox=parts.sandboxes.get(spec_id, SandboxLine()),
        queue_position=place.ahead if place else 0,
        waiting_for=spec_waits_for(
            spec_id,
            row["status"],
            row["waiting_for"],
            f"{at_gate.phase} v{at_gate.version}",
            tasks,
            parts.queue,
            parts.queue.full.get(row["project_id"]),
        ),
    )


def _phases(row: RowMapping, outputs: dict[str, PhaseLine]) -> tuple[PhaseLine, ...]:
    if row["kind"] == SpecKind.QUICK:
        return ()
    gates = set(row["gates"])
    lines = []
    for phase in PLANNING:
        known = outputs.get(phase, PhaseLine(phase))
        lines.append(PhaseLine(**{**known.__dict__, "gated": phase in gates}))
    return tuple(lines)


async def _outputs(conn: AsyncConnection, spec_ids: Sequence[str]) -> dict[str, dict[str, PhaseLine]]:
    """The newest version of each output, without the documents."""
    columns = t.phase_outputs.c
    ranked = (
        select(
            columns.spec_id,
            columns.phase,
            columns.version,
            columns.score,
            columns.digest,
            columns.decision,
            columns.facts,
            columns.valid,
            func.row_number()
            .over(partition_by=(columns.spec_id, columns.phase), order_by=columns.version.desc())
            .label("place"),
        )
        .where(columns.spec_id.in_(spec_ids))
        .subquery()
    )
    found: dict[str, dict[str, PhaseLine]] = {}
    for row in (await conn.execute(select(ranked).where(ranked.c.place == 1))).mappings():
        values: dict[str, Any] = {
            name: row[name] for name in ("phase", "version", "score", "digest", "decision", "valid")
        }
        found.setdefault(row["spec_id"], {})[row["phase"]] = PhaseLine(**values, facts=tuple(row["facts"]))
    return found


async def _sandboxes(conn: AsyncConnection, spec_ids: Sequence[str]) -> dict[str, SandboxLine]:
    """The newest sandbox of each spec in which a worker runs or is about to; one that is being stopped is none."""
    columns = t.sandboxes.c
    query = (
        select(
            columns.spec_id,
            columns.sandbox_id,
            columns.last_heartbeat,
            columns.open_command,
            columns.open_command_at,
        )
        .where(columns.spec_id.in_(spec_ids), columns.state.in_((SandboxState.CREATING, SandboxState.RUNNING)))
        .order_by(columns.created_at, columns.sandbox_id)
    )
    found: dict[str, SandboxLine] = {}
    for row in (await conn.execute(query)).mappings():
        found[row["spec_id"]] = SandboxLine(**{name: row[name] for name in row if name != "spec_id"})
    return found
