"""The rare sweep: refs of attempts that are over, old transcripts."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.tidying import tidy_all
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


def refs(house: House) -> list[str]:
    mirror = house.office.home / "mirrors" / f"{house.project_id}.git"
    return git(mirror, "for-each-ref", "--format=%(refname)", "refs/omoi/").splitlines()


async def test_attempts_keep_their_refs_while_they_count(house: House, stage: Stage) -> None:
    line = behind_a_line(house)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    line.cut = True
    stage.release("TSK-001")
    await line.failed_times(1)
    (ref,) = [ref for ref in refs(house) if ref.startswith("refs/omoi/attempt/")]
    await tidy_all(house.office)
    spec = await house.spec(spec_id)
    assert {ref, f"refs/omoi/needed/{spec.base_commit}", f"refs/omoi/needed/{spec.branch_tip}"} <= set(refs(house))
    await cancel_spec(house.office, house.caller, spec_id, "enough", "")
    await house.settled(spec_id, 10)
    assert ref in refs(house), "nobody came by yet"
    await tidy_all(house.office)
    (row,) = await house.tasks(spec_id)
    assert ref not in refs(house) and f"refs/omoi/wip/{row.task_id}" in refs(house)


async def test_old_evidence_goes(house: House) -> None:
    folder = house.office.home / "evidence"
    folder.mkdir()
    then = time.time() - 31 * 86_400
    for name in ("old.jsonl", "young.jsonl"):
        (folder / name).write_text("{}\n")
    os.utime(folder / "old.jsonl", (then, then))
    house.limit(tidy=0.05)
    await house.start()
    deadline = time.monotonic() + 10
    while (folder / "old.jsonl").exists():
        assert time.monotonic() < deadline, "the watchdog sweeps"
        await house.dispatcher.take_up()
    assert (folder / "young.jsonl").exists()
