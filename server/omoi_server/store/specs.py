"""Rows of specs and what hangs on them directly: attachments and feedback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import SpecStatus
from omoi_server.errors import Aborted
from omoi_server.store import missing
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction


async def spec(conn: AsyncConnection, spec_id: str) -> Row[Any]:
    """The spec. NotFound if there is none."""
    row = (await conn.execute(select(t.specs).where(t.specs.c.spec_id == spec_id))).one_or_none()
    if row is None:
        raise missing.spec(spec_id)
    return row


async def locked(tx: Transaction, spec_id: str) -> Row[Any]:
    """The spec, locked until the end of the transaction. Everything about one spec happens under this lock."""
    await tx.lock_specs(spec_id)
    return await spec(tx.conn, spec_id)


async def insert_spec(tx: Transaction, values: dict[str, Any]) -> None:
    await tx.conn.execute(insert(t.specs).values(created_at=tx.now, updated_at=tx.now, **values))
    tx.touch(values["spec_id"])


async def update_spec(tx: Transaction, spec_id: str, **values: Any) -> None:
    await tx.conn.execute(update(t.specs).where(t.specs.c.spec_id == spec_id).values(**values))
    tx.touch(spec_id)


async def change_status(
    tx: Transaction, spec_id: str, expected: Sequence[SpecStatus], status: SpecStatus, **values: Any
) -> None:
    """A guarded transition: it must find the spec in one of `expected`, else Aborted (STATE_CHANGED)."""
    result = await tx.conn.execute(
        update(t.specs)
        .where(t.specs.c.spec_id == spec_id, t.specs.c.status.in_(expected))
        .values(status=status, **values)
    )
    if result.rowcount != 1:
        raise Aborted("STATE_CHANGED", f"{spec_id} changed meanwhile. Look at it again.", {"spec_id": spec_id})
    tx.touch(spec_id)


async def open_equal_idea(conn: AsyncConnection, project_id: str, idea_hash: str, but: str) -> Any | None:
    """The newest spec of the project with the same idea that is neither cancelled nor archived."""
    query = (
        select(t.specs.c.spec_id, t.specs.c.title, t.specs.c.status)
        .where(
            t.specs.c.project_id == project_id,
            t.specs.c.idea_hash == idea_hash,
            t.specs.c.spec_id != but,
            t.specs.c.archived.is_(False),
            t.specs.c.status != SpecStatus.CANCELLED,
            t.specs.c.pull_request_url == "",
        )
        .order_by(t.specs.c.created_at.desc())
        .limit(1)
    )
    return (await conn.execute(query)).one_or_none()


async def branch_names(conn: AsyncConnection, project_id: str, prefix: str) -> set[str]:
    """Branch names of the project that specs have taken and that begin with `prefix`."""
    rows = await conn.scalars(
        select(t.specs.c.branch_name).where(
            t.specs.c.project_id == project_id, t.specs.c.branch_name.startswith(prefix, autoescape=True)
        )
    )
    return set(rows)


async def insert_attachments(tx: Transaction, spec_id: str, files: Sequence[tuple[str, str, bytes]]) -> None:
    for position, (name, media_type, content) in enumerate(files):
        await tx.conn.execute(
            insert(t.attachments).values(
                spec_id=spec_id, position=position, name=name, media_type=media_type, content=content
            )
        )


async def attachments(conn: AsyncConnection, spec_id: str) -> list[Row[Any]]:
    query = select(t.attachments).where(t.attachments.c.spec_id == spec_id).order_by(t.attachments.c.position)
    return list((await conn.execute(query)).all())


async def insert_feedback(
    tx: Transaction, spec_id: str, feedback_id: str, phase: str, version: int, author: str, text: str
) -> None:
    last = await tx.conn.scalar(select(func.max(t.feedback.c.position)).where(t.feedback.c.spec_id == spec_id))
    await tx.conn.execute(
        insert(t.feedback).values(
            feedback_id=feedback_id,
            spec_id=spec_id,
            phase=phase,
            version=version,
            author=author,
            text=text,
            created_at=tx.now,
            position=(last or 0) + 1,
        )
    )


async def feedback(conn: AsyncConnection, spec_id: str) -> list[Row[Any]]:
    """Every change that was asked for, oldest first."""
    query = select(t.feedback).where(t.feedback.c.spec_id == spec_id).order_by(t.feedback.c.position)
    return list((await conn.execute(query)).all())
