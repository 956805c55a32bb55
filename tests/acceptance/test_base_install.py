"""The base install is the client and nothing else, and the command starts without what it does not need yet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.wheels import build_wheel, install, run

NOT_IN_THE_CLIENT = {
    "sqlalchemy", "alembic", "aiosqlite", "asyncpg", "pydantic-settings", "structlog", "grpcio-tools", "slack-bolt",
    "slack-sdk", "aiohttp", "daytona", "daytona-sdk", "pygithub", "anthropic",
}  # fmt: skip

MODULES_OF_HELP = """
import json, sys
from omoi_client.cli import perform
code = perform(["--help"])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def modules_of_help(python: str) -> set[str]:
    """Top-level modules that are loaded once `omoi --help` has answered."""
    done = subprocess.run([python, "-P", "-c", MODULES_OF_HELP], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("Usage: omoi ")
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return set(modules)


def test_help_imports_neither_grpc_nor_rich() -> None:
    loaded = modules_of_help(sys.executable)
    assert "omoi_client" in loaded
    assert not {"grpc", "rich", "google", "omoi", "asyncio", "omoi_server"} & loaded


@pytest.mark.full
@pytest.mark.timeout(900)
def test_the_base_install_is_the_client(tmp_path: Path) -> None:
    environment = install(tmp_path / "client", str(build_wheel(tmp_path)))
    installed = environment.packages()
    assert {"omoi", "grpcio", "protobuf", "click", "rich"} <= installed
    assert not NOT_IN_THE_CLIENT & installed
    assert not {"grpc", "rich"} & modules_of_help(environment.program("python"))
    said = run([environment.program("omoi"), "version"], tmp_path, OMOI_HOME=str(tmp_path / "home"))
    assert "0." in said
    imported = "import omoi_client, omoi.v1.spec_pb2_grpc; print(omoi_client.OmoiClient.__name__)"
    assert run([environment.program("python"), "-c", imported], tmp_path) == "OmoiClient\n"
    server = subprocess.run(
        [environment.program("omoi-server")], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert server.returncode == 2
    assert "pip install 'omoi[server]'" in server.stderr
    assert "Traceback" not in server.stderr
