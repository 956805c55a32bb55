"""Rows as frozen dataclasses, and the few statements that every table needs on both databases.

A record's fields bear the names of its table's columns.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from omoi_bot.store.database import Tx

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


def values(record: DataclassInstance) -> dict[str, Any]:
    """The record as column values; lists and dicts are not copied."""
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def columns(kind: type[DataclassInstance], table: Table) -> list[ColumnElement[Any]]:
    """The columns that the record needs."""
    return [table.c[field.name] for field in dataclasses.fields(kind)]


async def every(tx: Tx, kind: type[R], query: Select[Any]) -> list[R]:
    """What the query finds, as records; it selects at least their columns."""
    names = [field.name for field in dataclasses.fields(kind)]
    found = (await tx.conn.execute(query)).mappings().all()
    return [kind(**{name: row[name] for name in names}) for row in found]


async def one(tx: Tx, kind: type[R], table: Table, **key: Any) -> R | None:
    """The row with these column values, or None."""
    query = select(*columns(kind, table)).where(*_equal(table, key)).limit(1)
    return next(iter(await every(tx, kind, query)), None)


async def add(tx: Tx, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert the row unless one with its key is there; whether it was new."""
    done = await tx.conn.execute(_insert(tx, table).values(**row).on_conflict_do_nothing())
    return done.rowcount == 1


async def put(tx: Tx, table: Table, row: Mapping[str, Any]) -> None:
    """Insert the row, or replace the one with its key."""
    key = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in key}
    statement = _insert(tx, table).values(**row)
    await tx.conn.execute(statement.on_conflict_do_update(index_elements=key, set_=rest))


async def change(tx: Tx, table: Table, key: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Set columns of the row with this key; whether there is one."""
    if not new:
        return True
    done = await tx.conn.execute(update(table).where(and_(*_equal(table, key))).values(**new))
    return done.rowcount > 0


def _equal(table: Table, key: Mapping[str, Any]) -> Iterable[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]


def _insert(tx: Tx, table: Table) -> Any:
    return sqlite.insert(table) if tx.dialect == "sqlite" else postgresql.insert(table)
