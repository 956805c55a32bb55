"""The Omoi server as the bot uses it: as itself for reading, as a Slack person for everything that changes something.

Every method passes the client's errors (omoi_client.errors) on as they are.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from omoi.v1 import auth_pb2, common_pb2, project_pb2, spec_pb2
from omoi_bot.backend.views import spec_view, who
from omoi_bot.blocks.model import SpecView, Who
from omoi_client import Batch, OmoiClient
from omoi_client.errors import InvalidArgument, NotFound, OmoiError

PATIENCE_SECONDS = 2.0
"""How long a call is repeated while the server does not answer. Short: what fails is tried again from the store."""

USER_SECONDS = 300.0
"""How long a user's name is believed."""
_MOST_USERS = 10_000

ROLE_WORDS: dict[int, str] = {
    auth_pb2.ROLE_VIEWER: "viewer",
    auth_pb2.ROLE_CONTRIBUTOR: "contributor",
    auth_pb2.ROLE_MAINTAINER: "maintainer",
}
"""Roles as people write them, lowest first."""


class TokenRefused(Exception):
    """The token must not be used by a bot; the message says why and how to make the right one."""


@dataclass(frozen=True)
class TokenFacts:
    """What the bot's own token may do. `systems` are those that it may act for, such as "slack:T012AB3C4"."""

    user_id: str
    name: str
    is_admin: bool
    scopes: tuple[str, ...]
    has_external_admin: bool

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(scope.removeprefix("act-as:") for scope in self.scopes if scope.startswith("act-as:"))

    def may_act_for(self, system: str) -> bool:
        return "*" in self.scopes or system in self.systems


class Backend:
    """One connection to the server. Make it inside the running event loop; close() it."""

    def __init__(self, address: str = "", token: str = "", *, patience: float = PATIENCE_SECONDS) -> None:
        self._client = OmoiClient(address, token, patience=patience)
        self._users: dict[str, tuple[float, auth_pb2.User]] = {}

    @property
    def address(self) -> str:
        return self._client.endpoint.address

    @property
    def local(self) -> bool:
        """The server is on this machine."""
        return self._client.endpoint.local

    def service(self) -> OmoiClient:
        """Calls as the bot's own user: GetCaller, GetUser, ProvisionUser, and reading everything."""
        return self._client

    def acting(self, identity: str, viewer_of: Iterable[str] = ()) -> OmoiClient:
        """Calls as the person `identity`; `viewer_of` are projects that they may look into besides their roles."""
        return self._client.acting_for(identity, viewer_of)

    async def token_facts(self) -> TokenFacts:
        """What the bot's token may do."""
        caller = await self._client.get_caller()
        user = caller.user
        return TokenFacts(user.user_id, user.name, user.is_admin, tuple(caller.scopes), caller.has_external_admin)

    async def check_token(self, systems: Iterable[str]) -> TokenFacts:
        """The token's facts, once it is a bot's: acts for all of `systems`, reads everything, and is no admin's.

        An admin token is taken from a server on this machine only. Raises TokenRefused.
        """
        facts = await self.token_facts()
        wanted = sorted(systems)
        make = f"Make one on the server: omoi-server token create --bot {wanted[0] if wanted else 'slack:T…'}"
        too_much = facts.is_admin or "admin" in facts.scopes or "*" in facts.scopes
        if too_much and not self.local:
            raise TokenRefused(
                f"OMOI_TOKEN is an admin's token (user {facts.user_id}); a bot that everybody in Slack talks to must "
                f"not hold one, except for a server on its own machine. {make}"
            )
        for system in wanted:
            if not facts.may_act_for(system):
                raise TokenRefused(f"OMOI_TOKEN may not act for people of {system} (no scope act-as:{system}). {make}")
        if not {"read-all", "*"} & set(facts.scopes):
            raise TokenRefused(f"OMOI_TOKEN may not read every project (no scope read-all). {make}")
        return facts

    async def snapshot(self, spec_id: str) -> SpecView:
        """A spec as it is now, with its tasks and who is asked at its gate, read as the bot itself."""
        spec = await self._client.get_spec(spec_id)
        tasks = [task async for task in self._client.list_tasks(spec_id=spec_id)]
        project = await self._client.get_project(spec.project_id)
        gate = None
        approvers: tuple[Who, ...] = ()
        if spec.status == spec_pb2.SPEC_STATUS_AWAITING_REVIEW:
            phase = common_pb2.SpecPhase.Name(spec.current_phase)
            gate = await self._client.get_phase_output(spec_id, phase)
            approvers = await self.approvers(project)
        users = await self.users([spec.user_id])
        now = datetime.now(UTC).replace(tzinfo=None)
        return spec_view(spec, tasks, project, as_of=now, users=users, approvers=approvers, gate=gate)

    async def approvers(self, project: project_pb2.Project) -> tuple[Who, ...]:
        """Whom the project's approver rule names; empty when it names nobody in particular."""
        named = list(project.approvers.user_ids)
        users = await self.users(named)
        return tuple(who(users.get(user_id), user_id) for user_id in named)

    async def users(self, user_ids: Iterable[str]) -> dict[str, auth_pb2.User]:
        """Users by id, asked for once in a few minutes; who does not exist is left out."""
        found: dict[str, auth_pb2.User] = {}
        for user_id in dict.fromkeys(user_ids):
            kept = self._users.get(user_id)
            if kept is None or kept[0] < time.monotonic():
                try:
                    user = await self._client.get_user(user_id)
                except (NotFound, InvalidArgument):
                    continue
                if len(self._users) >= _MOST_USERS:
                    self._users.clear()
                kept = self._users[user_id] = (time.monotonic() + USER_SECONDS, user)
            found[user_id] = kept[1]
        return found

    def watch(self, spec_id: str, after: int) -> AsyncGenerator[Batch, None]:
        """Batches of events after `after`, for ever; resumes by itself while the server is away. Close it with aclose()."""
        return self._client.watch_batches(spec_id, after)

    async def close(self) -> None:
        """End the connection."""
        await self._client.close()


def role_of(caller: auth_pb2.GetCallerResponse, project_id: str) -> str:
    """The caller's role in a project as a word; "" for none. An admin counts as maintainer everywhere."""
    if caller.user.is_admin:
        return "maintainer"
    found = max((grant.role for grant in caller.roles if grant.project_id == project_id), default=0)
    return ROLE_WORDS.get(found, "")


def identity_unknown(error: OmoiError) -> bool:
    """The person acted for has no user yet."""
    return error.reason == "IDENTITY_UNKNOWN"
