"""A journal that lies: the attempt fails and says why; nothing else changes, nothing runs, nothing leaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.launch import LaunchCommand, create_ticket
from omoi_server.store import sandboxes
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, check_sequences, git

FRAME = [
    ("gap", "a line is missing or doubled"),
    ("double", "a line is missing or doubled"),
    ("unknown type", "unknown type"),
    ("no JSON", "not readable"),
    ("a list", "another number"),
    ("deep", "not readable"),
    ("second start", "only line 1 is start"),
    ("journal is a link", "leads through a link"),
    ("journal is a pipe", "not an ordinary file"),
    ("long line", "longer than 1,048,576 bytes"),
    ("long open line", "longer than 1,048,576 bytes"),
    ("huge number", "lacks"),
    ("lacks text", "lacks text"),
    ("true is no number", "lacks id"),
    ("other job", "another job, fence, spec or sandbox"),
    ("other fence", "another job, fence, spec or sandbox"),
    ("other spec", "another job, fence, spec or sandbox"),
    ("other sandbox", "another job, fence, spec or sandbox"),
]
PLAN = [
    ("wrong phase", "brings 'TASKS', but EXPLORE is due"),
    ("no phase", "brings an output of 'SYNC'"),
    ("attempt 9", "attempt 9"),
    ("phase_start of SYNC", "line 4 starts "),
    ("huge attempt", "lacks attempt"),
    ("data is text", "no object"),
    ("data elsewhere", "cannot be read"),
    ("deep data", "nested too deeply"),
    ("result of a plan", "this job plans"),
]
TASK = [
    ("digest", "not the file that the journal named"),
    ("link", "leads through a link"),
    ("outside", "not a path inside out/"),
    ("rubbish bundle", "bundle"),
    ("foreign commit", "bundle"),
    ("option", "bundle"),
    ("trailer", "trailers are not those"),
    ("two tasks", "trailers are not those"),
    ("author", "another author"),
    ("escape", "control characters"),
    ("tree", "the tree that was checked"),
    ("red", "the check failed"),
    ("no evidence", "the evidence lacks"),
    ("other parent", "parent"),
    ("odd conflict", "cannot be kept"),
    ("output of a task", "line"),
]


def every_third(*lies: tuple[str, str]) -> list[Any]:
    """Each lie costs a whole office: `make test` tells every third, the long run all of them."""
    return [lie if index % 3 == 0 else pytest.param(*lie, marks=pytest.mark.full) for index, lie in enumerate(lies)]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path / "stage")
    made.step("Say hello")
    return made


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


async def told(house: House, spec_id: str, event_type: str) -> str:
    """The message of the one event of that type; the log has no gap and the sandbox is gone."""
    rows = await house.events(spec_id)
    check_sequences(rows)
    (message,) = [row.message for row in rows if row.type == event_type]
    house.no_sandbox_is_left()
    return str(message)


async def planned(house: House) -> tuple[str, Any]:
    spec_id = await house.launch()
    await house.start()
    return spec_id, await house.settled(spec_id, 20)


async def worked(house: House) -> tuple[str, Any]:
    made = await create_ticket(house.office, house.caller, LaunchCommand("Say hello", "", house.project_id))
    await house.start()
    return made.spec_id, await house.settled(made.spec_id, 20)


class OnSqlite:
    """What a line may say does not depend on the database."""

    @pytest.fixture
    def database_url(self, sqlite_url: str) -> str:
        return sqlite_url


class TestPlanning(OnSqlite):
    @pytest.mark.parametrize(("lie", "why"), every_third(*FRAME, *PLAN))
    async def test_the_spec_fails_and_goes_on_with_an_honest_worker(
        self, house: House, stage: Stage, lie: str, why: str
    ) -> None:
        stage.lie(lie, at="plan")
        spec_id, spec = await planned(house)
        assert (spec.status, bool(spec.settled)) == ("FAILED", True)
        assert why in spec.reason
        assert spec.reason.startswith("journal_corrupt: ")
        assert "ExecuteSpec tries again." in await told(house, spec_id, "spec.execution_failed")
        assert await house.outputs(spec_id) == {}, "nothing of it was believed"
        if lie not in ("gap", "wrong phase"):
            return  # two of them show that it goes on; the way is the same
        stage.lie("")
        await execute_spec(house.office, house.caller, spec_id, "", "")
        assert (await house.settled(spec_id)).status == "COMPLETED"


class TestTask(OnSqlite):
    @pytest.mark.parametrize(("lie", "why"), every_third(*TASK))
    async def test_the_task_fails_and_nothing_is_pushed(
        self, house: House, stage: Stage, repository: Path, lie: str, why: str
    ) -> None:
        before = git(repository, "for-each-ref")
        stage.lie(lie, at="task")
        spec_id, spec = await worked(house)
        (row,) = await house.tasks(spec_id)
        assert (spec.status, row.status, row.code) == ("COMPLETED", "FAILED", "JOURNAL_CORRUPT")
        assert why in row.reason
        assert "failed" in await told(house, spec_id, "task.failed")
        assert git(repository, "for-each-ref") == before
        assert (row.commit_sha, spec.branch_tip) == ("", "")
        assert list(house.office.scratch().iterdir()) == [], "no fetched file is left behind"
        assert not (house.office.home / "pwned").exists()

    async def test_an_end_without_a_result_is_a_failure(self, house: House, stage: Stage) -> None:
        stage.lie("early end", at="task")
        spec_id, _ = await worked(house)
        (row,) = await house.tasks(spec_id)
        assert (row.status, row.code, row.reason) == ("FAILED", "TASK_FAILED", "all done, believe me")


async def test_a_gate_that_is_not_there_ends_planning(house: House, stage: Stage) -> None:
    stage.lie("gated", at="plan")
    spec_id, spec = await planned(house)
    assert (spec.status, spec.reason) == ("FAILED", "the worker stopped at a gate that is not there.")
    assert (await house.types(spec_id)).count("sandbox.created") == 2, "once more, not for ever"
    house.no_sandbox_is_left()


async def test_no_score_helps_a_cyclic_plan(house: House, stage: Stage) -> None:
    """The worker says 1.0; the server finds the cycle, three times. What was finished stays finished."""
    stage.plan(task(1, depends_on=["TSK-002"]), task(2, depends_on=["TSK-001"]))
    stage.lie("score", at="plan")
    spec_id, spec = await planned(house)
    assert spec.status == "FAILED"
    assert "did not pass in 3 attempts" in spec.reason
    rows = await house.events(spec_id)
    judged = [row.payload["phase_progress"] for row in rows if row.type in ("spec.phase_retry", "spec.phase_failed")]
    assert [entry["attempt"] for entry in judged] == [1, 2, 3]
    assert all("wait for each other: TSK-0" in entry["findings"][0] for entry in judged)
    assert "TASKS" not in await house.outputs(spec_id)
    assert await house.tasks(spec_id) == []
    finished = {phase: (row.version, row.digest) for phase, row in (await house.outputs(spec_id)).items()}
    stage.plan(task(1), task(2, depends_on=["TSK-001"]))
    answer = await execute_spec(house.office, house.caller, spec_id, "", "")
    assert answer.message == "Reused: explore, requirements, design. Goes on with tasks."
    spec = await house.settled(spec_id)
    assert (spec.status, spec.reason) == ("COMPLETED", "")
    outputs = await house.outputs(spec_id)
    assert {phase: (outputs[phase].version, outputs[phase].digest) for phase in finished} == finished
    starts = [row.phase for row in await house.events(spec_id) if row.type == "spec.phase_started"]
    assert starts == ["EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "TASKS", "TASKS", "TASKS", "SYNC"]
    check_sequences(await house.events(spec_id))


async def test_text_that_no_database_takes_is_cleaned(house: House, stage: Stage) -> None:
    stage.lie("odd text", at="plan")
    spec_id, spec = await planned(house)
    assert spec.status == "COMPLETED", spec.reason
    notes = [row.message for row in await house.events(spec_id) if row.type == "spec.note"]
    assert "ab?c[31m" in notes
    for row in await house.events(spec_id):
        json.dumps(row.message).encode()
        assert "\x00" not in row.message
        assert "\x1b" not in row.message


async def test_odd_last_words_are_cleaned(house: House, stage: Stage) -> None:
    stage.lie("odd outcome", at="task")
    spec_id, _ = await worked(house)
    (row,) = await house.tasks(spec_id)
    assert (row.status, row.code) == ("FAILED", "TASK_FAILED")
    house.no_sandbox_is_left()


async def test_nothing_of_the_server_is_in_the_workers_environment(
    house: House, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp-secret")
    monkeypatch.setenv("OMOI_HOME", str(house.office.home))
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("PYTHONPATH", "/tmp/evil")
    monkeypatch.setenv("GIT_SSH_COMMAND", "touch pwned")
    stage.step("EXPLORE", hold=True)
    spec_id = await house.launch()
    await house.start()
    pid = await stage.begun("EXPLORE")
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().rstrip("\0").split("\0")
    found = dict(pair.split("=", 1) for pair in pairs)
    stage.release("EXPLORE")
    await house.settled(spec_id)
    assert set(found) <= {"PATH", "LANG", "HOME", "TMPDIR", "SPEC_ID", "SPEC_PHASE", "SANDBOX_ID", "JOB_ID"}
    assert (found["SPEC_ID"], found["SPEC_PHASE"]) == (spec_id, "EXPLORE")
    async with house.office.db.read() as conn:
        row = await sandboxes.find(conn, found["SANDBOX_ID"])
    assert row is not None
    assert row.job_id == found["JOB_ID"]
    assert found["HOME"].endswith(f"{found['SANDBOX_ID']}/home")
