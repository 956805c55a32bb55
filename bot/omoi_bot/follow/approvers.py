"""Whom a gate calls: people whom the project's rule lets approve, and nobody else.

A user group is the one exception: its members are the choice of the maintainer who set it for the channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from omoi_bot.backend import ROLE_WORDS
from omoi_bot.blocks.approving import Rule
from omoi_bot.blocks.model import SpecView, Who
from omoi_bot.follow.cards import Gate, Telling
from omoi_bot.follow.room import Room
from omoi_bot.follow.scene import Scene
from omoi_bot.people import Refusal
from omoi_bot.slack_api import SlackAway

MOST_MENTIONS = 3
MOST_ABSENT = 10
"""Named approvers outside the channel who get a DM of their own; a longer list wants a user group."""


@dataclass(frozen=True)
class Called:
    """`here` is mentioned in the thread (at most three people, or one group), `absent` gets a DM; `named` are those of the
    rule's list who may approve."""

    here: tuple[Who, ...] = ()
    absent: tuple[Who, ...] = ()
    named: tuple[Who, ...] = ()


@dataclass(frozen=True)
class _Able:
    """Somebody who may approve; `slack_user` is empty for one who is not in this workspace."""

    user_id: str
    name: str
    slack_user: str

    @property
    def who(self) -> Who:
        return Who(slack_user=self.slack_user, name=self.name)


async def called(room: Room, scene: Scene, view: SpecView) -> Called:
    """Named approvers when they are few; else the channel's group; else the requester if they may; else those in the channel
    who may. Where all of that is nobody, up to three who may are asked in their DMs. Raises OmoiError."""
    rule, able = await _able(room, scene, view)
    conversation = scene.conversation
    members = await room.people.members(conversation.team, conversation.channel)
    if rule.user_ids:
        named = await _present(room, scene, able, MOST_ABSENT)
        absent = tuple(one.who for one in named if one.slack_user not in members)
        shown = tuple(one.who for one in named)
        names = tuple(one.who for one in able if one in named or not one.slack_user)
        if len(shown) > MOST_MENTIONS and scene.usergroup:
            return Called((Who(group=scene.usergroup),), absent, names)
        return Called(shown[:MOST_MENTIONS], absent, names)
    if scene.usergroup:
        return Called((Who(group=scene.usergroup),))
    requester = [one for one in able if one.user_id == conversation.requester_user_id]
    found = await _present(room, scene, requester, 1)
    if not found:
        here = [one for one in able if one.slack_user in members]
        found = await _present(room, scene, here, MOST_MENTIONS)
    if found:
        return Called(tuple(one.who for one in found))
    outside = await _present(room, scene, able, MOST_MENTIONS)
    return Called((), tuple(one.who for one in outside))


async def for_gates(room: Room, scene: Scene, told: Sequence[Telling], view: SpecView) -> Scene:
    """The scene with who is called, when one of these tellings opens a gate."""
    if not any(isinstance(telling.card, Gate) for telling in told):
        return scene
    found = await called(room, scene, view)
    return replace(scene, called=found.here, deciders=found.named)


async def _able(room: Room, scene: Scene, view: SpecView) -> tuple[Rule, list[_Able]]:
    """The rule, and who may approve by it: in the order of its list, else the highest role first."""
    service = room.backend.service()
    said = (await service.get_project(view.project_id)).approvers
    rule = Rule(ROLE_WORDS.get(said.min_role, ""), tuple(said.user_ids), said.requester_excluded)
    grants = [grant async for grant in service.list_roles(view.project_id)]
    roles = {grant.user.user_id: ROLE_WORDS.get(grant.role, "") for grant in grants}
    users = {grant.user.user_id: grant.user for grant in grants}
    requester = scene.conversation.requester_user_id
    asked = [one for one in (*rule.user_ids, requester) if one]
    users |= await room.backend.users(asked)
    system = await room.people.system_of(scene.conversation.team)
    able = []
    for user_id in rule.user_ids or users:
        user = users.get(user_id)
        if user is None:
            continue
        role = "maintainer" if user.is_admin else roles.get(user_id, "")
        if rule.allows(user_id, role, requester):
            able.append(_Able(user_id, user.name, _slack_user(user, system)))
    return rule, able


def _slack_user(user: Any, system: str) -> str:
    """The id by which this workspace knows them; of another workspace's people there is none here."""
    own = (one for one in user.identities if one.startswith(f"{system}/"))
    return next((one.rpartition("/")[2] for one in own), "")


async def _present(room: Room, scene: Scene, able: Sequence[_Able], most: int) -> list[_Able]:
    """The first `most` of them whom Omoi would listen to: in this workspace, and neither deactivated nor a stranger."""
    found: list[_Able] = []
    away = False
    for one in able:
        if len(found) == most:
            break
        if not one.slack_user:
            continue
        try:
            refused = not away and isinstance(
                await room.people.resolve(scene.conversation.team, one.slack_user), Refusal
            )
        except SlackAway:
            # Nothing can be posted now either; their role at the server is what counts then.
            refused, away = False, True
        if not refused:
            found.append(one)
    return found
