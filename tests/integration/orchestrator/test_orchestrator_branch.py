"""People treat the branch as theirs: commits, rewriting, deleting, checking out. Each ends in the state that says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.tasks import retry_task
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, check_sequences, git


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path / "stage")
    made.plan(task(1), task(2, depends_on=["TSK-001"]))
    made.step("TSK-001", hold=True)
    return made


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def database_url(request: pytest.FixtureRequest) -> str:
    """What is tried here happens outside the database; PostgreSQL has its turn in the long tests."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


async def at_first_task(house: House, stage: Stage) -> Any:
    """The spec while its first task is being worked on: the branch has the documents."""
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    return await house.spec(spec_id)


def commit(repository: Path, branch: str, name: str, content: str, *, onto: str = "") -> str:
    """A person's commit on the branch, in a worktree of their own that is gone again."""
    desk = repository.with_name("desk")
    git(repository, "worktree", "add", "-q", "--detach", str(desk), onto or branch)
    (desk / name).parent.mkdir(parents=True, exist_ok=True)
    (desk / name).write_text(content)
    git(desk, "add", "-A")
    git(desk, "commit", "-q", "-m", f"Change {name}")
    sha = git(desk, "rev-parse", "HEAD")
    git(repository, "worktree", "remove", "--force", str(desk))
    git(repository, "update-ref", f"refs/heads/{branch}", sha)
    return sha


async def by_key(house: House, spec_id: str) -> dict[str, Any]:
    return {row.key: row for row in await house.tasks(spec_id)}


async def paused(house: House, spec_id: str, code: str) -> Any:
    """The first task is paused for this reason, the second waits for it, nothing runs."""
    spec = await house.settled(spec_id)
    found = await by_key(house, spec_id)
    assert (found["TSK-001"].status, found["TSK-001"].code) == ("PAUSED", code), found["TSK-001"].reason
    assert found["TSK-002"].status == "BLOCKED"
    assert spec.status == "COMPLETED"
    house.no_sandbox_is_left()
    return found["TSK-001"]


async def goes_on(house: House, spec_id: str, repository: Path) -> Any:
    """To the end: every task once on the branch."""
    spec = await house.settled(spec_id)
    found = await by_key(house, spec_id)
    assert {row.status for row in found.values()} == {"SUCCEEDED"}, [
        (r.key, r.status, r.reason) for r in found.values()
    ]
    log = git(repository, "log", "--format=%B", f"main..{spec.branch_name}")
    for row in found.values():
        assert log.count(f"Task-Id: {row.task_id}") == 1, log
        assert row.evidence["tree"] == git(repository, "rev-parse", f"{row.commit_sha}^{{tree}}")
    assert git(repository, "rev-parse", spec.branch_name) == spec.branch_tip
    check_sequences(await house.events(spec_id))
    return spec


