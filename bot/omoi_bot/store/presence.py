"""Who is alive of the processes that share a SQLite file: each holds a lock beside it for as long as it lives.

The kernel gives a dead process's lock back at once, so that its leases need not run out first. With PostgreSQL, whose
processes may run on several machines, nothing is held and leases run out as they do.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import update

from omoi_bot.store import engines
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import envelopes, follows, leases


class Presence:
    """This process's lock, named after `owner` as it stands in leases and claims. Raises OSError without the folder."""

    def __init__(self, url: str, owner: str) -> None:
        address = engines.parse_url(url)
        self._folder = Path(f"{address.database}.alive") if address.drivername.startswith("sqlite") else None
        self._owner = owner
        self._held = -1
        if self._folder is not None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._held = os.open(self._folder / owner, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._held, fcntl.LOCK_EX)

    def dead(self) -> list[str]:
        """Owners whose process is gone without having said so. Whoever asks first is told; their files are removed."""
        found = []
        for file in self._folder.iterdir() if self._folder is not None else ():
            if file.name != self._owner and _lock_is_free(file):
                file.unlink(missing_ok=True)
                found.append(file.name)
        return found

    def close(self) -> None:
        """Gone in order: what it held was given back by whoever held it."""
        if self._folder is not None:
            (self._folder / self._owner).unlink(missing_ok=True)
            os.close(self._held)


def _lock_is_free(file: Path) -> bool:
    try:
        other = os.open(file, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(other)
    return True


async def free(tx: Tx, owners: Sequence[str]) -> None:
    """What these dead processes held can be taken by anybody, now. Fences and claim counts stay as they are."""
    for table, owner, until in (
        (leases, leases.c.owner, leases.c.until),
        (follows, follows.c.owner, follows.c.until),
        (envelopes, envelopes.c.claimed_by, envelopes.c.claimed_until),
    ):
        await tx.conn.execute(update(table).where(owner.in_(owners), until > tx.now).values({until.name: tx.now}))
