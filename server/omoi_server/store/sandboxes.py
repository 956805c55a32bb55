"""Rows of sandboxes, their journals' lines, and the intents to push."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import OPEN_SANDBOXES, IntentStatus, SandboxState
from omoi_server.errors import StaleFence
from omoi_server.store import comments
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction


def sandbox_name(job_id: str, fence: int) -> str:
    """`sbx-<job>-<fence>`: one attempt, one sandbox, one name."""
    return f"sbx-{job_id.removeprefix('job-')}-{fence}"


async def insert_sandbox(tx: Transaction, job: Row[Any], fence: int, location: str) -> str:
    """Commit the row before anything is created. The same attempt again finds its row. The spec is locked by the caller:
    so no comment can come to stand before the place at which the attempt's brief and its inbox part."""
    name = sandbox_name(job.job_id, fence)
    known = await tx.conn.scalar(select(t.sandboxes.c.sandbox_id).where(t.sandboxes.c.sandbox_id == name))
    if known is None:
        await tx.conn.execute(
            insert(t.sandboxes).values(
                sandbox_id=name,
                job_id=job.job_id,
                spec_id=job.spec_id,
                task_id=job.task_id,
                fence=fence,
                location=location,
                state=SandboxState.CREATING,
                created_at=tx.now,
                comments_through=await comments.last_position(tx.conn, job.spec_id),
            )
        )
        tx.touch(job.spec_id)
    return name


async def find(conn: AsyncConnection, sandbox_id: str) -> Row[Any] | None:
    return (await conn.execute(select(t.sandboxes).where(t.sandboxes.c.sandbox_id == sandbox_id))).one_or_none()


async def update_sandbox(tx: Transaction, sandbox_id: str, **values: Any) -> None:
    await tx.conn.execute(update(t.sandboxes).where(t.sandboxes.c.sandbox_id == sandbox_id).values(**values))


async def advance(tx: Transaction, sandbox_id: str, fence: int, position: tuple[int, int], to: tuple[int, int]) -> None:
    """Move the journal position from (line, byte) to another; StaleFence if it is not there (somebody else read on)."""
    result = await tx.conn.execute(
        update(t.sandboxes)
        .where(
            t.sandboxes.c.sandbox_id == sandbox_id,
            t.sandboxes.c.fence == fence,
            t.sandboxes.c.line == position[0],
            t.sandboxes.c.byte == position[1],
        )
        .values(line=to[0], byte=to[1])
    )
    if result.rowcount != 1:
        raise StaleFence(sandbox_id, fence)


async def stop_sandboxes(tx: Transaction, spec_id: str, job_ids: Sequence[str], reason: str) -> None:
    """From now on these attempts are to be stopped; whoever owns them does it, recovery otherwise."""
    await tx.conn.execute(
        update(t.sandboxes)
        .where(
            t.sandboxes.c.job_id.in_(job_ids), t.sandboxes.c.state.in_((SandboxState.CREATING, SandboxState.RUNNING))
        )
        .values(state=SandboxState.STOPPING, reason=reason)
    )
    tx.touch(spec_id)


async def mark_removed(tx: Transaction, sandbox_id: str) -> bool:
    """The sandbox is gone; True if this call found it open."""
    result = await tx.conn.execute(
        update(t.sandboxes)
        .where(t.sandboxes.c.sandbox_id == sandbox_id, t.sandboxes.c.state.in_(OPEN_SANDBOXES))
        .values(state=SandboxState.REMOVED, removed_at=tx.now, open_command="", open_command_at=None)
    )
    return result.rowcount == 1


async def open_sandboxes(conn: AsyncConnection, location: str) -> list[Row[Any]]:
    query = select(t.sandboxes).where(t.sandboxes.c.location == location, t.sandboxes.c.state.in_(OPEN_SANDBOXES))
    return list((await conn.execute(query)).all())


async def left_elsewhere(conn: AsyncConnection, location: str) -> list[Row[Any]]:
    """Open sandboxes of other hosts whose job has ended, with the job's `finished_at`."""
    query = (
        select(t.sandboxes, t.jobs.c.finished_at)
        .join(t.jobs, t.jobs.c.job_id == t.sandboxes.c.job_id)
        .where(
            t.sandboxes.c.location != location,
            t.sandboxes.c.state.in_(OPEN_SANDBOXES),
            t.jobs.c.finished_at.is_not(None),
        )
    )
    return list((await conn.execute(query)).all())


async def insert_lines(tx: Transaction, sandbox_id: str, lines: Sequence[dict[str, Any]]) -> None:
    """Journal lines for the transcript: line, at, type, text."""
    if lines:
        await tx.conn.execute(insert(t.journal_lines), [{"sandbox_id": sandbox_id, **line} for line in lines])


async def intent(conn: AsyncConnection, job_id: str, fence: int) -> Row[Any] | None:
    """The newest intent of this attempt."""
    query = (
        select(t.intents)
        .where(t.intents.c.job_id == job_id, t.intents.c.fence == fence)
        .order_by(t.intents.c.attempt.desc())
        .limit(1)
    )
    return (await conn.execute(query)).one_or_none()


async def open_intents(conn: AsyncConnection, spec_id: str | None = None) -> list[Row[Any]]:
    query = select(t.intents).where(t.intents.c.status == IntentStatus.OPEN).order_by(t.intents.c.created_at)
    if spec_id is not None:
        query = query.where(t.intents.c.spec_id == spec_id)
    return list((await conn.execute(query)).all())


async def abandoned_intents(conn: AsyncConnection, spec_id: str) -> list[Row[Any]]:
    query = select(t.intents).where(t.intents.c.spec_id == spec_id, t.intents.c.status == IntentStatus.ABANDONED)
    return list((await conn.execute(query.order_by(t.intents.c.created_at))).all())


async def reopen_intent(tx: Transaction, intent: Row[Any]) -> None:
    """An abandoned push turned out to have happened."""
    await tx.conn.execute(
        update(t.intents)
        .where(
            t.intents.c.job_id == intent.job_id,
            t.intents.c.fence == intent.fence,
            t.intents.c.attempt == intent.attempt,
            t.intents.c.status == IntentStatus.ABANDONED,
        )
        .values(status=IntentStatus.OPEN, closed_at=None)
    )


async def insert_intent(tx: Transaction, values: dict[str, Any]) -> int:
    """Record the intent to push; its attempt number. The caller holds the spec's lock and checked for open ones."""
    last = await tx.conn.scalar(
        select(func.max(t.intents.c.attempt)).where(
            t.intents.c.job_id == values["job_id"], t.intents.c.fence == values["fence"]
        )
    )
    attempt = int(last or 0) + 1
    await tx.conn.execute(
        insert(t.intents).values(attempt=attempt, status=IntentStatus.OPEN, created_at=tx.now, **values)
    )
    tx.touch(values["spec_id"])
    return attempt


async def close_intent(tx: Transaction, intent: Row[Any], status: IntentStatus) -> bool:
    """End an open intent; False if somebody else ended it."""
    result = await tx.conn.execute(
        update(t.intents)
        .where(
            t.intents.c.job_id == intent.job_id,
            t.intents.c.fence == intent.fence,
            t.intents.c.attempt == intent.attempt,
            t.intents.c.status == IntentStatus.OPEN,
        )
        .values(status=status, closed_at=tx.now)
    )
    if result.rowcount != 1:
        return False
    tx.touch(intent.spec_id)
    return True
