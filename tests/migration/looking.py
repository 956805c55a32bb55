"""Looking into a database from outside the store, without an event loop of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from omoi_server.store.engines import parse_url


def look(url: str, question: Callable[[Connection], Any]) -> Any:
    """Ask a database something."""
    address = parse_url(url)
    if address.drivername.startswith("sqlite"):
        engine = create_engine(address.set(drivername="sqlite"), poolclass=NullPool)
        with engine.connect() as connection:
            return question(connection)

    async def ask() -> Any:
        asking = create_async_engine(address, poolclass=NullPool)
        async with asking.connect() as connection:
            return await connection.run_sync(question)

    return asyncio.run(ask())
