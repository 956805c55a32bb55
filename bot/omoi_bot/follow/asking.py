"""Asking people at a gate: who is mentioned, who gets it as a DM, and when it is said again.

Nothing is decided by time, and every message with a gate's buttons is remembered, so that the decision closes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from omoi_bot.blocks import gate as gate_blocks
from omoi_bot.blocks.model import SpecView, Who
from omoi_bot.follow import urgency
from omoi_bot.follow.memory import Memory, OpenGate
from omoi_bot.follow.places import in_dm, in_thread
from omoi_bot.follow.room import Also, Room, nothing
from omoi_bot.follow.scene import Scene
from omoi_bot.follow.working_time import after_working_hours, next_working_day
from omoi_bot.posting import put
from omoi_bot.slack_api import SlackAway, SlackRefused
from omoi_bot.store import people
from omoi_bot.store.database import Tx
from omoi_bot.store.people import KnownPerson

MOST_MENTIONS = 3
MOST_ABSENT = 10
"""Approvers outside the channel who get a DM of their own; a longer list wants a user group."""
MOST_REMINDERS = 3

log = structlog.get_logger()


def mentions(view: SpecView, scene: Scene) -> tuple[Who, ...]:
    """Who is called to the gate: the named approvers when they are few, else the channel's group, else the requester."""
    named = tuple(one for one in (view.gate.approvers if view.gate else ()) if one.slack_user)
    if len(named) > MOST_MENTIONS or not named:
        if scene.usergroup:
            return (Who(group=scene.usergroup),)
        return named[:MOST_MENTIONS] or ((view.requester,) if view.requester.slack_user else ())
    return named


def is_open(view: SpecView, gate: OpenGate | None) -> bool:
    """The snapshot stands at this very version."""
    shown = view.gate
    return gate is not None and shown is not None and (shown.phase, shown.version) == (gate.phase, gate.version)


async def ask_absent(room: Room, scene: Scene, view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """A DM for each named approver who is not in the channel, and the time of the first reminder.

    None when that was done, or cannot be done now: a later round tries again.
    """
    gate = memory.gate
    if gate is None or gate.sought or not is_open(view, gate):
        return None
    try:
        rooms = await _rooms_of_absent(room, scene, view)
    except SlackAway:
        return None
    message = gate_blocks.direct(view, scene.channel_name, memory.live_link)
    ids = {f"gatedm:{gate.post_id.removeprefix('gate:')}:{channel}": channel for channel in rooms}
    posts = [in_dm(scene, channel, post_id, "gate", message, urgency.NOW) for post_id, channel in ids.items()]

    async def copies(tx: Tx) -> None:
        for post in posts:
            await put(tx, post)

    asked = await _asked_people(room, scene, view)
    due = after_working_hours(room.clock.now(), room.remind_hours, _zone(asked), room.week)
    changed = memory.copied(*ids)
    assert changed.gate is not None
    return replace(changed, gate=replace(changed.gate, remind_at=due.isoformat())), copies


async def remind(room: Room, scene: Scene, view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """Say again that the gate waits, when that is due: after some working hours, then daily, three times at most."""
    gate, now = memory.gate, room.clock.now()
    if gate is None or not gate.remind_at or datetime.fromisoformat(gate.remind_at) > now or not is_open(view, gate):
        return None
    asked = await _asked_people(room, scene, view)
    number = gate.reminded + 1
    later = next_working_day(now, _zone(asked), room.week).isoformat() if number < MOST_REMINDERS else ""
    changed = replace(memory, gate=replace(gate, remind_at=later, reminded=number))
    if asked and not any(person.settings.get("reminders", True) for person in asked):
        return changed, nothing
    post_id = f"remind:{gate.post_id.removeprefix('gate:')}:{number}"
    message = gate_blocks.reminder(view, _willing(mentions(view, scene), asked), number, memory.live_link)
    post = in_thread(scene, post_id, "gate", message, urgency.CHANGE)

    async def again(tx: Tx) -> None:
        await put(tx, post)

    return changed.copied(post_id), again


async def _rooms_of_absent(room: Room, scene: Scene, view: SpecView) -> list[str]:
    """DM channels of the named approvers whom a mention in the channel does not reach. Raises SlackAway."""
    conversation = scene.conversation
    named = [one.slack_user for one in (view.gate.approvers if view.gate else ()) if one.slack_user]
    if not named:
        return []
    here = await room.people.members(conversation.team, conversation.channel)
    found = []
    for slack_user in [name for name in named if name not in here][:MOST_ABSENT]:
        try:
            found.append(await room.slack.open_dm(conversation.team, slack_user))
        except SlackRefused as refusal:
            log.warning("gate.approver_unreachable", spec_id=view.spec_id, slack_user=slack_user, error=refusal.error)
    return found


async def _asked_people(room: Room, scene: Scene, view: SpecView) -> list[KnownPerson]:
    """Those who are mentioned, as far as they are known."""
    async with room.db.read() as tx:
        team = scene.conversation.team
        found = [await people.of_user(tx, team, one.slack_user) for one in mentions(view, scene) if one.slack_user]
    return [person for person in found if person is not None]


def _zone(asked: Sequence[KnownPerson]) -> str:
    return next((person.tz for person in asked if person.tz), "UTC")


def _willing(called: Sequence[Who], asked: Sequence[KnownPerson]) -> tuple[Who, ...]:
    """Without those who want no reminders."""
    unwilling = {person.slack_user for person in asked if not person.settings.get("reminders", True)}
    return tuple(one for one in called if one.slack_user not in unwilling or one.group)
