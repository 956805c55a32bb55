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
from omoi_bot.follow.approvers import Called, called
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

MOST_REMINDERS = 3

log = structlog.get_logger()


def is_open(view: SpecView, gate: OpenGate | None) -> bool:
    """The snapshot stands at this very version."""
    shown = view.gate
    return gate is not None and shown is not None and (shown.phase, shown.version) == (gate.phase, gate.version)


async def ask_absent(room: Room, scene: Scene, view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """A DM for each approver whom no mention in the channel reaches, and the time of the first reminder.

    None when that was done, or cannot be done now: a later round tries again.
    """
    gate = memory.gate
    if gate is None or gate.sought or not is_open(view, gate):
        return None
    asked = await called(room, scene, view)
    try:
        rooms = await _rooms(room, scene, asked.absent)
    except SlackAway:
        return None
    message = gate_blocks.direct(view, scene.channel_name, memory.live_link)
    ids = {f"gatedm:{gate.post_id.removeprefix('gate:')}:{channel}": channel for channel in rooms}
    posts = [in_dm(scene, channel, post_id, "gate", message, urgency.NOW) for post_id, channel in ids.items()]

    async def copies(tx: Tx) -> None:
        for post in posts:
            await put(tx, post)

    known = await _known(room, scene, asked)
    due = after_working_hours(room.clock.now(), room.remind_hours, _zone(known), room.week)
    changed = memory.copied(*ids)
    assert changed.gate is not None
    return replace(changed, gate=replace(changed.gate, remind_at=due.isoformat())), copies


async def remind(room: Room, scene: Scene, view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """Say again that the gate waits, when that is due: after some working hours, then daily, three times at most."""
    gate, now = memory.gate, room.clock.now()
    if gate is None or not gate.remind_at or datetime.fromisoformat(gate.remind_at) > now or not is_open(view, gate):
        return None
    asked = await called(room, scene, view)
    known = await _known(room, scene, asked)
    number = gate.reminded + 1
    later = next_working_day(now, _zone(known), room.week).isoformat() if number < MOST_REMINDERS else ""
    changed = replace(memory, gate=replace(gate, remind_at=later, reminded=number))
    if known and not any(person.settings.get("reminders", True) for person in known):
        return changed, nothing
    post_id = f"remind:{gate.post_id.removeprefix('gate:')}:{number}"
    message = gate_blocks.reminder(view, _willing(asked.here, known), number, memory.live_link)
    post = in_thread(scene, post_id, "gate", message, urgency.CHANGE)

    async def again(tx: Tx) -> None:
        await put(tx, post)

    return changed.copied(post_id), again


async def _rooms(room: Room, scene: Scene, absent: Sequence[Who]) -> list[str]:
    """DM channels of these people. Raises SlackAway."""
    found = []
    for one in absent:
        try:
            found.append(await room.slack.open_dm(scene.conversation.team, one.slack_user))
        except SlackRefused as refusal:
            spec_id = scene.conversation.spec_id
            log.warning("gate.approver_unreachable", spec_id=spec_id, who=one.slack_user, error=refusal.error)
    return found


async def _known(room: Room, scene: Scene, asked: Called) -> list[KnownPerson]:
    """Those who are asked by name, as far as they are known."""
    async with room.db.read() as tx:
        team = scene.conversation.team
        everyone = dict.fromkeys(one.slack_user for one in (*asked.here, *asked.absent) if one.slack_user)
        found = [await people.of_user(tx, team, slack_user) for slack_user in everyone]
    return [person for person in found if person is not None]


def _zone(known: Sequence[KnownPerson]) -> str:
    return next((person.tz for person in known if person.tz), "UTC")


def _willing(asked: Sequence[Who], known: Sequence[KnownPerson]) -> tuple[Who, ...]:
    """Without those who want no reminders."""
    unwilling = {person.slack_user for person in known if not person.settings.get("reminders", True)}
    return tuple(one for one in asked if one.slack_user not in unwilling or one.group)
