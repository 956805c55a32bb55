"""Which task runs when: dependencies, common files, limits, priorities."""

from __future__ import annotations

from pathlib import Path

import pytest

from omoi_server.orchestrator.launch import LaunchCommand, create_ticket
from omoi_server.orchestrator.projects import update_project
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, check_sequences, git


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


async def test_dependent_tasks_run_in_order_others_side_by_side(house: House, stage: Stage, repository: Path) -> None:
    stage.plan(
        task(1, depends_on=["TSK-003"]),
        task(2, depends_on=["TSK-001"]),
        task(3),
        task(4),
    )
    stage.step("TSK-003", hold=True)
    stage.step("TSK-004", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-003")
    await stage.begun("TSK-004")
    stage.release("TSK-003")
    stage.release("TSK-004")
    spec = await house.settled(spec_id)
    played = [name for kind, name in stage.log() if kind == "begin" and name.startswith("TSK")]
    assert set(played[:2]) == {"TSK-003", "TSK-004"}, "both are free and run side by side"
    assert played[2:] == ["TSK-001", "TSK-002"]
    rows = await house.events(spec_id)
    check_sequences(rows)
    told = [(row.type, row.payload["task"]["key"]) for row in rows if row.type in ("task.started", "task.succeeded")]
    assert told.index(("task.succeeded", "TSK-003")) < told.index(("task.started", "TSK-001"))
    assert told.index(("task.succeeded", "TSK-001")) < told.index(("task.started", "TSK-002"))
    # Two ran side by side from one tip: the later one was put on top of the earlier and checked again there.
    for row in await house.tasks(spec_id):
        assert row.status == "SUCCEEDED"
        tree = git(repository, "rev-parse", f"{row.commit_sha}^{{tree}}")
        assert row.evidence["tree"] == tree, row.key
    assert git(repository, "rev-list", "--count", f"main..{spec.branch_name}") == "5"


async def test_tasks_with_a_common_file_run_one_after_another(house: House, stage: Stage) -> None:
    stage.plan(
        task(1, files=["shop/auth.py"]),
        task(2, files=["shop"]),
        task(3, files=["docs/x.md"], depends_on=[]),
    )
    stage.step("TSK-001", hold=True)
    stage.step("TSK-002", files={"shop/new.py": "x = 1\n"}, check=["test", "-e", "shop/new.py"])
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    await stage.begun("TSK-003")
    await house.until(spec_id, lambda row: "TSK-003 done" in row.last_work)
    assert ("begin", "TSK-002") not in stage.log(), "shop/ holds shop/auth.py, which is being worked on"
    stage.release("TSK-001")
    await house.settled(spec_id)
    log = stage.log()
    assert log.index(("end", "TSK-001")) < log.index(("begin", "TSK-002"))
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}


async def test_a_project_has_so_many_slots_and_no_more(house: House, stage: Stage) -> None:
    await update_project(house.office, house.caller, house.project_id, {"max_concurrent_jobs": 2}, "")
    specs = []
    for number in range(5):
        title = f"quick-{number}"
        stage.step(title, hold=True)
        priority = {3: "CRITICAL", 4: "LOW"}.get(number, "")
        command = LaunchCommand(title, "", house.project_id, priority=priority)
        specs.append((await create_ticket(house.office, house.caller, command)).spec_id)
    await house.start()
    expected = ["quick-3", "quick-0", "quick-1", "quick-2", "quick-4"]
    for number, name in enumerate(expected):
        await stage.begun(name)
        if number >= 1:
            running = {n for kind, n in stage.log() if kind == "begin"} - {
                n for kind, n in stage.log() if kind == "end"
            }
            assert len(running) <= 2
            stage.release(expected[number - 1])
    stage.release(expected[-1])
    for spec_id in specs:
        await house.settled(spec_id)
    begun = [name for kind, name in stage.log() if kind == "begin"]
    assert begun[0] == "quick-3" or begun[1] == "quick-3"
    assert begun[2:] == expected[2:], "priority first, then age"
