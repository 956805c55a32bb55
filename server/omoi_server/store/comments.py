"""People's words about a spec: kept in order, and followed on their way to a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import CommentState, Delivery
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction

BRIEFED = 50
"""Comments that an attempt is started with, at most. As many as a launch may bring along as context."""
AT_ONCE = 50
"""Comments that are read from the store at once on their way into an inbox."""


async def insert_comment(tx: Transaction, values: dict[str, Any]) -> None:
    """Add a comment (columns of `tables.comments` but position, state and created_at). The spec is locked by the caller."""
    place = 1 + await last_position(tx.conn, values["spec_id"])
    await tx.conn.execute(
        insert(t.comments).values(**values, state=CommentState.WAITING, created_at=tx.now, position=place)
    )


async def comment(conn: AsyncConnection, comment_id: str) -> Row[Any] | None:
    """The comment, or None."""
    return (await conn.execute(select(t.comments).where(t.comments.c.comment_id == comment_id))).one_or_none()


async def list_comments(conn: AsyncConnection, spec_id: str, limit: int, after: int) -> Sequence[Row[Any]]:
    """At most `limit` comments behind position `after`, oldest first."""
    query = select(t.comments).where(t.comments.c.spec_id == spec_id, t.comments.c.position > after)
    return (await conn.execute(query.order_by(t.comments.c.position).limit(limit))).all()


async def last_position(conn: AsyncConnection, spec_id: str) -> int:
    """The place of the newest comment, 0 before the first one."""
    return await conn.scalar(select(func.max(t.comments.c.position)).where(t.comments.c.spec_id == spec_id)) or 0


async def for_brief(conn: AsyncConnection, box: Row[Any]) -> list[Row[Any]]:
    """What the attempt in this sandbox is started with, oldest first: at most BRIEFED of the comments that were there when
    the sandbox was recorded. Those that nobody read come before those that somebody did, and new ones before old ones."""
    query = select(t.comments).where(_concerns(box), t.comments.c.position <= box.comments_through)
    read = case((t.comments.c.state == CommentState.TAKEN, 1), else_=0)
    rows = (await conn.execute(query.order_by(read, t.comments.c.position.desc()).limit(BRIEFED))).all()
    return sorted(rows, key=lambda row: row.position)


async def for_inbox(conn: AsyncConnection, box: Row[Any], after: int) -> list[Row[Any]]:
    """What the attempt in this sandbox is to hear: the first AT_ONCE that were said after it was recorded, behind position
    `after`, oldest first."""
    query = select(t.comments).where(
        _concerns(box),
        t.comments.c.delivery != Delivery.COMMENT,
        t.comments.c.position > max(box.comments_through, after),
    )
    return list((await conn.execute(query.order_by(t.comments.c.position).limit(AT_ONCE))).all())


async def mark_briefed(tx: Transaction, comment_ids: Sequence[str], sandbox_id: str) -> list[Row[Any]]:
    """The attempt in this sandbox starts with these: TAKEN from now on. Returns those that were not before, oldest first."""
    unread = t.comments.c.comment_id.in_(comment_ids) & (t.comments.c.state != CommentState.TAKEN)
    rows = list((await tx.conn.execute(select(t.comments).where(unread).order_by(t.comments.c.position))).all())
    values = {"state": CommentState.TAKEN, "sandbox_id": sandbox_id, "taken_at": tx.now}
    await tx.conn.execute(update(t.comments).where(unread).values(**values))
    return rows


async def give_back(tx: Transaction, sandbox_id: str) -> None:
    """The sandbox is gone: what lay in its inbox unread waits for the next attempt."""
    unread = (t.comments.c.sandbox_id == sandbox_id) & (t.comments.c.state == CommentState.DELIVERED)
    await tx.conn.execute(update(t.comments).where(unread).values(state=CommentState.WAITING, sandbox_id=""))


async def move(tx: Transaction, comment_id: str, before: Sequence[CommentState], **values: Any) -> bool:
    """Change a comment that is in one of these states; False when it is not."""
    query = update(t.comments).where(t.comments.c.comment_id == comment_id, t.comments.c.state.in_(before))
    return bool((await tx.conn.execute(query.values(**values))).rowcount)


def _concerns(box: Row[Any]) -> ColumnElement[bool]:
    """Comments on the spec as a whole and, for a task's attempt, on this task."""
    about = {"", str(box.task_id)}
    return and_(t.comments.c.spec_id == box.spec_id, t.comments.c.task_id.in_(sorted(about)))
