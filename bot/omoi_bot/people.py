"""Who somebody in Slack is, whether they belong here, and what they may look into.

Rule: a role is for members of the own organisation. Bots and deactivated people never get in; guests and people of other
organisations only when a maintainer gave them a role by name. What Slack does not tell counts as not allowed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import structlog

from omoi_bot.backend import ROLE_WORDS, Backend, identity_unknown, role_of
from omoi_bot.slack_api import LIMITED, SlackApi, SlackAway, SlackRefused
from omoi_bot.store import channels as channel_rows
from omoi_bot.store import people as people_rows
from omoi_bot.store import workspaces as workspace_rows
from omoi_bot.store.database import Database
from omoi_client import OmoiClient
from omoi_client.errors import NotFound, PermissionDenied, Unauthenticated

PERSON_SECONDS = 300.0
"""How long what users.info said is believed."""
MEMBERS_SECONDS = 60.0
"""How long a channel's list of members and its sharing are believed."""
STALE_SECONDS = 600.0
"""How long after that a list of members still serves while Slack does not answer."""

SHOWN_NAMES = 5

log = structlog.get_logger()

Why = Literal["bot", "deactivated", "guest", "stranger", "unknown"]
Known = TypeVar("Known")


@dataclass(frozen=True)
class Person:
    """Somebody who may talk to Omoi. `identity` is "slack:<E… on Grid, else T…>/<U…>"; `tz` an IANA zone or ""."""

    identity: str
    team: str
    slack_user: str
    user_id: str
    name: str
    tz: str
    guest: bool = False
    is_admin: bool = False
    admin_missing: bool = False
    """No person of this system is admin yet: requests are kept until somebody claims it."""


@dataclass(frozen=True)
class Refusal:
    """Why not, as one sentence for that person (mrkdwn-safe: it holds nothing that somebody else wrote)."""

    why: str
    sentence: str


@dataclass(frozen=True)
class SlackUser:
    """What users.info says, as far as it matters."""

    identity: str
    name: str
    email: str
    tz: str
    why_not: Why | None


_SENTENCES: dict[Why, str] = {
    "bot": "Omoi takes requests from people only, not from bots and workflows.",
    "deactivated": "This account is deactivated.",
    "guest": "Guests cannot use Omoi unless a maintainer gives them a role by name: `/omoi role @you contributor`.",
    "stranger": "Omoi works for members of its own organisation only, unless a maintainer gives you a role by name.",
    "unknown": "Slack does not tell who you are, so Omoi cannot do this for you.",
}

_SHARED = (
    "This channel is shared with another organisation. Omoi does nothing here until a maintainer allows it: "
    "`/omoi settings` in this channel."
)
_UNREADABLE = (
    "Omoi cannot see who shares this channel, so it does nothing here. Invite Omoi into the channel and try again."
)


class _Kept(Generic[Known]):
    """Answers kept for a while, asked for once even when many want the same; errors are not kept."""

    def __init__(self, seconds: float, limit: int = 10_000) -> None:
        self._seconds = seconds
        self._limit = limit
        self._kept: dict[Any, tuple[float, Known]] = {}
        self._asked: dict[Any, asyncio.Task[Known]] = {}

    async def get(self, key: Any, ask: Callable[[], Awaitable[Known]]) -> Known:
        found = self._kept.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        task = self._asked.get(key)
        if task is None:
            task = self._asked[key] = asyncio.ensure_future(self._ask(key, ask))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _ask(self, key: Any, ask: Callable[[], Awaitable[Known]]) -> Known:
        try:
            answer = await ask()
        finally:
            self._asked.pop(key, None)
        if len(self._kept) >= self._limit:
            self._kept.clear()
        self._kept[key] = (time.monotonic() + self._seconds, answer)
        return answer

    def last(self, key: Any, seconds: float) -> Known | None:
        """What was answered last, up to `seconds` after it stopped being believed."""
        found = self._kept.get(key)
        return found[1] if found is not None and found[0] + seconds > time.monotonic() else None

    def forget(self, key: Any) -> None:
        self._kept.pop(key, None)

    def clear(self) -> None:
        self._kept.clear()


