"""Whether an open stream may go on. Many streams ask this twice a second, so who has which role is read once for all."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.message import Message

from omoi_server.domain.access import Role, holds
from omoi_server.domain.caller import Caller
from omoi_server.rpc.permissions import Need, check_use, permit
from omoi_server.store import roles
from omoi_server.store.database import Database

FRESH_SECONDS = 0.5
"""How old what is known of a project's roles may be. Together with the time between two looks of a stream that is one
second: half of what the contract gives (auth.proto, RevokeToken)."""
PROJECTS = 1_000
"""Projects whose roles are remembered."""


@dataclass
class _Known:
    """A project's roles by user, and when they were asked for (monotonic seconds)."""

    asked: float = float("-inf")
    roles: Mapping[str, Role] = field(default_factory=dict)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class Standing:
    """Judges callers of open streams again, with roles that are at most FRESH_SECONDS old."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._projects: OrderedDict[str, _Known] = OrderedDict()

    async def recheck(self, need: Need, request: Message, caller: Caller, projects: tuple[str, ...]) -> tuple[str, ...]:
        """The projects of this request if the caller may still call it. Raises as permissions.permit does.

        `projects`: what permit, or this, answered before; a thing never moves to another project.
        """
        check_use(need, caller)
        needed = need.role
        if projects and needed and all([holds(await self._role(caller, one), needed) for one in projects]):
            return projects
        return await permit(self._db, need, request, caller)

    async def _role(self, caller: Caller, project_id: str) -> Role | None:
        known = self._projects.setdefault(project_id, _Known())
        self._projects.move_to_end(project_id)
        while len(self._projects) > PROJECTS:
            self._projects.popitem(last=False)
        async with known.asking:
            if time.monotonic() - known.asked > FRESH_SECONDS:
                asked = time.monotonic()
                async with self._db.read() as conn:
                    known.roles = await roles.of_project(conn, project_id)
                # From when it was asked: what was read may be as old as that.
                known.asked = asked
        return roles.as_caller(caller, project_id, known.roles.get(caller.user_id))
