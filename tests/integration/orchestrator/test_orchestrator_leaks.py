"""A job that fails because the server is damaged: what people read about it names nothing of the server's inside."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.orchestrator.stage import Stage
from tests.offices import House

INSIDE = ("Traceback", 'File "', "sqlalchemy", "Errno", "omoi_server")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


def _no_worker(home: Path, stage: Stage) -> None:
    stage.archive.write_bytes(b"no archive")


def _failing_engine(home: Path, stage: Stage) -> None:
    stage.step("EXPLORE", fail="the engine stumbled")


def _no_place_for_sandboxes(home: Path, stage: Stage) -> None:
    shutil.rmtree(home / "sandboxes", ignore_errors=True)
    (home / "sandboxes").write_text("no folder")


@pytest.mark.parametrize("damage", [_no_worker, _failing_engine, _no_place_for_sandboxes])
async def test_what_is_told_of_a_failed_job(house: House, stage: Stage, damage: Callable[[Path, Stage], None]) -> None:
    home = house.office.home
    spec_id = await house.launch()
    damage(home, stage)
    await house.start()
    spec = await house.until(spec_id, lambda row: row.status in ("FAILED", "PAUSED"), 15)
    told = [spec.reason, spec.waiting_for, *(row.message for row in await house.events(spec_id))]
    assert spec.reason or spec.waiting_for
    for text in told:
        assert not [word for word in (*INSIDE, str(home), str(home.parent)) if word in text], text
