"""CreateToken and RevokeToken. A secret is in one answer, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from omoi_server.domain.access import checked_scopes, covers, is_identity
from omoi_server.domain.caller import Caller
from omoi_server.domain.secrets import new_token, token_hash
from omoi_server.errors import InvalidArgument, PermissionDenied
from omoi_server.orchestrator import words
from omoi_server.store import missing, people, requests, tokens
from omoi_server.store.database import Database
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_NAME = 100


async def create_token(
    db: Database,
    caller: Caller,
    name: str,
    scopes: Sequence[str],
    user: str,
    expires_at: datetime | None,
    request_id: str = "",
) -> tuple[str, str]:
    """A new token; (its id, its secret, which is empty for a repetition). `expires_at`: naive UTC.

    `user`: empty is the caller; else an id, an identity, or a name, which makes a service user if no service has it.
    Raises InvalidArgument, NotFound (user), PermissionDenied (SCOPE_NOT_YOURS, ADMIN_NEEDED), AlreadyExists.
    """
    content = {"name": name, "scopes": list(scopes), "user": user, "expires_at": str(expires_at or "")}
    request = Request(caller.user_id, "CreateToken", request_id, content)
    request.check()
    shown = words.line("name", name, MAX_NAME, required=True)
    wanted = checked_scopes(scopes)
    for scope in wanted:
        if not covers(caller.scopes, scope, caller.administers):
            raise PermissionDenied(
                "SCOPE_NOT_YOURS",
                f"your token has not {scope}, so it makes none that has. `omoi-server token create` makes any.",
                {"scope": scope},
            )
    secret = new_token()

    async def work(tx: Transaction) -> tuple[str, str]:
        if earlier := await requests.find_earlier(tx, request):
            return earlier, ""
        if expires_at is not None and expires_at <= tx.now:
            raise InvalidArgument("expires_at", "lies in the past. Name a time ahead, or none.")
        owner = await _owner(tx, caller, user)
        token_id = await tokens.insert_token(tx, owner, token_hash(secret), shown, wanted, expires_at)
        await requests.remember(tx, request, token_id)
        return token_id, secret

    return await db.write(work)


async def _owner(tx: Transaction, caller: Caller, user: str) -> str:
    if user in ("", caller.user_id):
        return caller.user_id
    if not caller.administers:
        raise PermissionDenied("ADMIN_NEEDED", "only an admin makes tokens for others.", {"needed": "ADMIN"})
    if found := await people.find_user_id(tx.conn, user):
        return found
    if user.startswith("usr-") or is_identity(user):
        raise missing.user(user)
    name = words.line("user_id", user, MAX_NAME, required=True)
    return await people.find_service(tx.conn, name) or await people.insert_user(tx, name)


async def revoke_token(db: Database, caller: Caller, token_id: str, request_id: str = "") -> None:
    """End a token of one's own or, as admin, anybody's. NotFound for every other one."""
    request = Request(caller.user_id, "RevokeToken", request_id, {"token_id": token_id})
    request.check()

    async def work(tx: Transaction) -> None:
        row = await tokens.token(tx.conn, token_id)
        if row["user_id"] != caller.user_id and not caller.administers:
            raise missing.token(token_id)
        if await requests.find_earlier(tx, request) is None:
            await tokens.revoke_token(tx, token_id)
            await requests.remember(tx, request, token_id)

    await db.write(work)
