"""The column `specs.settled`, recomputed for each spec that a transaction touched, before it commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, exists, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.settled import STARTING_TASKS, Activity, is_settled
from omoi_server.domain.states import OPEN_JOBS, OPEN_SANDBOXES, IntentStatus
from omoi_server.errors import NotFound
from omoi_server.store.clock import clock_column, to_time
from omoi_server.store.tables import intents, jobs, sandboxes, specs, tasks


def _query(dialect: str) -> Select[Any]:
    mine = specs.c.spec_id
    return select(
        specs.c.spec_id,
        specs.c.status,
        specs.c.settled,
        specs.c.last_sequence,
        exists(literal_column("1")).where(jobs.c.spec_id == mine, jobs.c.status.in_(OPEN_JOBS)).label("open_job"),
        exists(literal_column("1"))
        .where(intents.c.spec_id == mine, intents.c.status == IntentStatus.OPEN)
        .label("open_intent"),
        exists(literal_column("1"))
        .where(sandboxes.c.spec_id == mine, sandboxes.c.state.in_(OPEN_SANDBOXES))
        .label("open_sandbox"),
        exists(literal_column("1"))
        .where(tasks.c.spec_id == mine, tasks.c.active, tasks.c.status.in_(STARTING_TASKS))
        .label("open_task"),
        clock_column(dialect).label("clock"),
    ).where(mine.in_(bindparam("wanted", expanding=True)))


_QUERIES = {dialect: _query(dialect) for dialect in ("sqlite", "postgresql")}
_UPDATE = update(specs).where(specs.c.spec_id == bindparam("spec")).values(settled=bindparam("value"))


async def recompute(conn: AsyncConnection, dialect: str, spec_ids: Collection[str]) -> tuple[dict[str, int], datetime]:
    """Set `settled` where it changed; returns the last sequence of each spec, and the database's time.

    The caller holds the specs' rows locked: two transactions that each end one of a spec's last two jobs would
    otherwise both see the other's still open, and the spec would never settle. NotFound (SPEC_NOT_FOUND) for an unknown
    spec.
    """
    found = (await conn.execute(_QUERIES[dialect], {"wanted": sorted(spec_ids)})).all()
    missing = set(spec_ids) - {row.spec_id for row in found}
    if missing:
        raise NotFound("SPEC_NOT_FOUND", f"There is no spec {', '.join(sorted(missing))}.")
    changes: list[dict[str, object]] = []
    for row in found:
        activity = Activity(row.status, row.open_job, row.open_intent, row.open_sandbox, row.open_task)
        if row.settled != is_settled(activity):
            changes.append({"spec": row.spec_id, "value": not row.settled})
    if changes:
        await conn.execute(_UPDATE, changes)
    return {row.spec_id: row.last_sequence for row in found}, to_time(found[0].clock)
