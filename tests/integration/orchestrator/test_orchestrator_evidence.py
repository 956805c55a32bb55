"""What an attempt that was ended leaves: its transcript and its last commit, kept and never counted."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omoi_server.errors import RepositoryError
from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.execute import execute_spec
from tests.integration.orchestrator.stage import Stage, task
from tests.integration.orchestrator.test_orchestrator_away import behind_a_line
from tests.offices import House, git


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path / "stage")
    made.plan(task(1))
    return made


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def mirror(house: House) -> Path:
    return house.office.home / "mirrors" / f"{house.project_id}.git"


def transcripts(house: House) -> dict[str, list[dict[str, Any]]]:
    found = (house.office.home / "evidence").glob("*")
    return {path.name: [json.loads(line) for line in path.read_text().splitlines()] for path in found}


async def test_work_that_was_handed_out_before_a_cancel_is_kept(house: House, stage: Stage, repository: Path) -> None:
    """The origin is away, so the result waits unpushed; then somebody cancels."""
    line = behind_a_line(house)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    line.cut = True
    stage.release("TSK-001")
    await line.failed_times(1)
    await cancel_spec(house.office, house.caller, spec_id, "enough", "")
    await house.settled(spec_id, 10)
    (row,) = await house.tasks(spec_id)
    assert (row.status, row.commit_sha) == ("CANCELLED", "")
    ref = f"refs/omoi/wip/{row.task_id}"
    kept = git(mirror(house), "rev-parse", ref)
    assert git(mirror(house), "show", f"{kept}:parts/1.txt") == "Do part 1"
    stopped = [event.message for event in await house.events(spec_id) if event.type == "sandbox.stopped"][-1]
    assert kept[:12] in stopped and ref in stopped
    assert kept not in git(repository, "rev-list", "--all"), "evidence is never pushed"
    (lines,) = transcripts(house).values()
    assert [entry["type"] for entry in lines][:1] == ["start"] and "output" in {entry["type"] for entry in lines}
    line.cut = False
    await execute_spec(house.office, house.caller, spec_id, "", "")
    await house.settled(spec_id)
    assert [row.status for row in await house.tasks(spec_id)] == ["SUCCEEDED"]


async def test_a_killed_workers_transcript_is_kept(house: House, stage: Stage) -> None:
    """It could not name the file any more."""
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    os.kill(await stage.begun("TSK-001"), signal.SIGKILL)
    await stage.begun("TSK-001", 2)
    stage.release("TSK-001")
    await house.settled(spec_id)
    assert [row.status for row in await house.tasks(spec_id)] == ["SUCCEEDED"]
    ((name, lines),) = transcripts(house).items()
    assert name.startswith("sbx-") and lines[0]["type"] == "start" and "end" not in {entry["type"] for entry in lines}


async def test_a_success_leaves_no_evidence(house: House) -> None:
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    assert transcripts(house) == {} and git(mirror(house), "for-each-ref", "refs/omoi/wip/") == ""


@pytest.mark.parametrize("lie", ["digest", "link", "outside", "rubbish bundle", "option"])
async def test_lies_about_the_work_keep_nothing_and_hold_nothing_up(house: House, stage: Stage, lie: str) -> None:
    stage.lie(lie, at="task")
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    assert [row.status for row in await house.tasks(spec_id)] == ["FAILED"]
    assert git(mirror(house), "for-each-ref", "refs/omoi/wip/") == ""
    house.no_sandbox_is_left()


async def test_evidence_that_cannot_be_kept_does_not_keep_the_sandbox(house: House, stage: Stage) -> None:
    real = house.office.sandboxes

    class Full:
        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        async def fetch_file(self, *arguments: Any) -> None:
            raise RepositoryError("STORAGE_FULL", "no space left", "Make room.")

    house.office = replace(house.office, sandboxes=Full())
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    await cancel_spec(house.office, house.caller, spec_id, "enough", "")
    await asyncio.wait_for(house.settled(spec_id), 10)
    house.no_sandbox_is_left()
