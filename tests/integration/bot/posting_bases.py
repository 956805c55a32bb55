"""Fresh databases of the bot, of both kinds: fixtures that a test module imports."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from omoi_bot.store.migrate import migrate
from tests import postgres


@pytest.fixture(scope="session")
def migrated_bot_file(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Path:
    """A SQLite file with the bot's tables, to be copied."""
    path = tmp_path_factory.mktemp("bot-template") / "bot.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_bot_template(postgres_server: URL, new_postgres_database: Callable[[str], str]) -> str:
    """A PostgreSQL database with the bot's tables, to be copied."""
    name = new_postgres_database("template0")
    url = postgres_server.set(database=name).render_as_string(hide_password=False)
    postgres.in_thread(lambda: migrate(url))
    return name


@pytest.fixture
def bot_file(tmp_path: Path, migrated_bot_file: Path) -> str:
    """The address of a fresh SQLite database of the bot."""
    path = tmp_path / "bot.db"
    shutil.copyfile(migrated_bot_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def bot_postgres(
    postgres_server: URL, migrated_bot_template: str, new_postgres_database: Callable[[str], str]
) -> Iterator[str]:
    """The address of a fresh PostgreSQL database of the bot."""
    name = new_postgres_database(migrated_bot_template)
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    postgres.execute(postgres_server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def bot_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of the bot; the test runs once on each kind."""
    url: str = request.getfixturevalue("bot_file" if request.param == "sqlite" else "bot_postgres")
    return url
