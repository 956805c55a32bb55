"""The next version, invented here: a revision 0004 on top of the real history."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from omoi_server.errors import FailedPrecondition
from omoi_server.store.migrate import current_revision, downgrade, history, migrate
from tests.migration.looking import look

LATER = """
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="grey"))
    op.execute("UPDATE schema_info SET min_code_version = {needs}")
    {then}


def downgrade():
    with op.batch_alter_table("users") as batch:
        batch.drop_column("colour")
    op.execute("UPDATE schema_info SET min_code_version = 1")
"""

Later = Callable[..., Path]


@pytest.fixture
def later(tmp_path: Path) -> Later:
    """Makes a history with one revision more; `needs`: the oldest code that can live with it."""

    def make(needs: int = 4, then: str = "pass") -> Path:
        folder = tmp_path / f"history-{needs}-{len(then)}"
        shutil.copytree(history(), folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "0004_later.py").write_text(LATER.format(needs=needs, then=then))
        return folder

    return make


def revision(url: str) -> str | None:
    found: str | None = look(url, current_revision)
    return found


def columns(url: str) -> set[str]:
    def ask(connection: Connection) -> set[str]:
        return {column["name"] for column in inspect(connection).get_columns("users")}

    found: set[str] = look(url, ask)
    return found


def test_an_older_database_is_brought_up_with_its_rows(database_url: str, later: Later) -> None:
    look(database_url, _add_user)
    migrate(database_url, backup_dir=None, scripts=later())
    assert revision(database_url) == "0004"
    rows = look(database_url, lambda connection: connection.execute(text("SELECT user_id, colour FROM users")).all())
    assert rows == [("local", "grey")]
    downgrade(database_url, "0003", scripts=later(needs=5))
    assert "colour" not in columns(database_url)


def test_sqlite_is_copied_first(sqlite_url: str, later: Later, tmp_path: Path) -> None:
    look(sqlite_url, _add_user)
    migrate(sqlite_url, backup_dir=tmp_path / "copies", scripts=later())
    (copy,) = (tmp_path / "copies").iterdir()
    assert copy.name == "omoi-0003.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT * FROM users").fetchall()[0][0] == "local"
        assert "colour" not in {row[1] for row in connection.execute("PRAGMA table_info(users)")}
    # The copy is a database: this code starts on it again.
    migrate(f"sqlite:///{copy}", backup_dir=None)


def test_a_copy_that_cannot_be_made_stops_the_migration(sqlite_url: str, later: Later, tmp_path: Path) -> None:
    (tmp_path / "copies").write_text("in the way")
    with pytest.raises(FailedPrecondition, match="cannot be made"):
        migrate(sqlite_url, backup_dir=tmp_path / "copies", scripts=later())
    assert revision(sqlite_url) == "0003"


def test_a_failing_revision_leaves_everything_as_it_was(database_url: str, later: Later) -> None:
    with pytest.raises(ZeroDivisionError):
        migrate(database_url, backup_dir=None, scripts=later(then="1 / 0"))
    assert revision(database_url) == "0003"
    assert "colour" not in columns(database_url)
    migrate(database_url, backup_dir=None, scripts=later())
    assert revision(database_url) == "0004"


def test_code_that_is_too_old_is_refused(database_url: str, later: Later) -> None:
    migrate(database_url, backup_dir=None, scripts=later(needs=4))
    with pytest.raises(FailedPrecondition, match="needs code of version 4 or newer; this code is version 3") as caught:
        migrate(database_url, backup_dir=None)
    assert caught.value.reason == "DATABASE_NEEDS_NEWER_CODE"
    assert "Install a newer omoi" in caught.value.message
    assert revision(database_url) == "0004"


def test_older_code_lives_with_a_schema_that_was_only_added_to(database_url: str, later: Later) -> None:
    migrate(database_url, backup_dir=None, scripts=later(needs=1))
    migrate(database_url, backup_dir=None)
    assert revision(database_url) == "0004"


def _add_user(connection: Connection) -> None:
    connection.execute(text("INSERT INTO users (user_id, created_at) VALUES ('local', '2026-01-01 00:00:00')"))
    connection.commit()
