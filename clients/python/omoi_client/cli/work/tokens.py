"""token create, list, revoke."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from omoi.v1.auth_pb2 import Token
from omoi_client.cli import screen
from omoi_client.cli.failures import Exit, Refusal, program
from omoi_client.cli.times import utc_now
from omoi_client.client import OmoiClient
from omoi_client.data import as_data
from omoi_client.errors import NotFound

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def expiry(written: str, now: datetime) -> datetime | None:
    """`90d`, `12h`, `30m` or `2w` from `now`; None for nothing. Refusal for anything else."""
    if not written:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhdw])", written.strip())
    if found is None:
        raise Refusal(f"--expires {written} is no duration", "Use a number and m, h, d or w, such as 90d.", Exit.USAGE)
    return now + timedelta(**{_UNITS[found[2]]: int(found[1])})


async def create(omoi: OmoiClient, name: str, scopes: tuple[str, ...], user: str, expires: str, as_json: bool) -> int:
    """CreateToken."""
    made = await omoi.create_token(name, scopes, user_id=user, expires_at=expiry(expires, utc_now()))
    if as_json:
        screen.emit(made)
        return Exit.DONE
    screen.note(f"{made.token.token_id} for {made.token.user_id}. Its secret is shown this once:")
    screen.say(made.secret)
    return Exit.DONE


async def list_tokens(omoi: OmoiClient, ended_too: bool, as_json: bool) -> int:
    """ListTokens."""
    tokens = [one async for one in omoi.list_tokens(ended_too)]
    if as_json:
        screen.emit({"tokens": [as_data(one) for one in tokens]})
    elif tokens:
        names = {user: (await omoi.get_user(user)).name for user in {one.user_id for one in tokens}}
        rows = [
            (
                one.token_id,
                one.name,
                _owner(one.user_id, names),
                ", ".join(one.scopes),
                screen.when(one.last_used_at) or "never",
                _end(one),
            )
            for one in tokens
        ]
        screen.table(("TOKEN", "NAME", "USER", "SCOPES", "USED", "END"), rows)
    elif screen.on_terminal():
        screen.say(f"No token. Make one: {program()} token create NAME --scope read")
    return Exit.DONE


def _owner(user_id: str, names: dict[str, str]) -> str:
    return user_id if names[user_id] == user_id else f"{user_id} {names[user_id]}"


def _end(token: Token) -> str:
    if token.HasField("revoked_at"):
        return "revoked"
    if not token.HasField("expires_at"):
        return "no end"
    return f"{token.expires_at.ToDatetime(tzinfo=UTC):%Y-%m-%d %H:%M}"


async def revoke(omoi: OmoiClient, token_id: str, as_json: bool) -> int:
    """RevokeToken."""
    try:
        token = await omoi.revoke_token(token_id)
    except NotFound:
        raise Refusal(f'token "{token_id}" does not exist', f"See: {program()} token list --all") from None
    if as_json:
        screen.emit(token)
    else:
        screen.note(f"{token.token_id} ({token.name}) is revoked.")
    return Exit.DONE
