"""Who calls: tokens, looked up by their SHA-256."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime

from omoi_server.domain.caller import Caller
from omoi_server.errors import PermissionDenied, Unauthenticated
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from omoi_server.store.views_callers import TokenView, find_token, put_token

LOCAL_USER = "local"
EVERY_SCOPE = "*"
"""Scope of the token of user `local`: it may do everything that any scope allows."""

CACHE_SECONDS = 2.0
"""How long a revoked token may still be taken by a server that knows it. An expired one never is."""
CACHE_TOKENS = 1_000
MAX_TOKEN_LENGTH = 512

_REMEDY = "Send `authorization: Bearer <token>`; OMOI_HOME/token of the server holds the one of user local."


def token_hash(token: str) -> str:
    """SHA-256 of a token as hex: all that is stored of it."""
    return hashlib.sha256(token.encode()).hexdigest()


async def authenticate(db: Database, token: str) -> Caller:
    """The owner of a valid token. Unauthenticated for an unknown, expired or revoked one."""
    return _valid(await _look_up(db, token))


async def ensure_local_user(db: Database, token: str) -> None:
    """Make user `local` (admin) exist with this token, which holds every scope."""

    async def work(tx: Transaction) -> None:
        owner = Caller(LOCAL_USER, LOCAL_USER, is_admin=True)
        await put_token(tx, owner, token_hash(token), "OMOI_HOME/token", [EVERY_SCOPE])

    await db.write(work)


class Doorkeeper:
    """Authenticates calls; remembers tokens for CACHE_SECONDS, so that a burst of calls is one look into the store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[str, tuple[float, TokenView]] = OrderedDict()
        self._looking = asyncio.Lock()

    async def admit(self, metadata: Iterable[tuple[str, str | bytes]]) -> Caller:
        """The caller of a call with this metadata. Unauthenticated without a valid token."""
        values = dict(metadata)
        token = _bearer(values.get("authorization"))
        if "omoi-act-as" in values:
            raise PermissionDenied(
                "ACT_AS_NOT_AVAILABLE", "omoi-act-as: this server does not let tokens act for others. Leave it out."
            )
        return _valid(self._cached(token_hash(token)) or await self._learn(token))

    def _cached(self, digest: str) -> TokenView | None:
        until, view = self._known.get(digest, (0.0, None))
        return view if until > time.monotonic() else None

    async def _learn(self, token: str) -> TokenView:
        digest = token_hash(token)
        async with self._looking:
            if known := self._cached(digest):
                return known
            view = await _look_up(self._db, token)
            self._known[digest] = (time.monotonic() + CACHE_SECONDS, view)
            self._known.move_to_end(digest)
            while len(self._known) > CACHE_TOKENS:
                self._known.popitem(last=False)
            return view


def _bearer(value: str | bytes | None) -> str:
    if value is None:
        raise Unauthenticated("TOKEN_MISSING", f"This call has no token. {_REMEDY}")
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    scheme, _, token = text.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_LENGTH:
        raise Unauthenticated("TOKEN_MALFORMED", f"The authorization of this call is not a bearer token. {_REMEDY}")
    return token


async def _look_up(db: Database, token: str) -> TokenView:
    digest = token_hash(token)
    async with db.read() as conn:
        view = await find_token(conn, digest)
    # The index finds by hash, so its timing tells nothing about a token; the comparison that counts is constant-time.
    if view is None or not hmac.compare_digest(view.token_hash, digest):
        raise Unauthenticated("TOKEN_UNKNOWN", f"The token is not known here. {_REMEDY}")
    return view


def _valid(view: TokenView) -> Caller:
    if view.revoked_at is not None:
        raise Unauthenticated("TOKEN_REVOKED", "The token was revoked. Ask for a new one.")
    if view.expires_at is not None and view.expires_at <= datetime.now(UTC).replace(tzinfo=None):
        raise Unauthenticated("TOKEN_EXPIRED", "The token has expired. Ask for a new one.")
    return view.caller
