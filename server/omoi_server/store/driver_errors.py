"""What a driver's exception means for us: try again, or tell the caller which named error it is.

SQLite codes: https://www.sqlite.org/rescode.html. PostgreSQL states: appendix A of its manual.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from omoi_server.errors import FailedPrecondition, OmoiError, ResourceExhausted, Unavailable

RETRIED_STATES = frozenset({"40P01", "40001", "23505"})
"""deadlock_detected and serialization_failure: the database undid the transaction and asks to run it again. And
unique_violation: of two equal calls at once the second finds, when it runs again, what the first one made."""

_FULL_STATES = frozenset({"53100"})
_BUSY_STATES = frozenset({"53300", "55P03", "57P01", "57P02", "57P03", "25P03", "25P04"})


def _state(error: BaseException) -> str:
    original = getattr(error, "orig", error)
    return str(getattr(original, "sqlstate", None) or "")


def _sqlite_code(error: BaseException) -> int:
    original = getattr(error, "orig", error)
    return int(getattr(original, "sqlite_errorcode", 0) or 0) & 0xFF


def is_lost_connection(error: BaseException) -> bool:
    """The connection broke; nothing is said about the statement."""
    if isinstance(error, DBAPIError):
        return bool(error.connection_invalidated)
    return isinstance(error, ConnectionError)


def is_retryable(error: BaseException) -> bool:
    """The transaction surely did not happen and may work when run again as it is."""
    return _state(error) in RETRIED_STATES


def meaning(error: BaseException) -> OmoiError | None:
    """The named error for what went wrong in the database, or None when it is a fault of ours."""
    code = _sqlite_code(error)
    if code == sqlite3.SQLITE_FULL or _state(error) in _FULL_STATES:
        return ResourceExhausted(
            "STORAGE_FULL",
            "The database's disk is full; nothing was stored. Free space on the disk that holds it, then try again.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable(
            "DATABASE_BUSY",
            "Another program holds the database locked; nothing was stored. End that program, then try again.",
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return FailedPrecondition(
            "DATABASE_PATH", "The database file cannot be opened for writing. Make its folder, or name another place."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return FailedPrecondition(
            "DATABASE_DAMAGED",
            "The database file is damaged or is no SQLite database. Put back the newest copy, or name another file.",
        )
    if code == sqlite3.SQLITE_IOERR:
        return Unavailable("DATABASE_IO", "The disk refused to read or write the database. See the server's log.")
    if isinstance(error, PoolTimeout) or _state(error) in _BUSY_STATES:
        return Unavailable("DATABASE_BUSY", "The database has no free connection or lock now. Try again.")
    if is_lost_connection(error):
        return unreachable()
    return None


def unreachable() -> Unavailable:
    """What every failure to connect means, whichever OSError it is (no socket, no host, no answer)."""
    return Unavailable("DATABASE_UNAVAILABLE", "The database cannot be reached now. Try again.")