class People:
    """Slack's people and channels, checked against Slack and known to the server."""

    def __init__(self, slack: SlackApi, backend: Backend, db: Database) -> None:
        self._slack = slack
        self._backend = backend
        self._db = db
        self._slack_users: _Kept[SlackUser] = _Kept(PERSON_SECONDS)
        self._users: _Kept[str] = _Kept(PERSON_SECONDS)
        self._members: _Kept[frozenset[str]] = _Kept(MEMBERS_SECONDS)
        self._shared: _Kept[str] = _Kept(MEMBERS_SECONDS)
        self._admins: set[str] = set()

    async def resolve(self, team: str, slack_user: str) -> Person | Refusal:
        """Who `slack_user` of workspace `team` is. Raises SlackAway and OmoiError when nobody can tell now."""
        user = await self._slack_user(team, slack_user)
        named = user.why_not in ("guest", "stranger") and await self._has_explicit_role(user.identity)
        if user.why_not is not None and not named:
            return Refusal(user.why_not, _SENTENCES[user.why_not])
        user_id = await self._users.get(user.identity, lambda: self._provision(team, slack_user, user))
        caller = await self._backend.acting(user.identity).get_caller()
        return Person(
            user.identity, team, slack_user, user_id, user.name, user.tz,
            guest=named, is_admin=caller.user.is_admin, admin_missing=not caller.has_external_admin,
        )  # fmt: skip

    async def admit(self, team: str, slack_user: str) -> Person | Refusal:
        """Make a user of somebody to whom a maintainer is giving a role: a guest or a stranger too, never a bot."""
        user = await self._slack_user(team, slack_user)
        if user.why_not not in (None, "guest", "stranger"):
            return Refusal(user.why_not, f"This account cannot be given a role. {_SENTENCES[user.why_not]}")
        user_id = await self._users.get(user.identity, lambda: self._provision(team, slack_user, user))
        return Person(
            user.identity, team, slack_user, user_id, user.name, user.tz, guest=user.why_not is not None
        )  # fmt: skip

    async def viewer_projects(self, person: Person) -> tuple[str, ...]:
        """Projects linked to channels that the person is a member of; none for guests and strangers."""
        if person.guest:
            return ()
        system = person.identity.rpartition("/")[0]
        async with self._db.read() as conn:
            teams = [
                one.team for one in await workspace_rows.installed(conn) if _system(one.enterprise, one.team) == system
            ]
            linked = [row for team in teams for row in await channel_rows.linked(conn, team)]
        found = set()
        for row in linked:
            if await self.channel_open(row.team, row.channel) is not None:
                continue
            if person.slack_user in await self.members(row.team, row.channel):
                found.add(row.project_id)
        return tuple(sorted(found))

    async def acting(self, person: Person) -> OmoiClient:
        """The server as that person sees it."""
        return self._backend.acting(person.identity, await self.viewer_projects(person))

    async def role_in(self, person: Person, project_id: str) -> str:
        """viewer, contributor, maintainer or "" (none), vouched ones included."""
        caller = await (await self.acting(person)).get_caller()
        return role_of(caller, project_id)

    async def who_may(self, project_id: str, role: str) -> tuple[str, ...]:
        """Names of people with at least `role` in the project, at most five; untrusted text."""
        least = {word: value for value, word in ROLE_WORDS.items()}[role]
        grants = [grant async for grant in self._backend.service().list_roles(project_id)]
        names = [grant.user.name or grant.user.user_id for grant in grants if grant.role >= least]
        return tuple(names[:SHOWN_NAMES])

    async def channel_open(self, team: str, channel: str) -> Refusal | None:
        """None when Omoi may work in the channel, else why not: "shared" or "unreadable" (for instance: not a member)."""
        sharing = await self._shared.get((team, channel), lambda: self._sharing(team, channel))
        if sharing == "own":
            return None
        async with self._db.read() as conn:
            row = await channel_rows.get(conn, team, channel)
        if row is not None and row.shared_allowed_by:
            return None
        return Refusal(sharing, _SHARED if sharing == "shared" else _UNREADABLE)

    async def members(self, team: str, channel: str) -> frozenset[str]:
        """Slack ids of a channel's members; empty when Slack does not tell. While Slack is away, as it told last."""
        key = (team, channel)
        try:
            return await self._members.get(key, lambda: self._ask_members(team, channel))
        except SlackAway as error:
            # Nobody is vouched for on the strength of a list that could not be read.
            log.warning("channel.members_unreadable", team=team, channel=channel, error=str(error))
            return self._members.last(key, STALE_SECONDS) or frozenset()

    async def name(self, team: str, slack_user: str) -> str:
        """What somebody is called, for reading a text that mentions them; untrusted. Their id when Slack does not know."""
        return (await self._slack_user(team, slack_user)).name

    async def system_of(self, team: str) -> str:
        """ "slack:<E…>" for a workspace of an Enterprise Grid, else "slack:<T…>"."""
        async with self._db.read() as conn:
            row = await workspace_rows.get(conn, team)
        return _system(row.enterprise if row is not None else "", team)

    def forget_channel(self, team: str, channel: str) -> None:
        """Ask Slack again: somebody joined, the sharing changed."""
        self._members.forget((team, channel))
        self._shared.forget((team, channel))

    async def _slack_user(self, team: str, slack_user: str) -> SlackUser:
        return await self._slack_users.get((team, slack_user), lambda: self._ask_user(team, slack_user))

    async def _ask_user(self, team: str, slack_user: str) -> SlackUser:
        system = await self.system_of(team)
        identity = f"{system}/{slack_user}"
        try:
            raw = await self._slack.users_info(team, slack_user)
        except SlackRefused as refusal:
            _not_now(refusal)
            log.info("person.unknown", team=team, slack_user=slack_user, error=refusal.error)
            return SlackUser(identity, slack_user, "", "", "unknown")
        profile = raw.get("profile") or {}
        name = profile.get("display_name") or raw.get("real_name") or profile.get("real_name") or raw.get("name")
        return SlackUser(
            identity, str(name or slack_user)[:200], str(profile.get("email") or ""), str(raw.get("tz") or ""),
            why_not(raw, team, system),
        )  # fmt: skip

    async def _provision(self, team: str, slack_user: str, user: SlackUser) -> str:
        made = await self._backend.service().provision_user(user.identity, name=user.name, email=user.email)
        user_id = str(made.user.user_id)
        async with self._db.read() as conn:
            known = await people_rows.get(conn, user.identity)
        new = {"user_id": user_id, "name": user.name, "tz": user.tz}
        if known is None:
            met = people_rows.KnownPerson(user.identity, team, slack_user, user_id, user.name, user.tz)
            await self._db.write(lambda tx: people_rows.put(tx, met))
        elif (known.user_id, known.name, known.tz) != (user_id, user.name, user.tz):
            await self._db.write(lambda tx: people_rows.change(tx, user.identity, **new))
        return user_id

    async def _has_explicit_role(self, identity: str) -> bool:
        try:
            caller = await self._backend.acting(identity).get_caller()
        except (Unauthenticated, NotFound, PermissionDenied) as error:
            if identity_unknown(error) or isinstance(error, NotFound):
                return False
            raise
        return bool(caller.roles) or caller.user.is_admin

    async def _sharing(self, team: str, channel: str) -> str:
        try:
            raw = await self._slack.conversation_info(team, channel)
        except SlackRefused as refusal:
            _not_now(refusal)
            log.info("channel.unreadable", team=team, channel=channel, error=refusal.error)
            return "unreadable"
        pending = raw.get("is_pending_ext_shared") or raw.get("pending_shared") or raw.get("pending_connected_team_ids")
        return "shared" if raw.get("is_ext_shared") or pending else "own"

    async def _ask_members(self, team: str, channel: str) -> frozenset[str]:
        try:
            return frozenset(await self._slack.members(team, channel))
        except SlackRefused as refusal:
            _not_now(refusal)
            log.warning("channel.members_unreadable", team=team, channel=channel, error=str(refusal))
            return frozenset()


