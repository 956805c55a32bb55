"""The history makes exactly the tables that the code believes in, on both databases, and unmakes them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select

from omoi_server.store import tables
from omoi_server.store.migrate import VERSION_TABLE, code_version, downgrade, history, migrate
from tests.migration.looking import look


def default_differs(
    _context: Any, _inspected: Any, _column: Any, found: str | None, _default: Any, ours: str | None
) -> bool:
    """Alembic's own comparison finds '' unlike itself on SQLite, and cannot compare JSON on PostgreSQL."""
    return _plain(found) != _plain(ours)


def _plain(default: str | None) -> str | None:
    """The value in a default as the database spells it: `'{}'::json` is `{}`."""
    return None if default is None else re.sub(r"::[a-z ]+$", "", default.strip("()")).strip("'\"")


def differences(connection: Connection) -> list[Any]:
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": default_differs}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata))


def names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/omoi.db"
    return str(request.getfixturevalue("empty_postgres_url"))


def test_the_history_makes_the_tables(empty_url: str) -> None:
    migrate(empty_url, backup_dir=None)
    assert look(empty_url, differences) == []
    assert look(empty_url, names) == {*tables.metadata.tables, VERSION_TABLE}


def test_the_comparison_sees_a_difference(empty_url: str) -> None:
    """The test above would be worth nothing if it could not fail."""
    migrate(empty_url, backup_dir=None)

    def change(connection: Connection) -> Any:
        connection.exec_driver_sql("DROP TABLE feedback")
        connection.exec_driver_sql(
            "CREATE TABLE feedback (feedback_id VARCHAR(80) PRIMARY KEY, author TEXT DEFAULT 'x')"
        )
        return differences(connection)

    found = [one for item in look(empty_url, change) for one in (item if isinstance(item, list) else [item])]
    kinds = {one[0] for one in found}
    assert {"add_column", "modify_default", "modify_nullable", "add_index", "add_fk"} <= kinds


def test_down_to_nothing_and_up_again(empty_url: str) -> None:
    migrate(empty_url, backup_dir=None)
    downgrade(empty_url, "base")
    assert look(empty_url, names) == {VERSION_TABLE}
    migrate(empty_url, backup_dir=None)
    assert look(empty_url, differences) == []


def test_every_revision_goes_down_and_up(empty_url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(history()))
    for script in ScriptDirectory.from_config(config).walk_revisions():
        migrate(empty_url, backup_dir=None)
        downgrade(empty_url, str(script.down_revision or "base"))
    migrate(empty_url, backup_dir=None)
    assert look(empty_url, differences) == []


def test_the_head_is_the_version_of_the_code(empty_url: str) -> None:
    migrate(empty_url, backup_dir=None)
    rows = look(empty_url, lambda connection: connection.execute(select(tables.schema_info)).all())
    assert len(rows) == 1
    assert rows[0].min_code_version <= code_version()
