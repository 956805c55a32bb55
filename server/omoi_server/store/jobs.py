"""Rows of jobs: queue, claim with lease and fence, end.

Every write about a held job names its fence and must hit a row (`StaleFence` otherwise). Cancelling, taking over and
releasing raise the fence or change the status, so that whatever the old attempt still writes finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import HELD_JOBS, OPEN_JOBS, JobKind, JobStatus, TaskStatus
from omoi_server.errors import StaleFence
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction
from omoi_spec.graph import overlap

JOBS_TOPIC = "jobs"
"""Bell topic: something may be claimable, or a held job was cancelled."""

CLAIM_ORDER = (t.jobs.c.priority, t.jobs.c.created_at, func.coalesce(t.tasks.c.position, 0), t.jobs.c.job_id)
"""The queue of a project, jobs outer-joined with their tasks. One transaction queues a whole plan, so its jobs are of one
age; then the plan's order counts. A job without a task stands at 0, for the databases sort NULL at different ends."""


async def queue_job(
    tx: Transaction,
    *,
    kind: JobKind,
    spec: Row[Any],
    task_id: str = "",
    priority: int | None = None,
    plan: dict[str, Any] | None = None,
) -> str:
    """Queue one job. At most one open job exists per task, and one per spec for planning and sync (unique index)."""
    job_id = f"job-{uuid4()}"
    await tx.conn.execute(
        insert(t.jobs).values(
            job_id=job_id,
            kind=kind,
            project_id=spec.project_id,
            spec_id=spec.spec_id,
            task_id=task_id,
            work_key=task_id or spec.spec_id,
            status=JobStatus.QUEUED,
            priority=spec.priority if priority is None else priority,
            plan=plan or {},
            created_at=tx.now,
        )
    )
    tx.touch(spec.spec_id)
    tx.wake(JOBS_TOPIC)
    return job_id


async def job(conn: AsyncConnection, job_id: str) -> Row[Any]:
    return (await conn.execute(select(t.jobs).where(t.jobs.c.job_id == job_id))).one()


async def open_jobs(conn: AsyncConnection, spec_id: str) -> list[Row[Any]]:
    query = (
        select(t.jobs).where(t.jobs.c.spec_id == spec_id, t.jobs.c.status.in_(OPEN_JOBS)).order_by(t.jobs.c.created_at)
    )
    return list((await conn.execute(query)).all())


async def held(tx: Transaction, job_id: str, fence: int) -> Row[Any]:
    """The job, if this fence still holds it; StaleFence otherwise. Lock the spec before calling."""
    row = (
        await tx.conn.execute(
            select(t.jobs).where(t.jobs.c.job_id == job_id, t.jobs.c.fence == fence, t.jobs.c.status.in_(HELD_JOBS))
        )
    ).one_or_none()
    if row is None:
        raise StaleFence(job_id, fence)
    return row


async def update_held(tx: Transaction, job_id: str, fence: int, **values: Any) -> None:
    """Change a held job; StaleFence if this fence no longer holds it."""
    result = await tx.conn.execute(
        update(t.jobs)
        .where(t.jobs.c.job_id == job_id, t.jobs.c.fence == fence, t.jobs.c.status.in_(HELD_JOBS))
        .values(**values)
    )
    if result.rowcount != 1:
        raise StaleFence(job_id, fence)


async def finish(tx: Transaction, job: Row[Any], fence: int, status: JobStatus, error: str = "") -> None:
    """End a held job."""
    await update_held(tx, job.job_id, fence, status=status, finished_at=tx.now, lease_until=None, error=error)
    tx.touch(job.spec_id)
    tx.wake(JOBS_TOPIC)


async def end_open(tx: Transaction, job: Row[Any], status: JobStatus) -> None:
    """End an open job whoever holds it, and raise its fence, so that a later holder finds its work done."""
    await tx.conn.execute(
        update(t.jobs)
        .where(t.jobs.c.job_id == job.job_id, t.jobs.c.status.in_(OPEN_JOBS))
        .values(status=status, fence=t.jobs.c.fence + 1, finished_at=tx.now, lease_until=None)
    )
    tx.touch(job.spec_id)
    tx.wake(JOBS_TOPIC)


