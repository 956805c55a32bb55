"""The log of a spec: numbered 1, 2, 3 … without gaps, whoever writes at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.events import EventDraft, source_and_via
from omoi_server.store.tables import spec_events, specs

_HEADS_AT_ONCE = 10_000
"""SQLite allows 32,766 parameters, PostgreSQL 32,767."""


@dataclass(frozen=True)
class Head:
    """The end of a spec's log: number of its last event (0 = none), and whether more will come by itself."""

    last_sequence: int
    settled: bool


async def read_events(conn: AsyncConnection, spec_id: str, after: int, limit: int) -> list[RowMapping]:
    """Up to `limit` events numbered above `after`, ascending; every column of spec_events."""
    found = await conn.execute(_READ, {"spec": spec_id, "after": after, "most": limit})
    return list(found.mappings())


_READ = (
    select(spec_events)
    .where(spec_events.c.spec_id == bindparam("spec"), spec_events.c.sequence > bindparam("after"))
    .order_by(spec_events.c.sequence)
    .limit(bindparam("most"))
)
"""Built once: every watched spec reads with it after every commit."""


async def newest_type(conn: AsyncConnection, spec_id: str, phase: str, types: Sequence[str]) -> str | None:
    """The type of the newest event of these types that is about the phase."""
    query = (
        select(spec_events.c.type)
        .where(spec_events.c.spec_id == spec_id, spec_events.c.phase == phase, spec_events.c.type.in_(types))
        .order_by(spec_events.c.sequence.desc())
        .limit(1)
    )
    return (await conn.execute(query)).scalar_one_or_none()


async def heads(conn: AsyncConnection, spec_ids: Iterable[str]) -> dict[str, Head]:
    """The heads of these specs in one query; unknown ones are left out."""
    wanted = list(dict.fromkeys(spec_ids))
    result: dict[str, Head] = {}
    for start in range(0, len(wanted), _HEADS_AT_ONCE):
        found = await conn.execute(_HEADS, {"wanted": wanted[start : start + _HEADS_AT_ONCE]})
        result.update({row.spec_id: Head(row.last_sequence, row.settled) for row in found})
    return result


_HEADS = select(specs.c.spec_id, specs.c.last_sequence, specs.c.settled).where(
    specs.c.spec_id.in_(bindparam("wanted", expanding=True))
)


async def advance(conn: AsyncConnection, drafts: Sequence[EventDraft], touched: Iterable[str], now: datetime) -> None:
    """Reserve numbers for the drafts and lock the rows of all these specs, in ascending id.

    Whoever holds a spec's row is alone with its log until the commit, hence no gap and no number twice.
    """
    counts = Counter(draft.spec_id for draft in drafts)
    wanted = sorted({*counts, *touched})
    await conn.execute(_ADVANCE, [{"spec": spec, "count": counts[spec], "now": now} for spec in wanted])


_ADVANCE = (
    update(specs)
    .where(specs.c.spec_id == bindparam("spec"))
    .values(last_sequence=specs.c.last_sequence + bindparam("count"), updated_at=bindparam("now"))
)


async def insert_events(
    conn: AsyncConnection, drafts: Sequence[EventDraft], last: Mapping[str, int], at: datetime
) -> None:
    """Write the drafts in their order; `last` is the number of each spec's last event after `advance`."""
    counts = Counter(draft.spec_id for draft in drafts)
    following = {spec: last[spec] - count for spec, count in counts.items()}
    rows: list[dict[str, Any]] = []
    for draft in drafts:
        following[draft.spec_id] += 1
        source, via = source_and_via(draft.source)
        rows.append(
            {
                "spec_id": draft.spec_id,
                "sequence": following[draft.spec_id],
                "occurred_at": at,
                "type": draft.type,
                "source": _storable(source),
                "via": _storable(via),
                "phase": draft.phase,
                "message": _storable(draft.message),
                "payload": dict(draft.payload),
            }
        )
    await conn.execute(insert(spec_events), rows)


def _storable(text: str) -> str:
    """Text that both databases take: no NUL (PostgreSQL) and no half of a surrogate pair, which a worker may send."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
