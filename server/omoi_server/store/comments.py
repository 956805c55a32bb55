"""People's words about a spec: kept in order, and followed on their way to a worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import CommentState, Delivery
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction

BRIEFED = 50
"""Comments that an attempt is started with: the newest ones. As many as a launch may bring along as context."""


async def insert_comment(tx: Transaction, values: dict[str, Any]) -> None:
    """Add a comment (columns of `tables.comments` but position, state and created_at). The spec is locked by the caller."""
    place = select(func.max(t.comments.c.position)).where(t.comments.c.spec_id == values["spec_id"])
    last = await tx.conn.scalar(place)
    await tx.conn.execute(
        insert(t.comments).values(**values, state=CommentState.WAITING, created_at=tx.now, position=(last or 0) + 1)
    )


async def comment(conn: AsyncConnection, comment_id: str) -> Row[Any] | None:
    """The comment, or None."""
    return (await conn.execute(select(t.comments).where(t.comments.c.comment_id == comment_id))).one_or_none()


async def list_comments(conn: AsyncConnection, spec_id: str, limit: int, after: int) -> Sequence[Row[Any]]:
    """At most `limit` comments behind position `after`, oldest first."""
    query = select(t.comments).where(t.comments.c.spec_id == spec_id, t.comments.c.position > after)
    return (await conn.execute(query.order_by(t.comments.c.position).limit(limit))).all()


async def for_brief(conn: AsyncConnection, spec_id: str, task_id: str, until: datetime) -> list[Row[Any]]:
    """What an attempt is started with: the newest BRIEFED comments that were there when its sandbox was recorded, oldest first."""
    query = select(t.comments).where(_concerns(spec_id, task_id), t.comments.c.created_at <= until)
    rows = (await conn.execute(query.order_by(t.comments.c.position.desc()).limit(BRIEFED))).all()
    return list(reversed(rows))


async def for_inbox(conn: AsyncConnection, spec_id: str, task_id: str, since: datetime, after: int) -> list[Row[Any]]:
    """What the running attempt is to hear: said after its sandbox was recorded, behind position `after`, oldest first."""
    query = select(t.comments).where(
        _concerns(spec_id, task_id),
        t.comments.c.delivery != Delivery.COMMENT,
        t.comments.c.created_at > since,
        t.comments.c.position > after,
    )
    return list((await conn.execute(query.order_by(t.comments.c.position))).all())


async def mark_briefed(tx: Transaction, spec_id: str, task_id: str, until: datetime, sandbox_id: str) -> list[Row[Any]]:
    """Comments that waited and that this attempt is started with: TAKEN from now on. Returns them, oldest first."""
    waiting = t.comments.c.state == CommentState.WAITING
    query = select(t.comments).where(_concerns(spec_id, task_id), waiting, t.comments.c.created_at <= until)
    rows = list((await tx.conn.execute(query.order_by(t.comments.c.position))).all())
    if rows:
        ids = [row.comment_id for row in rows]
        await tx.conn.execute(
            update(t.comments)
            .where(t.comments.c.comment_id.in_(ids))
            .values(state=CommentState.TAKEN, sandbox_id=sandbox_id, taken_at=tx.now)
        )
    return rows


async def move(tx: Transaction, comment_id: str, before: Sequence[CommentState], **values: Any) -> bool:
    """Change a comment that is in one of these states; False when it is not."""
    query = update(t.comments).where(t.comments.c.comment_id == comment_id, t.comments.c.state.in_(before))
    return bool((await tx.conn.execute(query.values(**values))).rowcount)


def _concerns(spec_id: str, task_id: str) -> ColumnElement[bool]:
    """Comments on the spec as a whole and, for a task's attempt, on this task."""
    about = t.comments.c.task_id == ""
    return (t.comments.c.spec_id == spec_id) & (or_(about, t.comments.c.task_id == task_id) if task_id else about)