def _not_now(refusal: SlackRefused) -> None:
    """A limit says nothing about the person or channel, so nothing is concluded from it and nothing remembered."""
    if refusal.error == LIMITED:
        raise SlackAway(refusal.method, LIMITED) from None


def _system(enterprise: str, team: str) -> str:
    return f"slack:{enterprise or team}"


def why_not(raw: dict[str, Any], team: str, system: str) -> Why | None:
    """Why a user of users.info does not belong to workspace `team` of `system`; None when they do.

    Fields: https://docs.slack.dev/reference/objects/user-object. On Enterprise Grid one account is in several workspaces,
    and `enterprise_user.enterprise_id` names the organisation.
    """
    if raw.get("is_bot") or raw.get("is_workflow_bot") or raw.get("id") == "USLACKBOT":
        return "bot"
    if raw.get("deleted"):
        return "deactivated"
    organisation = system.partition(":")[2]
    theirs = str((raw.get("enterprise_user") or {}).get("enterprise_id") or raw.get("enterprise_id") or "")
    own = raw.get("team_id") in (team, organisation) if not theirs else theirs == organisation
    if raw.get("is_stranger") or not own:
        return "stranger"
    if raw.get("is_restricted") or raw.get("is_ultra_restricted"):
        return "guest"
    return None
