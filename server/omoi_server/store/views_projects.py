"""Projects as the contract shows them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.caller import Caller
from omoi_server.store import tables as t
from omoi_server.store.projects import find_by_name
from omoi_server.store.projects import project as find_project
from omoi_server.store.roles import visible


async def get_project(conn: AsyncConnection, id_or_name: str) -> RowMapping:
    """The project of this id or name: columns of `tables.projects`. NotFound names what there is."""
    query = select(t.projects).where(t.projects.c.project_id == id_or_name)
    row = (await conn.execute(query)).one_or_none() or await find_by_name(conn, id_or_name)
    return (row or await find_project(conn, id_or_name))._mapping


async def list_projects(conn: AsyncConnection, caller: Caller, limit: int, after: str | None) -> Sequence[RowMapping]:
    """At most `limit` projects that the caller may see whose `name_key` comes after this one, by name."""
    query = select(t.projects).where(*visible(caller, t.projects.c.project_id)).order_by(t.projects.c.name_key)
    query = query.limit(limit)
    if after is not None:
        query = query.where(t.projects.c.name_key > after)
    return (await conn.execute(query)).mappings().all()
