"""Revisions 0002 and 0003 with data in the tables, up and down."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from omoi_server.store.migrate import downgrade, migrate
from tests.migration.looking import look

NOW = "'2026-01-01 00:00:00'"


def run(url: str, *statements: str) -> None:
    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()

    look(url, work)


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = look(url, lambda one: [tuple(row) for row in one.execute(text(query))])
    return found


def _token(token_hash: str, scopes: str, ended: str = "NULL") -> str:
    return (
        "INSERT INTO tokens (token_hash, token_id, user_id, name, scopes, created_at, revoked_at)"
        f" VALUES ('{token_hash}', 'tok-{token_hash}', 'local', 't', '{scopes}', {NOW}, {ended})"
    )


def test_older_code_gets_no_token_that_it_would_take_for_more(database_url: str) -> None:
    """It knows no scopes: a token for reading would do anything."""
    run(
        database_url,
        f"INSERT INTO users (user_id, name, is_admin, created_at) VALUES ('local', 'local', true, {NOW})",
        _token("all", '["*"]'),
        _token("read", '["read"]'),
        _token("bot", '["act-as:slack:T1", "read-all"]'),
        _token("old", '["read"]', "'2025-01-01 00:00:00'"),
    )
    downgrade(database_url, "0001")
    query = "SELECT token_hash, revoked_at IS NULL, revoked_at < '2026-01-01' FROM tokens ORDER BY token_hash"
    rows = {name: (bool(live), bool(early)) for name, live, early in ask(database_url, query)}
    assert rows == {"all": (True, False), "read": (False, False), "bot": (False, False), "old": (False, True)}
    migrate(database_url, backup_dir=None)
    ids = [row[0] for row in ask(database_url, "SELECT token_id FROM tokens")]
    assert len(set(ids)) == 4 and all(one.startswith("tok-") for one in ids)


@pytest.mark.parametrize("said", [0, 2])
def test_what_runs_during_the_upgrade_hears_nothing_again(database_url: str, said: int) -> None:
    downgrade(database_url, "0002")
    common = f"{NOW}, {NOW}"
    run(
        database_url,
        "INSERT INTO projects (project_id, name, name_key, created_by, created_at, updated_at)"
        f" VALUES ('prj-1', 'a', 'a', 'local', {common})",
        "INSERT INTO specs (spec_id, project_id, kind, idea_hash, user_id, status, current_phase, engine, created_at,"
        f" updated_at) VALUES ('spec-1', 'prj-1', 'FULL', '0', 'local', 'EXECUTING', 'EXPLORE', 'outline', {common})",
        "INSERT INTO jobs (job_id, spec_id, kind, project_id, work_key, status, created_at)"
        f" VALUES ('job-1', 'spec-1', 'PLAN', 'prj-1', 'w', 'RUNNING', {NOW})",
        "INSERT INTO sandboxes (sandbox_id, job_id, spec_id, fence, state, created_at)"
        f" VALUES ('sbx-1', 'job-1', 'spec-1', 1, 'RUNNING', {NOW})",
        *(
            "INSERT INTO comments (comment_id, spec_id, user_id, delivery, state, created_at, position)"
            f" VALUES ('cmt-{n}', 'spec-1', 'local', 'QUEUED', 'TAKEN', '2025-12-31 00:00:0{n}', {n})"
            for n in range(1, said + 1)
        ),
        "INSERT INTO comments (comment_id, spec_id, user_id, delivery, state, created_at, position)"
        f" VALUES ('cmt-9', 'spec-1', 'local', 'QUEUED', 'WAITING', '2026-01-02 00:00:00', {said + 1})",
    )
    migrate(database_url, backup_dir=None)
    assert ask(database_url, "SELECT comments_through FROM sandboxes") == [(said,)]