async def requeue(tx: Transaction, job: Row[Any], fence: int, **values: Any) -> None:
    """Give a held job back to the queue; the next claim raises its fence."""
    await update_held(tx, job.job_id, fence, status=JobStatus.QUEUED, owner="", lease_until=None, **values)
    tx.touch(job.spec_id)
    tx.wake(JOBS_TOPIC)


async def cancel_open(tx: Transaction, spec_id: str, task_ids: Sequence[str] | None = None) -> list[Row[Any]]:
    """Cancel the open jobs of a spec (or of these tasks): status and fence change at once. Returns them as they were."""
    where = and_(t.jobs.c.spec_id == spec_id, t.jobs.c.status.in_(OPEN_JOBS))
    if task_ids is not None:
        where = and_(where, t.jobs.c.task_id.in_(task_ids))
    rows = list((await tx.conn.execute(select(t.jobs).where(where))).all())
    if rows:
        await tx.conn.execute(
            update(t.jobs)
            .where(t.jobs.c.job_id.in_([row.job_id for row in rows]))
            .values(status=JobStatus.CANCELLED, fence=t.jobs.c.fence + 1, finished_at=tx.now, lease_until=None)
        )
        tx.touch(spec_id)
        tx.wake(JOBS_TOPIC)
    return rows


async def change_priority(tx: Transaction, spec_id: str, priority: int) -> None:
    """The waiting jobs of a spec become more or less urgent."""
    await tx.conn.execute(
        update(t.jobs).where(t.jobs.c.spec_id == spec_id, t.jobs.c.status == JobStatus.QUEUED).values(priority=priority)
    )


async def renew(tx: Transaction, owner: str, lease: timedelta) -> int:
    """Renew every lease this server holds; the number of them."""
    result = await tx.conn.execute(
        update(t.jobs).where(t.jobs.c.owner == owner, t.jobs.c.status.in_(HELD_JOBS)).values(lease_until=tx.now + lease)
    )
    return result.rowcount


async def adopt(tx: Transaction, location: str, owner: str, lease: timedelta) -> list[Row[Any]]:
    """Take over, fence and sandbox unchanged, what an earlier server of this host held. It holds the home's lock, so that
    server is dead."""
    where = and_(t.jobs.c.location == location, t.jobs.c.status.in_(HELD_JOBS), t.jobs.c.owner != owner)
    await tx.conn.execute(update(t.jobs).where(where).values(owner=owner, lease_until=tx.now + lease))
    query = select(t.jobs).where(t.jobs.c.owner == owner, t.jobs.c.status.in_(HELD_JOBS))
    return list((await tx.conn.execute(query)).all())


async def held_by(conn: AsyncConnection, owner: str) -> list[Row[Any]]:
    query = select(t.jobs).where(t.jobs.c.owner == owner, t.jobs.c.status.in_(HELD_JOBS)).order_by(t.jobs.c.spec_id)
    return list((await conn.execute(query)).all())


async def held_by_another(conn: AsyncConnection, attempt: Row[Any], owner: str) -> bool:
    """Whether another server than `owner` holds the job at the attempt's fence. A dead one loses it: to its successor
    on that host, or when the lease ran out."""
    query = select(t.jobs.c.job_id).where(
        t.jobs.c.job_id == attempt.job_id,
        t.jobs.c.fence == attempt.fence,
        t.jobs.c.status.in_(HELD_JOBS),
        t.jobs.c.owner != owner,
    )
    return (await conn.execute(query)).one_or_none() is not None


async def held_elsewhere(conn: AsyncConnection, location: str) -> list[Row[Any]]:
    """Held jobs of other hosts; `has_expired` decides by the database's clock which of them are free."""
    query = select(t.jobs).where(t.jobs.c.status.in_(HELD_JOBS), t.jobs.c.location != location)
    return list((await conn.execute(query.order_by(t.jobs.c.spec_id))).all())


