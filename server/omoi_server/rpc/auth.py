"""Who calls: tokens, looked up by their SHA-256, and the people that services act for."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog

from omoi_server.domain.access import ACT_AS, EVERY_SCOPE, acts_for, system_of
from omoi_server.domain.caller import Caller
from omoi_server.domain.secrets import token_hash
from omoi_server.errors import InvalidArgument, OmoiError, PermissionDenied, Unauthenticated
from omoi_server.store import tokens
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from omoi_server.store.views_callers import TokenView, find_person, find_token

__all__ = ["Doorkeeper", "authenticate", "ensure_local_user", "token_hash"]

LOCAL_USER = "local"

CACHE_SECONDS = 1.5
"""How long a revoked token may still be taken by a server that knows it: the contract says two seconds, and a call takes
its time too. An expired one is never taken."""
MISS_SECONDS = 1.0
CACHE_TOKENS = 1_000
"""Of known tokens, and again of unknown ones: guesses cannot push out what is known."""
MAX_TOKEN_LENGTH = 512
MAX_VIEWER_OF = 200
MAX_PROJECT_ID = 80
USE_NOTED = timedelta(seconds=60)
"""How far `last_used_at` may lag behind."""

ACT_AS_KEY, VIEWER_OF_KEY = "omoi-act-as", "omoi-act-as-viewer-of"

_REMEDY = "Send `authorization: Bearer <token>`; OMOI_HOME/token of the server holds the one of user local."
_log = structlog.get_logger(__name__)

Metadata = Iterable[tuple[str, str | bytes]]
Value = TypeVar("Value")


async def authenticate(db: Database, token: str) -> Caller:
    """The owner of a valid token. Unauthenticated for an unknown, expired or revoked one."""
    return _valid(await _look_up(db, token_hash(token))).caller


async def ensure_local_user(db: Database, token: str) -> None:
    """Make user `local` (admin) exist with this token, which holds every scope."""

    async def work(tx: Transaction) -> None:
        owner = Caller(LOCAL_USER, LOCAL_USER, is_admin=True)
        await tokens.put_token(tx, owner, token_hash(token), "OMOI_HOME/token", [EVERY_SCOPE])

    await db.write(work)


class Doorkeeper:
    """Authenticates calls; remembers tokens for CACHE_SECONDS, so that a burst of calls is one look into the store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[str, tuple[float, TokenView]] = OrderedDict()
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._noted: OrderedDict[str, datetime] = OrderedDict()
        self._looking = asyncio.Lock()
        self._guessing = asyncio.Lock()
        self._notes: set[asyncio.Task[None]] = set()

    async def admit(self, metadata: Metadata) -> Caller:
        """The caller of a call with this metadata: the token's owner, or the person that is acted for.

        Unauthenticated (TOKEN_…, IDENTITY_UNKNOWN), PermissionDenied (ACT_AS_SCOPE_NEEDED), InvalidArgument for
        metadata that is malformed or sent twice.
        """
        values = _single(metadata)
        digest = token_hash(_bearer(values.get("authorization")))
        view = _valid(self._cached(digest) or await self._learn(digest))
        self._note_use(view)
        identity = values.get(ACT_AS_KEY)
        if identity is not None:
            return await self._acted_for(view.caller, identity, _vouched(values.get(VIEWER_OF_KEY, "")))
        if VIEWER_OF_KEY in values:
            raise InvalidArgument(VIEWER_OF_KEY, f"vouches for nobody. Send it together with {ACT_AS_KEY}.")
        return view.caller

    async def close(self) -> None:
        """Wait for what is still to be written."""
        await asyncio.gather(*self._notes)

    async def _acted_for(self, owner: Caller, identity: str, viewer_of: frozenset[str]) -> Caller:
        system = system_of(identity, ACT_AS_KEY)
        if not acts_for(owner.scopes, system):
            raise PermissionDenied(
                "ACT_AS_SCOPE_NEEDED",
                f"this token may not act for people of {system}. It needs the scope {ACT_AS}{system}.",
                {"scope": f"{ACT_AS}{system}"},
            )
        async with self._db.read() as conn:
            person = await find_person(conn, identity)
        if person is None:
            raise Unauthenticated(
                "IDENTITY_UNKNOWN",
                f"nobody here is {identity}. ProvisionUser makes a user of them, once it is clear that they belong here.",
                {"identity": identity},
            )
        return replace(
            owner,
            user_id=person.user_id,
            name=person.name,
            is_admin=person.is_admin,
            via=owner.user_id,
            identity=identity,
            viewer_of=viewer_of,
        )

    def _cached(self, digest: str) -> TokenView | None:
        now = time.monotonic()
        if self._unknown.get(digest, 0.0) > now:
            raise _unknown()
        until, view = self._known.get(digest, (0.0, None))
        return view if until > now else None

    async def _learn(self, digest: str) -> TokenView:
        # Each one after the other, so that a burst is one look; guesses in a row of their own, so that a flood of them
        # keeps nobody waiting who was here before.
        async with self._looking if digest in self._known else self._guessing:
            if known := self._cached(digest):
                return known
            asked = time.monotonic()
            try:
                view = await _look_up(self._db, digest)
            except Unauthenticated:
                _put(self._unknown, digest, asked + MISS_SECONDS)
                raise
            # From when it was asked: what was read may be as old as that.
            _put(self._known, digest, (asked + CACHE_SECONDS, view))
            return view

    def _note_use(self, view: TokenView) -> None:
        """Have `last_used_at` written if it lags; the call does not wait for it."""
        now = datetime.now(UTC).replace(tzinfo=None)
        last = max(filter(None, (view.last_used_at, self._noted.get(view.token_hash))), default=None)
        if last is not None and now - last < USE_NOTED:
            return
        _put(self._noted, view.token_hash, now)
        task = asyncio.create_task(self._write_use(view.token_id), name=f"use of {view.token_id}")
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write_use(self, token_id: str) -> None:
        async def work(tx: Transaction) -> None:
            await tokens.note_use(tx, token_id)

        try:
            await self._db.write(work, group=True)
        except OmoiError as error:
            _log.warning("token_use_not_noted", token_id=token_id, error=error.message)


