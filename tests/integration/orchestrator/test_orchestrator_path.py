"""One idea from its words to a branch, through every room."""

from __future__ import annotations

from pathlib import Path

from omoi_server.orchestrator.publish import create_pull_request, read_pull_request
from tests.offices import House, check_sequences, git


async def test_an_idea_becomes_a_branch(house: House, repository: Path) -> None:
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    rows = await house.events(spec_id)
    check_sequences(rows)
    assert spec.status == "COMPLETED", [(row.type, row.message) for row in rows]
    tasks = await house.tasks(spec_id)
    assert tasks
    assert {task.status for task in tasks} == {"SUCCEEDED"}, [(task.key, task.status, task.reason) for task in tasks]
    log = git(repository, "log", "--format=%H %s", f"main..{spec.branch_name}").splitlines()
    assert len(log) == len(tasks) + 1, "the plan, then one commit per task"
    assert git(repository, "rev-parse", spec.branch_name) == spec.branch_tip
    for task in tasks:
        assert f"Task-Id: {task.task_id}" in git(repository, "log", "-1", "--format=%B", task.commit_sha)
        assert task.evidence["exit_code"] == 0
        assert task.evidence["tree"] == git(repository, "rev-parse", f"{task.commit_sha}^{{tree}}")
    pull_request, existed = await create_pull_request(house.office, house.caller, spec_id, False, False, "")
    assert not existed
    text = Path(pull_request.url).read_text()
    assert tasks[0].commit_sha[:7] in text
    opened = await read_pull_request(house.office, spec_id)
    assert opened.pull_request == pull_request and "REQ-001" in opened.body
    again, existed = await create_pull_request(house.office, house.caller, spec_id, False, False, "")
    assert existed
    assert again == pull_request
