"""What migrating refuses, and how it says so."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

import omoi_server
from omoi_server.errors import FailedPrecondition, Unavailable
from omoi_server.store.migrate import history, migrate
from tests import postgres


def run(path: Path, *statements: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = [connection.execute(statement).fetchall() for statement in statements]
    return rows[-1]


@pytest.fixture
def path(tmp_path: Path, migrated_file: Path) -> Path:
    """A migrated file."""
    target = tmp_path / "omoi.db"
    target.write_bytes(migrated_file.read_bytes())
    return target


def test_a_strangers_tables_are_left_alone(tmp_path: Path, empty_postgres_url: str) -> None:
    path = tmp_path / "theirs.db"
    run(path, "CREATE TABLE users (id INTEGER)")
    postgres.execute(make_url(empty_postgres_url), "CREATE TABLE users (id INTEGER)")
    for url in (f"sqlite:///{path}", empty_postgres_url):
        with pytest.raises(FailedPrecondition, match=r"did not make \(users\)"):
            migrate(url, backup_dir=None)
    assert run(path, "SELECT name FROM sqlite_master") == [("users",)]


def test_a_current_database_is_neither_copied_nor_changed(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    migrate(f"sqlite:///{path}", backup_dir=tmp_path / "copies")
    assert path.read_bytes() == before
    assert not (tmp_path / "copies").exists()


def test_a_new_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "with space & ünïcode %s.db"
    migrate(f"sqlite:///{path}", backup_dir=None)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FailedPrecondition, match="cannot be opened for writing: No such file") as caught:
        migrate(f"sqlite:///{tmp_path}/missing/omoi.db", backup_dir=None)
    assert caught.value.reason == "DATABASE_PATH"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "omoi.db"
    path.write_bytes(b"this is a letter to my aunt, not a database\n" * 200)
    with pytest.raises(FailedPrecondition, match="damaged or is no SQLite database"):
        migrate(f"sqlite:///{path}", backup_dir=None)
    assert path.read_bytes().startswith(b"this is a letter")


def test_a_locked_file_is_busy(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="holds the database locked"):
            migrate(f"sqlite:///{path}?timeout=0.1", backup_dir=None)


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        migrate(f"postgresql://nobody@/nowhere?host={tmp_path}", backup_dir=None)


def test_two_that_start_at_once_migrate_once(empty_postgres_url: str, tmp_path: Path) -> None:
    for url in (empty_postgres_url, f"sqlite:///{tmp_path}/omoi.db"):
        failures: list[BaseException] = []

        def start(url: str = url, failures: list[BaseException] = failures) -> None:
            try:
                migrate(url, backup_dir=None)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=start) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


def test_importing_the_package_finds_its_history() -> None:
    assert (history() / "env.py").is_file()
    assert Path(omoi_server.__file__).parent.is_dir()
    assert os.access(history() / "versions", os.R_OK)
