"""Rows of projects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.store import missing
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction

NAMED = 10
"""Known projects that an unknown name is answered with."""


async def project(conn: AsyncConnection, project_id: str) -> Row[Any]:
    """The project. NotFound with the known names as remedy."""
    row = (await conn.execute(select(t.projects).where(t.projects.c.project_id == project_id))).one_or_none()
    if row is None:
        names = await conn.scalars(select(t.projects.c.name).order_by(t.projects.c.name).limit(NAMED))
        raise missing.project(project_id, list(names))
    return row


async def find_by_name(conn: AsyncConnection, name: str) -> Row[Any] | None:
    """The project of this name, whatever the case, or None."""
    return (await conn.execute(select(t.projects).where(t.projects.c.name_key == name.lower()))).one_or_none()


async def insert_project(tx: Transaction, values: dict[str, Any]) -> None:
    await tx.conn.execute(insert(t.projects).values(created_at=tx.now, updated_at=tx.now, **values))


async def update_project(tx: Transaction, project_id: str, values: dict[str, Any]) -> None:
    await tx.conn.execute(
        update(t.projects).where(t.projects.c.project_id == project_id).values(updated_at=tx.now, **values)
    )
