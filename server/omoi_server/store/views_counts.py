"""How far the tasks and criteria of specs are, counted for a whole page of specs at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import Outcome, SpecStatus, TaskStatus
from omoi_server.store import tables as t


@dataclass(frozen=True)
class TaskLine:
    """A task of the current plan, as far as counting and waiting need it. `depends_on` are task ids."""

    spec_id: str
    task_id: str
    key: str
    title: str
    status: str
    code: str
    requirements: tuple[str, ...]
    files: tuple[str, ...]
    depends_on: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a person calls it: its key, or the title of a quick task."""
        return self.key or self.title or self.task_id


@dataclass(frozen=True)
class ExecutionView:
    """The tasks of a spec, counted. A DRAFT task is in `total` only: it neither waits nor runs."""

    total: int
    by_status: Mapping[str, int]
    outcome: Outcome

    @property
    def is_complete(self) -> bool:
        """There are tasks and every one succeeded."""
        return self.total > 0 and self.by_status.get(TaskStatus.SUCCEEDED, 0) == self.total


@dataclass(frozen=True)
class CriteriaCount:
    """Criteria whose requirement's tasks all succeeded, of all."""

    done: int = 0
    total: int = 0


_UNDECIDED = (TaskStatus.DRAFT, TaskStatus.QUEUED, TaskStatus.RUNNING, TaskStatus.PAUSED)


def execution(status: str, tasks: Sequence[TaskLine]) -> ExecutionView:
    """Count the tasks of a spec in this status.

    The outcome is one word (design section 3): nothing yet; CANCELLED with the spec, unless all had succeeded; OPEN
    while something can run or waits for a person; then FAILED if one failed; a rest of cancelled tasks is CANCELLED.
    """
    counts = Counter(task.status for task in tasks)
    if not tasks:
        outcome = Outcome.UNSPECIFIED
    elif counts[TaskStatus.SUCCEEDED] == len(tasks):
        outcome = Outcome.SUCCEEDED
    elif status == SpecStatus.CANCELLED:
        outcome = Outcome.CANCELLED
    elif any(counts[open_status] for open_status in _UNDECIDED):
        outcome = Outcome.OPEN
    elif counts[TaskStatus.FAILED]:
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.CANCELLED
    return ExecutionView(len(tasks), dict(counts), outcome)


async def task_lines(conn: AsyncConnection, spec_ids: Sequence[str]) -> dict[str, list[TaskLine]]:
    """The tasks of the current plan of each spec, in the order of the plan."""
    columns = t.tasks.c
    query = (
        select(
            columns.spec_id,
            columns.task_id,
            columns.key,
            columns.title,
            columns.status,
            columns.code,
            columns.requirements,
            columns.files,
            columns.depends_on,
        )
        .where(columns.spec_id.in_(spec_ids), columns.active.is_(True))
        .order_by(columns.spec_id, columns.position, columns.task_id)
    )
    found: dict[str, list[TaskLine]] = defaultdict(list)
    for row in (await conn.execute(query)).mappings():
        found[row["spec_id"]].append(
            TaskLine(
                **{name: row[name] for name in ("spec_id", "task_id", "key", "title", "status", "code")},
                requirements=tuple(row["requirements"]),
                files=tuple(row["files"]),
                depends_on=tuple(row["depends_on"]),
            )
        )
    return found


async def criteria(
    conn: AsyncConnection, spec_ids: Sequence[str], tasks: Mapping[str, Sequence[TaskLine]]
) -> dict[str, CriteriaCount]:
    """The criteria of each spec: from the tables after SYNC, from the newest valid REQUIREMENTS output before."""
    columns = t.acceptance_criteria.c
    query = (
        select(columns.spec_id, columns.requirement_id, func.count())
        .where(columns.spec_id.in_(spec_ids), columns.active.is_(True))
        .group_by(columns.spec_id, columns.requirement_id)
    )
    found: dict[str, CriteriaCount] = {}
    done: dict[str, set[str]] = {}
    for spec_id, requirement_id, count in await conn.execute(query):
        if spec_id not in done:
            done[spec_id] = _finished_requirements(tasks.get(spec_id, ()))
        before = found.get(spec_id, CriteriaCount())
        finished = count if requirement_id in done[spec_id] else 0
        found[spec_id] = CriteriaCount(before.done + finished, before.total + count)
    missing = [spec_id for spec_id in spec_ids if spec_id not in found]
    for spec_id, count in (await _planned_criteria(conn, missing)).items():
        found[spec_id] = CriteriaCount(0, count)
    return found


def _finished_requirements(tasks: Sequence[TaskLine]) -> set[str]:
    """Requirements that at least one task serves, and whose tasks all succeeded."""
    status: dict[str, bool] = {}
    for task in tasks:
        for requirement in {reference.split(".", 1)[0] for reference in task.requirements}:
            status[requirement] = status.get(requirement, True) and task.status == TaskStatus.SUCCEEDED
    return {requirement for requirement, succeeded in status.items() if succeeded}


_COUNT_CRITERIA = {
    "sqlite": "(SELECT sum(json_array_length(each.value, '$.criteria'))"
    " FROM json_each(o.data, '$.requirements') AS each)",
    "postgresql": "(SELECT sum(json_array_length(each.value -> 'criteria'))"
    " FROM json_array_elements(o.data -> 'requirements') AS each)",
}


async def _planned_criteria(conn: AsyncConnection, spec_ids: Sequence[str]) -> dict[str, int]:
    """Criteria in the newest valid REQUIREMENTS output; counted in the database, the documents can be large."""
    if not spec_ids:
        return {}
    outputs = t.phase_outputs.alias("o")
    newer = t.phase_outputs.alias("newer")
    same = and_(newer.c.spec_id == outputs.c.spec_id, newer.c.phase == outputs.c.phase)
    is_newest = ~select(newer.c.version).where(same, newer.c.version > outputs.c.version).exists()
    count: Any = text(_COUNT_CRITERIA[conn.dialect.name])
    query = select(outputs.c.spec_id, count).where(
        outputs.c.spec_id.in_(spec_ids), outputs.c.phase == "REQUIREMENTS", outputs.c.valid.is_(True), is_newest
    )
    return {spec_id: int(total or 0) for spec_id, total in await conn.execute(query)}
