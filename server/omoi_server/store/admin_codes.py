"""The one-time code by which the first admin from another system is claimed. Only its SHA-256 is stored."""

from __future__ import annotations

import hmac
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction

LIFE = timedelta(minutes=15)
MOST_WRONG = 10
"""Wrong codes after which the right one no longer counts (auth.proto, ClaimAdmin)."""


async def replace_code(tx: Transaction, code_hash: str) -> None:
    """Store a new code; older ones end."""
    await tx.conn.execute(delete(t.admin_codes))
    await tx.conn.execute(
        insert(t.admin_codes).values(code_hash=code_hash, created_at=tx.now, expires_at=tx.now + LIFE)
    )


async def use_code(tx: Transaction, code_hash: str) -> bool:
    """Whether this is the code that counts now; then it is used up. A wrong one is counted: commit in both cases."""
    codes = t.admin_codes.c
    query = select(t.admin_codes).where(codes.used_at.is_(None), codes.expires_at > tx.now, codes.wrong < MOST_WRONG)
    right = False
    # Locked, so that however many guess at once, no more than MOST_WRONG of them are compared.
    for row in (await tx.conn.execute(query.with_for_update())).all():
        if hmac.compare_digest(row.code_hash, code_hash):
            right = True
            change = {"used_at": tx.now}
        else:
            change = {"wrong": row.wrong + 1}
        await tx.conn.execute(update(t.admin_codes).where(codes.code_hash == row.code_hash).values(**change))
    return right