async def test_a_persons_commit_stays_and_the_work_goes_on_top(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    theirs = commit(repository, spec.branch_name, "notes.md", "mine\n")
    stage.release("TSK-001")
    spec = await goes_on(house, spec.spec_id, repository)
    first = (await by_key(house, spec.spec_id))["TSK-001"]
    assert git(repository, "rev-parse", f"{first.commit_sha}^") == theirs
    rows = await house.events(spec.spec_id)
    checks = [row for row in rows if row.type == "command.finished" and "parts/1.txt" in row.message]
    assert len(checks) == 2, "checked again on the tree that was pushed"
    assert any("1 commit by Mara" in row.message for row in rows if row.type == "spec.note")


async def test_a_conflict_is_kept_and_tried_once_more(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    commit(repository, spec.branch_name, "parts/1.txt", "mine\n")
    stage.release("TSK-001")
    spec = await goes_on(house, spec.spec_id, repository)
    types = await house.types(spec.spec_id)
    assert types.count("task.requeued") == 1
    assert (await by_key(house, spec.spec_id))["TSK-001"].conflicts == 1
    why = next(row.message for row in await house.events(spec.spec_id) if row.type == "task.requeued")
    assert "parts/1.txt" in why
    assert "refs/omoi/wip/" in why
    kept = wip(house, (await by_key(house, spec.spec_id))["TSK-001"].task_id)
    assert "Do part 1" in git(mirror(house), "show", f"{kept}:parts/1.txt")
    assert "refs/omoi" not in git(repository, "for-each-ref"), "never pushed"


async def test_a_second_conflict_is_for_a_person(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    for number in (1, 2):
        await stage.begun("TSK-001", number)
        await in_the_way(house, stage, repository, spec.spec_id, number)
    await house.settled(spec.spec_id)
    found = await by_key(house, spec.spec_id)
    assert (found["TSK-001"].status, found["TSK-001"].code) == ("FAILED", "MERGE_CONFLICT")
    assert found["TSK-002"].status == "BLOCKED"
    for words in ("parts/1.txt", "refs/omoi/wip/", "Resolve it by hand or retry"):
        assert words in found["TSK-001"].reason
    assert wip(house, found["TSK-001"].task_id)
    # A person's retry may meet one conflict again: they are counted for each time, not for the task's life.
    await retry_task(house.office, house.caller, found["TSK-001"].task_id, "")
    await stage.begun("TSK-001", 3)
    await in_the_way(house, stage, repository, spec.spec_id, 3)
    await stage.begun("TSK-001", 4)
    stage.release("TSK-001")
    await goes_on(house, spec.spec_id, repository)


async def in_the_way(house: House, stage: Stage, repository: Path, spec_id: str, number: int) -> None:
    """While the first task is held, commit to its file; let the attempt find that, and hold the next one."""
    spec = await house.spec(spec_id)
    theirs = commit(repository, spec.branch_name, "parts/1.txt", f"mine {number}\n")
    stage.release("TSK-001")
    await house.until(spec_id, lambda row: row.branch_tip == theirs)
    stage.hold("TSK-001")


def mirror(house: House) -> Path:
    return house.office.home / "mirrors" / f"{house.project_id}.git"


def wip(house: House, task_id: str) -> str:
    return git(mirror(house), "rev-parse", f"refs/omoi/wip/{task_id}")


async def test_a_rewritten_branch_pauses_the_task(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    theirs = commit(repository, spec.branch_name, "notes.md", "rewritten\n", onto="main")
    stage.release("TSK-001")
    row = await paused(house, spec.spec_id, "BRANCH_REWRITTEN")
    assert git(repository, "rev-parse", spec.branch_name) == theirs, "nothing was pushed over it"
    # The remedy, as the message gives it.
    command = row.reason[row.reason.index("git push origin") : row.reason.index(" --force)")]
    refspec = command.split()[-1]
    sha, ref = refspec.split(":")
    git(repository, "update-ref", ref, git(repository, "rev-parse", sha))
    await retry_task(house.office, house.caller, row.task_id, "")
    await goes_on(house, spec.spec_id, repository)


async def test_a_rewritten_branch_may_be_deleted_instead(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    commit(repository, spec.branch_name, "notes.md", "rewritten\n", onto="main")
    stage.release("TSK-001")
    row = await paused(house, spec.spec_id, "BRANCH_REWRITTEN")
    assert "delete the branch" in row.reason
    git(repository, "branch", "-q", "-D", spec.branch_name)
    answer = await execute_spec(house.office, house.caller, spec.spec_id, "", "")
    assert answer.started
    await goes_on(house, spec.spec_id, repository)


async def test_a_deleted_branch_is_made_again(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    git(repository, "branch", "-q", "-D", spec.branch_name)
    stage.release("TSK-001")
    spec = await goes_on(house, spec.spec_id, repository)
    assert git(repository, "rev-list", "--count", f"main..{spec.branch_name}") == "3", "with all that was on it"


async def test_a_checked_out_branch_pauses_the_task(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    git(repository, "checkout", "-q", spec.branch_name)
    stage.release("TSK-001")
    row = await paused(house, spec.spec_id, "PUSH_CHECKED_OUT")
    assert f"git -C {repository} switch --detach" in row.reason
    assert git(repository, "status", "--porcelain") == "", "nobody's files were changed"
    git(repository, "switch", "-q", "--detach")
    await retry_task(house.office, house.caller, row.task_id, "")
    await goes_on(house, spec.spec_id, repository)


async def test_a_branch_named_spec_pauses_planning(house: House, stage: Stage, repository: Path) -> None:
    git(repository, "branch", "spec")
    stage.release("TSK-001")
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    assert (spec.status, spec.current_phase) == ("PAUSED", "SYNC")
    assert f"git -C {repository} branch -m spec spec-old" in spec.waiting_for
    assert "spec.paused" in await house.types(spec_id)
    assert {row.status for row in await house.tasks(spec_id)} == {"DRAFT"}
    git(repository, "branch", "-m", "spec", "spec-old")
    answer = await execute_spec(house.office, house.caller, spec_id, "", "")
    assert answer.started
    spec = await goes_on(house, spec_id, repository)
    assert (spec.status, spec.waiting_for) == ("COMPLETED", "")


async def test_an_origin_that_is_away_for_a_while(house: House, stage: Stage, repository: Path) -> None:
    spec = await at_first_task(house, stage)
    away = repository.with_name("moved-away")
    repository.rename(away)
    stage.release("TSK-001")
    await house.settled(spec.spec_id)
    found = await by_key(house, spec.spec_id)
    assert found["TSK-001"].status in ("FAILED", "PAUSED")
    assert str(repository) in found["TSK-001"].reason
    assert found["TSK-001"].code.startswith("REPOSITORY"), found["TSK-001"].code
    house.no_sandbox_is_left()
    away.rename(repository)
    await retry_task(house.office, house.caller, found["TSK-001"].task_id, "")
    await goes_on(house, spec.spec_id, repository)


async def test_an_origin_that_is_away_when_planning_begins(house: House, stage: Stage, repository: Path) -> None:
    stage.release("TSK-001")
    spec_id = await house.launch()
    away = repository.with_name("moved-away")
    repository.rename(away)
    await house.start()
    spec = await house.settled(spec_id)
    assert spec.status in ("FAILED", "PAUSED")
    assert str(repository) in spec.reason
    away.rename(repository)
    await execute_spec(house.office, house.caller, spec_id, "", "")
    await goes_on(house, spec_id, repository)
