"""What waits for what: places in the queue, free slots, tasks that wait for others.

The order and the limits are those by which `store.jobs.claim` chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import HELD_JOBS, JobKind, JobStatus, SpecStatus, TaskStatus
from omoi_server.store import tables as t
from omoi_server.store.jobs import CLAIM_ORDER
from omoi_server.store.views_counts import TaskLine


@dataclass(frozen=True)
class Place:
    """The first queued job of a spec: `ahead` jobs of its project come before it. `task_id` is empty for planning."""

    ahead: int
    task_id: str


@dataclass(frozen=True)
class Queue:
    """Who waits in the projects of a page of specs. `full`: limit of each project that has no free slot."""

    places: Mapping[str, Place]
    working: frozenset[str]
    full: Mapping[str, int]


async def queue(
    conn: AsyncConnection, spec_ids: Sequence[str], project_ids: Sequence[str], default_limit: int
) -> Queue:
    """The queue as these specs see it. `default_limit` holds for projects without a limit of their own.

    A SYNC job takes no slot and does not queue for one.
    """
    jobs = t.jobs.c
    waiting = (
        select(
            jobs.spec_id,
            jobs.task_id,
            (func.row_number().over(partition_by=jobs.project_id, order_by=CLAIM_ORDER) - 1).label("ahead"),
        )
        .select_from(t.jobs.outerjoin(t.tasks, t.tasks.c.task_id == jobs.task_id))
        .where(jobs.project_id.in_(project_ids), jobs.status == JobStatus.QUEUED, jobs.kind != JobKind.SYNC)
        .subquery()
    )
    query = select(waiting).where(waiting.c.spec_id.in_(spec_ids)).order_by(waiting.c.ahead)
    places: dict[str, Place] = {}
    for spec_id, task_id, ahead in await conn.execute(query):
        places.setdefault(spec_id, Place(int(ahead), task_id))
    held = select(jobs.spec_id).where(jobs.spec_id.in_(spec_ids), jobs.status.in_(HELD_JOBS)).distinct()
    return Queue(places, frozenset(await conn.scalars(held)), await _full(conn, project_ids, default_limit))


async def _full(conn: AsyncConnection, project_ids: Sequence[str], default_limit: int) -> dict[str, int]:
    jobs, projects = t.jobs.c, t.projects.c
    query = (
        select(projects.project_id, projects.max_concurrent_jobs, func.count())
        .join(t.jobs, jobs.project_id == projects.project_id)
        .where(projects.project_id.in_(project_ids), jobs.status.in_(HELD_JOBS), jobs.kind != JobKind.SYNC)
        .group_by(projects.project_id, projects.max_concurrent_jobs)
    )
    full: dict[str, int] = {}
    for project_id, own_limit, count in await conn.execute(query):
        limit = own_limit or default_limit
        if count >= limit:
            full[project_id] = limit
    return full


def task_waits_for(task: TaskLine, plan: Sequence[TaskLine], limit: int | None) -> str:
    """What a queued task waits for, in words; "" if nothing keeps it. `limit`: of its project, when no slot is free."""
    if task.status != TaskStatus.QUEUED:
        return ""
    by_id = {other.task_id: other for other in plan}
    missing = [
        by_id[needed].name if needed in by_id else needed
        for needed in task.depends_on
        if needed not in by_id or by_id[needed].status != TaskStatus.SUCCEEDED
    ]
    if missing:
        return ", ".join(missing)
    for other in plan:
        if other.status == TaskStatus.RUNNING and other.task_id != task.task_id:
            shared = sorted(set(other.files).intersection(task.files))
            if shared:
                return f"another task on {shared[0]}"
    return _slot(limit)


def spec_waits_for(
    spec_id: str,
    status: str,
    stored: str,
    review: str,
    tasks: Sequence[TaskLine],
    known: Queue,
    limit: int | None,
) -> str:
    """What a spec as a whole waits for, in words.

    `stored` is what the orchestrator wrote; `review` names the version at the gate, such as "REQUIREMENTS v2". A spec
    of which something runs waits for nothing.
    """
    if stored:
        return stored
    if status == SpecStatus.AWAITING_REVIEW:
        return f"approval of {review}"
    if spec_id in known.working:
        return ""
    place = known.places.get(spec_id)
    if place is not None:
        first = next((task for task in tasks if task.task_id == place.task_id), None)
        return task_waits_for(first, tasks, limit) if first else _slot(limit)
    paused = [task for task in tasks if task.status == TaskStatus.PAUSED]
    if paused and status == SpecStatus.COMPLETED:
        code = f" ({paused[0].code})" if paused[0].code else ""
        return f"somebody to look at {paused[0].name}{code}"
    return ""


def _slot(limit: int | None) -> str:
    return f"a free slot (limit {limit})" if limit is not None else ""
