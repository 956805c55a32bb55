"""What can go wrong in the bot's database, in words for the person who runs the bot."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

RETRIED_STATES = frozenset({"40P01", "40001", "23505"})
"""PostgreSQL's deadlock_detected and serialization_failure ask to run the transaction again; after unique_violation the
second of two equal writers finds, when it runs again, what the first one made."""

_AWAY_STATES = frozenset({"53100", "53300", "55P03", "57P01", "57P02", "57P03", "25P03", "25P04"})
_AWAY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


class StoreError(Exception):
    """Of all errors of this room."""


class DatabaseAway(StoreError):
    """The database does not answer, is locked or full. Nothing was stored, or the outcome is found again by its key."""


class DatabaseRefused(StoreError):
    """The address or the file cannot be used; a person must change something."""


class LostClaim(StoreError):
    """Another process took this over meanwhile; what the transaction wrote is undone."""


class ThreadTaken(StoreError):
    """The thread already has a live spec."""

    def __init__(self, spec_id: str) -> None:
        super().__init__(f"the thread already reports on {spec_id}")
        self.spec_id = spec_id


def is_retryable(error: BaseException) -> bool:
    """The transaction surely did not happen and may work when run again as it is."""
    return _state(error) in RETRIED_STATES


def named(error: BaseException) -> BaseException:
    """The error of this room that a driver's error means, or itself when it is a fault of ours."""
    code = int(getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) or 0) & 0xFF
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return DatabaseRefused("The bot's database file cannot be opened for writing. Make its folder or name another.")
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return DatabaseRefused("The bot's database file is damaged or no SQLite database. Name another file.")
    if code == sqlite3.SQLITE_FULL or _state(error) == "53100":
        return DatabaseAway("The disk of the bot's database is full; nothing was stored. Free space on it.")
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if code in _AWAY_CODES or _state(error) in _AWAY_STATES or lost or isinstance(error, PoolTimeout | OSError):
        return DatabaseAway("The bot's database does not answer now.")
    return error


def _state(error: BaseException) -> str:
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