async def has_expired(tx: Transaction, job: Row[Any]) -> bool:
    """Whether this attempt still holds the job and its lease ran out."""
    query = select(t.jobs.c.job_id).where(
        t.jobs.c.job_id == job.job_id,
        t.jobs.c.fence == job.fence,
        t.jobs.c.status.in_(HELD_JOBS),
        t.jobs.c.lease_until < tx.now,
    )
    return (await tx.conn.execute(query)).one_or_none() is not None


async def projects_with_queued(conn: AsyncConnection) -> list[str]:
    query = select(t.jobs.c.project_id).where(t.jobs.c.status == JobStatus.QUEUED).distinct()
    return list(await conn.scalars(query.order_by(t.jobs.c.project_id)))


async def claim(
    tx: Transaction, project_id: str, limit: int, owner: str, location: str, lease: timedelta
) -> Row[Any] | None:
    """Claim the first job of the project that may run now; None when there is none.

    The project's row is locked first, so counting and claiming are one step (design section 4). A SYNC job takes no slot.
    """
    await tx.lock_project(project_id)
    project_limit = await tx.conn.scalar(
        select(t.projects.c.max_concurrent_jobs).where(t.projects.c.project_id == project_id)
    )
    held_rows = (
        await tx.conn.execute(
            select(t.jobs.c.kind, t.jobs.c.task_id).where(
                t.jobs.c.project_id == project_id, t.jobs.c.status.in_(HELD_JOBS)
            )
        )
    ).all()
    free = (project_limit or limit) - sum(row.kind != JobKind.SYNC for row in held_rows)
    queued = (
        await tx.conn.execute(
            select(t.jobs)
            .outerjoin(t.tasks, t.tasks.c.task_id == t.jobs.c.task_id)
            .where(t.jobs.c.project_id == project_id, t.jobs.c.status == JobStatus.QUEUED)
            .order_by(*CLAIM_ORDER)
        )
    ).all()
    for row in queued:
        if row.kind != JobKind.SYNC and free <= 0:
            continue
        if row.kind == JobKind.TASK and not await _may_start(tx.conn, row):
            continue
        return await _take(tx, row, owner, location, lease)
    return None


async def _may_start(conn: AsyncConnection, row: Row[Any]) -> bool:
    """Dependencies succeeded, nothing running touches the same files, and the spec is neither planning nor syncing."""
    other = (
        select(func.count())
        .select_from(t.jobs)
        .where(t.jobs.c.spec_id == row.spec_id, t.jobs.c.status.in_(OPEN_JOBS), t.jobs.c.kind != JobKind.TASK)
    )
    if await conn.scalar(other):
        return False
    tasks = (
        await conn.execute(
            select(t.tasks.c.task_id, t.tasks.c.status, t.tasks.c.files, t.tasks.c.depends_on).where(
                t.tasks.c.spec_id == row.spec_id,
                or_(t.tasks.c.active.is_(True), t.tasks.c.status == TaskStatus.RUNNING),
            )
        )
    ).all()
    mine = next((task for task in tasks if task.task_id == row.task_id), None)
    if mine is None or mine.status != TaskStatus.QUEUED:
        return False
    status = {task.task_id: task.status for task in tasks}
    if any(status.get(needed) != TaskStatus.SUCCEEDED for needed in mine.depends_on):
        return False
    running = [task for task in tasks if task.status == TaskStatus.RUNNING]
    return not any(overlap(task.files, mine.files) for task in running)


async def _take(tx: Transaction, row: Row[Any], owner: str, location: str, lease: timedelta) -> Row[Any] | None:
    await tx.lock_specs(row.spec_id)
    result = await tx.conn.execute(
        update(t.jobs)
        .where(t.jobs.c.job_id == row.job_id, t.jobs.c.status == JobStatus.QUEUED, t.jobs.c.fence == row.fence)
        .values(
            status=JobStatus.CLAIMED,
            fence=row.fence + 1,
            owner=owner,
            location=location,
            lease_until=tx.now + lease,
            claimed_at=tx.now,
            started_at=None,
        )
    )
    if result.rowcount != 1:
        return None
    tx.touch(row.spec_id)
    return await job(tx.conn, row.job_id)
