"""An installed wheel works like the checkout: one spec to its pull request with nothing but the wheel and an empty folder."""

from __future__ import annotations

import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.wheels import ROOT, Environment, build_wheel, install, run
from tests.offices import IDEA, sample_repository

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return install(tmp_path_factory.mktemp("installed") / "server", f"{wheel}[server,bot]")


def test_it_holds_every_room_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    rooms = {name.partition("/")[0] for name in names}
    ours = {"omoi", "omoi_spec", "omoi_worker", "omoi_server", "omoi_client", "omoi_bot"}
    assert rooms == {*ours, "omoi-0.1.0.dist-info"}
    for program in ("server", "bot"):
        revisions = [path.name for path in (ROOT / "migrations" / program / "versions").glob("*.py")]
        assert revisions
        assert {f"omoi_{program}/_migrations/versions/{name}" for name in revisions} <= set(names)
        assert f"omoi_{program}/_migrations/env.py" in names
    assert {"omoi_bot/manifest.json", "omoi_bot/manifest-agent.json"} <= set(names)
    assert "omoi-0.1.0.dist-info/licenses/LICENSE" in names
    assert "omoi_client/py.typed" in names
    assert not [name for name in names if "__pycache__" in name or "/demo/" in name or name.startswith("tests")]


@pytest.fixture
def home(environment: Environment, tmp_path: Path) -> Iterator[Path]:
    """A server from the wheel that was started in an empty folder; its OMOI_HOME."""
    empty, home = tmp_path / "empty", tmp_path / "home"
    empty.mkdir()
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [environment.program("omoi-server")], cwd=empty, stdout=log, stderr=log,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "OMOI_HOME": str(home), "OMOI_LISTEN": "127.0.0.1:0"},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not (home / "address").exists():
            assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.05)
        yield home
    finally:
        process.terminate()
        assert process.wait(30) == 0
    assert list(empty.iterdir()) == []


def test_one_spec_to_its_pull_request(environment: Environment, home: Path, tmp_path: Path) -> None:
    repository = sample_repository(tmp_path / "shop")

    def omoi(*arguments: str) -> str:
        return run([environment.program("omoi"), *arguments], tmp_path, OMOI_HOME=str(home))

    omoi("project", "add", "shop", "--repo", str(repository))
    lines = omoi("launch", IDEA, "--project", "shop", "--watch").splitlines()
    assert "spec.execution_completed" in "\n".join(lines)
    spec = omoi("list").split("\t")[0]
    omoi("pr", spec)
    (pull_request,) = (home / "pull-requests").glob("shop-1.md")
    assert "REQ-001" in pull_request.read_text()
    branch = run(["git", "branch", "--list", "spec/*", "--format=%(refname:short)"], repository).strip()
    log = run(["git", "log", "--format=%s", f"HEAD..{branch}"], repository).splitlines()
    assert len(log) >= 2


def test_the_bot_finds_its_migrations_and_its_manifest(environment: Environment, tmp_path: Path) -> None:
    program = (
        "from omoi_bot.store.migrate import migrate\n"
        "from omoi_bot.receive import manifest\n"
        "import omoi_bot.app\n"
        f"migrate('sqlite:///{tmp_path}/bot.db')\n"
        "print(len(manifest.read(manifest.path()).scopes))\n"
    )
    assert int(run([environment.program("python"), "-c", program], tmp_path)) > 10
    missing = run([environment.program("omoi-bot"), "--help"], tmp_path)
    assert "doctor" in missing