def _put(cache: OrderedDict[str, Value], key: str, value: Value) -> None:
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > CACHE_TOKENS:
        cache.popitem(last=False)


def _single(metadata: Metadata) -> dict[str, str]:
    """The metadata that is about the caller, as text. InvalidArgument for a key that came twice."""
    values: dict[str, str] = {}
    for key, value in metadata:
        if key not in ("authorization", ACT_AS_KEY, VIEWER_OF_KEY):
            continue
        if key in values:
            raise InvalidArgument(key, "was sent twice. Send it once.")
        values[key] = value.decode("latin-1") if isinstance(value, bytes) else value
    return values


def _bearer(value: str | None) -> str:
    if value is None:
        raise Unauthenticated("TOKEN_MISSING", f"This call has no token. {_REMEDY}")
    scheme, _, token = value.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_LENGTH:
        raise Unauthenticated("TOKEN_MALFORMED", f"The authorization of this call is not a bearer token. {_REMEDY}")
    return token


def _vouched(value: str) -> frozenset[str]:
    """Project ids; those that do not exist match nothing."""
    ids = [part.strip() for part in value.split(",") if part.strip()]
    if len(ids) > MAX_VIEWER_OF:
        raise InvalidArgument(VIEWER_OF_KEY, f"names {len(ids)} projects; at most {MAX_VIEWER_OF} are taken.")
    if any(len(part) > MAX_PROJECT_ID or not part.startswith("prj-") for part in ids):
        raise InvalidArgument(VIEWER_OF_KEY, "must be ids of projects (prj-…), separated by commas.")
    return frozenset(ids)


async def _look_up(db: Database, digest: str) -> TokenView:
    async with db.read() as conn:
        view = await find_token(conn, digest)
    # The index finds by hash, so its timing tells nothing about a token; the comparison that counts is constant-time.
    if view is None or not hmac.compare_digest(view.token_hash, digest):
        raise _unknown()
    return view


def _unknown() -> Unauthenticated:
    return Unauthenticated("TOKEN_UNKNOWN", f"The token is not known here. {_REMEDY}")


def _valid(view: TokenView) -> TokenView:
    if view.revoked_at is not None:
        raise Unauthenticated("TOKEN_REVOKED", "The token was revoked. Ask for a new one.")
    if view.expires_at is not None and view.expires_at <= datetime.now(UTC).replace(tzinfo=None):
        raise Unauthenticated("TOKEN_EXPIRED", "The token has expired. Ask for a new one.")
    return view
