"""The kinds of columns that the tables are made of."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, DateTime, ForeignKey, Integer, MetaData, String, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(80)
Word = String(40)
Sha = String(64)


def id_(name: str, target: str | None = None, *, key: bool = False) -> Column[str]:
    """An id; with `target` a reference to a row of that table."""
    arguments = [ForeignKey(target)] if target else []
    return Column(name, Id, *arguments, primary_key=key, nullable=False)


def text_(name: str) -> Column[str]:
    """Text of any length, empty by default."""
    return Column(name, Text, nullable=False, server_default="")


def number(name: str, default: int = 0) -> Column[int]:
    """A small whole number."""
    return Column(name, Integer, nullable=False, server_default=str(default))


def flag(name: str, default: bool) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def json_(name: str, default: str = "[]") -> Column[object]:
    """A plain list or object, replaced as a whole."""
    return Column(name, JSON, nullable=False, server_default=default)


def time(name: str, null: bool = True) -> Column[object]:
    """UTC without an offset."""
    return Column(name, DateTime, nullable=null)
