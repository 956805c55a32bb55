"""Phase outputs: versioned, never changed but for validity and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction


async def newest(conn: AsyncConnection, spec_id: str) -> dict[str, Row[Any]]:
    """The newest version of every phase that has one."""
    query = select(t.phase_outputs).where(t.phase_outputs.c.spec_id == spec_id).order_by(t.phase_outputs.c.version)
    return {row.phase: row for row in (await conn.execute(query)).all()}


async def insert_output(tx: Transaction, values: dict[str, Any]) -> None:
    await tx.conn.execute(insert(t.phase_outputs).values(created_at=tx.now, **values))
    tx.touch(values["spec_id"])


async def revalidate(tx: Transaction, spec_id: str, phase: str, version: int, input_digest: str) -> None:
    """The same output came out again: it is valid for the new input, and an objection to it is answered."""
    where = _is(spec_id, phase, version)
    await tx.conn.execute(update(t.phase_outputs).where(where).values(valid=True, input_digest=input_digest))
    await tx.conn.execute(
        update(t.phase_outputs)
        .where(where, t.phase_outputs.c.decision != "APPROVE")
        .values(decision="", decided_by="", decided_at=None, comment="")
    )


async def invalidate(tx: Transaction, spec_id: str, phases: Sequence[str]) -> None:
    """What these phases produced no longer counts."""
    await tx.conn.execute(
        update(t.phase_outputs)
        .where(t.phase_outputs.c.spec_id == spec_id, t.phase_outputs.c.phase.in_(phases))
        .values(valid=False)
    )
    tx.touch(spec_id)


async def decide(
    tx: Transaction, spec_id: str, phase: str, version: int, decision: str, decided_by: str, comment: str
) -> bool:
    """Record a decision on an undecided version; False if somebody was first."""
    result = await tx.conn.execute(
        update(t.phase_outputs)
        .where(_is(spec_id, phase, version), t.phase_outputs.c.decision == "")
        .values(decision=decision, decided_by=decided_by, decided_at=tx.now, comment=comment)
    )
    return result.rowcount == 1


def _is(spec_id: str, phase: str, version: int) -> Any:
    columns = t.phase_outputs.c
    return (columns.spec_id == spec_id) & (columns.phase == phase) & (columns.version == version)


async def by_digest(conn: AsyncConnection, spec_id: str, phase: str, digest: str) -> Row[Any] | None:
    """The newest version with this digest."""
    query = (
        select(t.phase_outputs)
        .where(
            t.phase_outputs.c.spec_id == spec_id, t.phase_outputs.c.phase == phase, t.phase_outputs.c.digest == digest
        )
        .order_by(t.phase_outputs.c.version.desc())
        .limit(1)
    )
    return (await conn.execute(query)).one_or_none()


async def decisions(conn: AsyncConnection, spec_id: str) -> list[Any]:
    """Every decided version, in the order of the decisions."""
    columns = t.phase_outputs.c
    query = (
        select(
            columns.phase,
            columns.version,
            columns.digest,
            columns.decision,
            columns.decided_by,
            columns.decided_at,
            columns.comment,
        )
        .where(columns.spec_id == spec_id, columns.decision != "")
        .order_by(columns.decided_at, columns.version)
    )
    return list((await conn.execute(query)).all())
