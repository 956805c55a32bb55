from __future__ import annotations

from omoi_server.store.database import Database
from sqlalchemy import text


async def test_opens(database: Database) -> None:
    async with database.read() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM specs"))).scalar_one() == 0
