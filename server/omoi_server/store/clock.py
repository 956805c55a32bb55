"""The database's clock: one clock for all servers that share it. Naive UTC, milliseconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, String, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

_CLOCKS: dict[str, ColumnElement[Any]] = {
    "sqlite": literal_column("strftime('%Y-%m-%d %H:%M:%f', 'now')", String),
    "postgresql": literal_column("date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'UTC')", DateTime),
}
_SELECTS = {dialect: select(column) for dialect, column in _CLOCKS.items()}


def clock_column(dialect: str) -> ColumnElement[Any]:
    """The time when the statement runs, to be read with `to_time`."""
    return _CLOCKS[dialect]


def to_time(value: datetime | str) -> datetime:
    """What `clock_column` gave, as a naive UTC datetime."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


async def now(conn: AsyncConnection, dialect: str) -> datetime:
    """The database's time."""
    return to_time((await conn.execute(_SELECTS[dialect])).scalar_one())
