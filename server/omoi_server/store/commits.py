"""Which attempts still count and which commits are still needed: what must not be swept from a project's mirror."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import OPEN_JOBS, IntentStatus
from omoi_server.store import tables as t


async def project_ids(conn: AsyncConnection) -> list[str]:
    """Every project, archived or not."""
    return list(await conn.scalars(select(t.projects.c.project_id).order_by(t.projects.c.project_id)))


async def counting_attempts(conn: AsyncConnection, project_id: str) -> set[tuple[str, int]]:
    """(job, fence) of attempts whose job is open or whose push has no end yet."""
    open_jobs = select(t.jobs.c.job_id, t.jobs.c.fence).where(
        t.jobs.c.project_id == project_id, t.jobs.c.status.in_(OPEN_JOBS)
    )
    pushing = (
        select(t.intents.c.job_id, t.intents.c.fence)
        .join(t.jobs, t.jobs.c.job_id == t.intents.c.job_id)
        .where(t.jobs.c.project_id == project_id, t.intents.c.status == IntentStatus.OPEN)
    )
    rows = [*(await conn.execute(open_jobs)), *(await conn.execute(pushing))]
    return {(row.job_id, row.fence) for row in rows}


async def needed_commits(conn: AsyncConnection, project_id: str) -> set[str]:
    """Bases and tips of the specs, commits of their tasks, and what an open push is about."""
    specs, tasks, intents = t.specs.c, t.tasks.c, t.intents.c
    of_project = specs.project_id == project_id
    queries = (
        select(specs.base_commit, specs.branch_tip).where(of_project),
        select(tasks.commit_sha).join(t.specs, specs.spec_id == tasks.spec_id).where(of_project),
        select(intents.old_tip, intents.new_sha)
        .join(t.specs, specs.spec_id == intents.spec_id)
        .where(of_project, intents.status == IntentStatus.OPEN),
    )
    found: set[str] = set()
    for query in queries:
        for row in await conn.execute(query):
            found.update(commit for commit in row if commit)
    return found
