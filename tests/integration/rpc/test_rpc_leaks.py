"""A server made to fail: what goes out says that and what to do, and nothing of its inside."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from omoi_server.adapters.local_forge import LocalForge
from omoi_server.errors import Unavailable
from omoi_server.ports import PullRequestRequest
from tests.integration.rpc.permission_cases import MAINTAINS, READS, WORKS, Side, pp, sp
from tests.integration.rpc.rpc_client import TOKEN, Refusal, Rpc

ID = "00000000-0000-0000-0000-000000000001"
SIDE = Side(f"prj-{ID}", f"spec-{ID}", f"tkt-{ID}", f"tsk-{ID}")
CALLS = {**READS, **WORKS, **MAINTAINS}
INSIDE = (
    "Traceback",
    'File "',
    "sqlite",
    "sqlalchemy",
    "SELECT",
    "INSERT",
    "UPDATE ",
    "no such table",
    "Errno",
    "omoi_server",
    TOKEN,
)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server's log gets, formatted as the program formats it."""
    written = io.StringIO()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(file=written),
    )
    yield written
    structlog.reset_defaults()


def check(refused: Refusal, home: Path) -> None:
    told = f"{refused.message} {refused.metadata} {refused.fields}"
    assert not [word for word in (*INSIDE, str(home), str(home.parent)) if word in told], told
    assert refused.reason and len(refused.message.split()) > 4


async def test_a_broken_database(rpc: Rpc, sqlite_url: str, log: io.StringIO) -> None:
    path = sqlite_url.split("///", 1)[1]
    broken = sqlite3.connect(path, isolation_level=None)
    for table in ("specs", "projects", "tasks", "tickets"):
        broken.execute(f"DROP TABLE {table}")
    broken.close()
    for name, build in CALLS.items():
        refused = await rpc.refusal(build(SIDE))
        assert (refused.code, refused.reason) == ("INTERNAL", "INTERNAL"), name
        assert "Its log says why under this id." in refused.message
        check(refused, rpc.office.home)
        assert refused.metadata["error_id"] in log.getvalue()
    assert "no such table" in log.getvalue()


async def test_folders_of_the_server_that_are_none(rpc: Rpc, shop: Path) -> None:
    home = rpc.office.home
    project = (await rpc(pp.CreateProjectRequest(name="shop", repo_url=str(shop)))).project
    launched = await rpc(sp.LaunchSpecRequest(project_id=project.project_id, title="Lock", auto_execute=False))
    requests = (
        pp.CreateProjectRequest(name="other", repo_url=str(shop)),
        sp.CreateBranchRequest(spec_id=launched.spec_id),
        sp.LaunchSpecRequest(project_id=project.project_id, title="Lock another"),
    )
    said = []
    for spoil in (_empty_mirrors, _no_mirrors, _no_git_folder):
        spoil(home)
        for request in requests:
            try:
                await rpc(request)
            except Refusal as refused:
                check(refused, home)
                said.append(refused.message)
    assert len(said) >= 3, said


def _empty_mirrors(home: Path) -> None:
    for head in (home / "mirrors").glob("*/HEAD"):
        head.write_text("ref: nowhere\n")


def _no_mirrors(home: Path) -> None:
    shutil.rmtree(home / "mirrors")
    (home / "mirrors").write_text("no folder")


def _no_git_folder(home: Path) -> None:
    shutil.rmtree(home / "git")
    (home / "git").write_text("no folder")


async def test_no_room_for_pull_requests(tmp_path: Path) -> None:
    (tmp_path / "pull-requests").write_text("no folder")
    request = PullRequestRequest("prj-1", "shop", "/srv/shop", "spec/x", "main", "Lock", "x\n", False)
    with pytest.raises(Unavailable) as refused:
        await LocalForge(tmp_path).create_pull_request(request)
    assert str(tmp_path) not in refused.value.message
