"""What every test gets: a clean environment, and fresh databases of both kinds."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from omoi_server.store.database import Database
from omoi_server.store.migrate import migrate
from tests import memory, postgres

SCRUBBED = (
    "OMOI_", "SANDBOX_", "DAYTONA_", "ORCHESTRATOR_", "SLACK_", "GITHUB_", "ANTHROPIC_", "CLAUDE_", "OPENAI_", "MAX_",
    "GIT_", "XDG_", "SPEC_", "JOB_", "GRPC_", "PG", "DATABASE_",
)  # fmt: skip
"""A person's settings and keys must not reach a test, nor a test them."""

KEPT = ("OMOI_TEST_",)


def pytest_configure() -> None:
    """Where tmp_path lies, and that SIGINT ends a program."""
    place = memory.folder()
    if place is not None:
        # Read by pytest; who names a place gets it.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(place))
    # A test run that was started in the background ignores SIGINT, and so would every program that a test interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None]:
    """What collecting imports and makes is there to the end: the garbage collector need not look through it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of the person's: no settings, no keys, no git configuration, an empty home."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(SCRUBBED) and not name.startswith(KEPT):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        yield


@pytest.fixture(scope="session")
def postgres_server(clean_environment: None) -> Iterator[URL]:
    """One PostgreSQL for the tests of this process; the address of its maintenance database."""
    with postgres.running_server() as url:
        yield url


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server: URL) -> Iterator[Callable[[str], str]]:
    """Makes an empty database, or a copy of the one named; gone at the end of the session."""
    made: list[str] = []
    numbers = itertools.count(1)

    def make(template: str = "template0") -> str:
        name = f"omoi_{os.getpid()}_{next(numbers)}"
        postgres.execute(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        made.append(name)
        return name

    yield make
    postgres.execute(postgres_server, *(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in reversed(made)))


@pytest.fixture(scope="session")
def migrated_template(postgres_server: URL, new_postgres_database: Callable[[str], str]) -> str:
    """A database with all tables, to be copied."""
    name = new_postgres_database("template0")
    url = _text(postgres_server.set(database=name))
    postgres.in_thread(lambda: migrate(url, backup_dir=None))
    return name


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Path:
    """A SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("template") / "omoi.db"
    migrate(f"sqlite:///{path}", backup_dir=None)
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_file: Path) -> str:
    """A fresh, migrated SQLite database."""
    path = tmp_path / "omoi.db"
    shutil.copyfile(migrated_file, path)
    path.chmod(0o600)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def postgres_url(
    postgres_server: URL, migrated_template: str, new_postgres_database: Callable[[str], str]
) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database."""
    name = new_postgres_database(migrated_template)
    yield _text(postgres_server.set(database=name))
    postgres.execute(postgres_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def empty_postgres_url(postgres_server: URL, new_postgres_database: Callable[[str], str]) -> str:
    """A PostgreSQL database without tables."""
    return _text(postgres_server.set(database=new_postgres_database("template0")))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database; the test runs once on each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The store on it; at the end nobody may still hold a connection."""
    opened = await Database.open(database_url)
    yield opened
    # A cancelled reader gives its connection back in the background; what is not back after seconds never will be.
    deadline = asyncio.get_running_loop().time() + 5
    while (held := opened.checked_out) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.01)
    await opened.close()
    assert held == 0, f"{held} connections were never given back"


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
