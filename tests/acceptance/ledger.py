"""Every row that says what happened, and every branch: to be compared before and after something that must not matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from tests.offices import git

TABLES = (
    "specs", "spec_events", "phase_outputs", "feedback", "requirements", "acceptance_criteria", "tickets", "tasks",
    "spec_tasks", "jobs", "intents",
)  # fmt: skip
"""All but what an old attempt may still add as evidence: its journal's lines and how far they were read."""

SANDBOXES = "SELECT sandbox_id, job_id, fence, state, reason FROM sandboxes"


async def _connect(url: str) -> Any:
    address = make_url(url)
    return await asyncpg.connect(
        host=address.query.get("host", address.host),
        port=address.port or 5432,
        user=address.username,
        password=address.password,
        database=address.database,
    )


async def ledger(url: str, repository: Path) -> dict[str, list[str]]:
    """Table → its rows as JSON, sorted; and "refs" → the repository's branches with their commits."""
    connection = await _connect(url)
    try:
        found = {}
        for table in TABLES:
            rows = await connection.fetch(f"SELECT to_json(t)::text FROM {table} t")
            found[table] = sorted(row[0] for row in rows)
        rows = await connection.fetch(f"SELECT to_json(t)::text FROM ({SANDBOXES}) t")
        found["sandboxes"] = sorted(row[0] for row in rows)
    finally:
        await connection.close()
    found["refs"] = git(repository, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return found


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """What is new or gone, a line each."""
    found = []
    for name in before:
        found += [f"{name} - {row}" for row in before[name] if row not in after[name]]
        found += [f"{name} + {row}" for row in after[name] if row not in before[name]]
    return found


async def cut_connections(url: str) -> int:
    """End every other connection to this database, as a restart of PostgreSQL does; how many there were."""
    connection = await _connect(url)
    try:
        rows = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()"
        )
        return len(rows)
    finally:
        await connection.close()
