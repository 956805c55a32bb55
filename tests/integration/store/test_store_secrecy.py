"""What people wrote, and sums of their secrets, are not added to errors of the database: errors are logged.

PostgreSQL's own DETAIL of a violated constraint names the row all the same; it is left out of the comparison.
"""

from __future__ import annotations

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError

from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction


async def test_an_error_shows_no_values(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        # No user: both databases refuse it, and PostgreSQL's own words name the column that is missing.
        values = {"token_hash": "c0ffee" * 10, "token_id": "tok-1", "name": "what mara said", "scopes": ["read"]}
        await tx.conn.execute(insert(t.tokens).values(**values, created_at=tx.now))

    with pytest.raises(DBAPIError) as caught:
        await database.write(work)
    told = str(caught.value).partition("DETAIL:")[0]
    assert "user_id" in told
    assert "what mara said" not in told
    assert "c0ffee" not in told


async def test_a_question_that_fails_shows_none_either(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with database.read() as conn:
            await conn.execute(insert(t.users).values(user_id="usr-1", name="what mara said", created_at=None))
    assert "what mara said" not in str(caught.value).partition("DETAIL:")[0]
