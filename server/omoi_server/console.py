"""Commands for whoever runs the server: tokens, and the code by which the first outside admin is claimed.

They work on the database itself, beside a running server or without one. What a script wants (a secret, a code, a list)
is shown on stdout, everything else is said on stderr, so that `omoi-server token create … > file` puts the secret, and
nothing else, into the file.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from omoi_server import home as home_folder
from omoi_server.domain.access import ACT_AS, EVERY_SCOPE, READ_ALL, SCOPES, checked_system
from omoi_server.domain.caller import Caller
from omoi_server.errors import FailedPrecondition, InvalidArgument, NotFound, Unavailable
from omoi_server.orchestrator import people, tokens
from omoi_server.rpc.auth import LOCAL_USER
from omoi_server.settings import Settings, SettingsError
from omoi_server.store import clock
from omoi_server.store import people as people_rows
from omoi_server.store import tokens as token_rows
from omoi_server.store.database import Database
from omoi_server.store.migrate import is_current, migrate

_OWNER = Caller(LOCAL_USER, LOCAL_USER, is_admin=True, scopes=frozenset({EVERY_SCOPE}))
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LISTED = 200
LOCK_SECONDS = 5.0
"""How long to wait for somebody else who is bringing the database up to date."""

Work = Callable[[Database], Awaitable[None]]


@dataclass(frozen=True)
class Out:
    """Where lines go: `show` is for what was asked for, `say` for remarks."""

    show: Callable[[str], None]
    say: Callable[[str], None]


def run(settings: Settings, arguments: argparse.Namespace, out: Out) -> None:
    """Carry out one command. Raises SettingsError or OmoiError."""
    if arguments.command == "admin-code":
        work = _admin_code(out)
    elif arguments.action == "create":
        work = _create(arguments, out)
    elif arguments.action == "revoke":
        work = _revoke(arguments.token_id, out)
    else:
        work = _list(arguments.all, out)
    _make_ready(settings)
    asyncio.run(_on_database(settings, work))


def _make_ready(settings: Settings) -> None:
    """The home and the database as a start would leave them; a database in use by a server of this version is ready."""
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"OMOI_HOME: {settings.home} cannot be used: {error.strerror}. Name a folder you may write."
        ) from error
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            if is_current(settings.url):
                return
            with home_folder.exclusive(settings.home):
                migrate(settings.url, backup_dir=settings.home / "backups")
                return
        except (SettingsError, Unavailable) as error:
            # A server that starts, or another command, may be at it right now.
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            if isinstance(error, Unavailable):
                raise
            raise FailedPrecondition(
                "DATABASE_OTHER_VERSION",
                "The database belongs to another version of omoi, and a server runs on it. Use the omoi-server of that "
                "version, or start the server again with this one first.",
            ) from error


async def _on_database(settings: Settings, work: Work) -> None:
    db = await Database.open(settings.url)
    try:
        await db.write(lambda tx: people_rows.ensure_admin(tx, LOCAL_USER))
        await work(db)
    finally:
        await db.close()


def _create(arguments: argparse.Namespace, out: Out) -> Work:
    name, scopes, user = arguments.name, [one for given in arguments.scope for one in given.split(",")], arguments.user
    if arguments.bot:
        if scopes or user:
            raise InvalidArgument("--bot", "brings its own scopes and user. Leave --scope and --user out.")
        checked_system(arguments.bot, "--bot")
        scopes, user, name = [f"{ACT_AS}{arguments.bot}", READ_ALL], arguments.bot, name or "bot"
    if not name:
        raise InvalidArgument("NAME", "is missing. Say what the token is for.")
    if not scopes:
        raise InvalidArgument("--scope", f"is missing. Name at least one of {SCOPES}.")
    expires_at = _expiry(arguments.expires) if arguments.expires else None

    async def work(db: Database) -> None:
        token_id, secret = await tokens.create_token(db, _OWNER, name, scopes, user, expires_at)
        until = f"until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else "until it is revoked"
        out.say(f"{token_id} · {', '.join(scopes)} · {until}. Its secret is shown this once:")
        out.show(secret)

    return work


def _expiry(text: str) -> datetime:
    """`90d`, `12h`, `30m`, `2w` from now, as naive UTC. InvalidArgument for anything else."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhdw])", text.strip())
    if found is None:
        raise InvalidArgument("--expires", f"{text[:40]!r} is no duration. Use a number and m, h, d or w, such as 90d.")
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(**{_UNITS[found[2]]: int(found[1])})


def _revoke(token_id: str, out: Out) -> Work:
    async def work(db: Database) -> None:
        try:
            await tokens.revoke_token(db, _OWNER, token_id)
        except NotFound as error:
            shown = token_id[:80]
            raise NotFound(
                error.reason, f'token "{shown}" does not exist. See: omoi-server token list --all'
            ) from error
        out.say(f"{token_id} is revoked; within two seconds no server takes it.")

    return work


def _list(ended_too: bool, out: Out) -> Work:
    async def work(db: Database) -> None:
        after = None
        while True:
            async with db.read() as conn:
                now = await clock.now(conn, conn.dialect.name)
                rows = await token_rows.list_tokens(conn, None, None if ended_too else now, _LISTED, after)
                users = await people_rows.users(conn, [row["user_id"] for row in rows])
            for row in rows:
                used = f"used {row['last_used_at']:%Y-%m-%d %H:%M}" if row["last_used_at"] else "never used"
                who = users[row["user_id"]].name
                fields = (
                    row["token_id"],
                    row["user_id"],
                    who,
                    row["name"],
                    ",".join(row["scopes"]),
                    used,
                    _state(row, now),
                )
                out.show("  ".join(fields))
            if len(rows) < _LISTED:
                return
            after = (rows[-1]["created_at"], rows[-1]["token_id"])

    return work


def _state(row: Mapping[Any, Any], now: datetime) -> str:
    if row["revoked_at"] is not None:
        return f"revoked {row['revoked_at']:%Y-%m-%d %H:%M}"
    if row["expires_at"] is None:
        return "no end"
    return f"{'ended' if row['expires_at'] <= now else 'ends'} {row['expires_at']:%Y-%m-%d %H:%M}"


def _admin_code(out: Out) -> Work:
    async def work(db: Database) -> None:
        code = await people.new_admin_code(db)
        out.say("Whoever sends this becomes admin: in Slack, /omoi claim CODE. It lives 15 minutes and works once:")
        out.show(code)

    return work
