"""What the forms to write in show before anybody typed: launch, changes, reject, cancel, force, link, settings, role."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.forms import decisions as forms
from omoi_bot.blocks.forms.launch import launch_form
from omoi_bot.blocks.forms.settings import person_form
from omoi_bot.blocks.model import LaunchView, ProjectView, RequirementView, SpecView
from omoi_bot.listeners import decisions, gathering, projects
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.store import channels, people

Json = dict[str, Any]


async def changes(turn: Turn, target: Target) -> Json:
    """One box, and the requirements to tick."""
    view = await _at_gate(turn, target)
    omoi = await turn.omoi()
    titles: tuple[RequirementView, ...] = ()
    if view.phase_named("REQUIREMENTS").version:
        data: Any = (await omoi.get_phase_output(target.spec_id, "REQUIREMENTS")).data
        listed = list(data["requirements"]) if "requirements" in data.fields else []
        titles = tuple(RequirementView(str(one["id"]), str(one["title"])) for one in listed)
    return forms.changes_form(view, titles)


async def reject(turn: Turn, target: Target) -> Json:
    """Rejecting asks for the reason."""
    return forms.reject_form(await _at_gate(turn, target))


async def cancel(turn: Turn, target: Target) -> Json:
    """Cancelling asks again."""
    return forms.cancel_form(await _seen(turn, target))


async def force(turn: Turn, target: Target) -> Json:
    """Forcing names what is missing."""
    return forms.force_form(await _seen(turn, target))


async def own_settings(turn: Turn, _: Target) -> Json:
    """One person's settings."""
    person = await turn.person()
    async with turn.desk.db.read() as tx:
        known = await people.get(tx, person.identity)
    return person_form(person.tz, bool(known.settings.get("reminders", True)) if known else True)


async def launch(turn: Turn, _: Target) -> Json:
    """The launch form, from `/omoi new` or Home: the channel's project is chosen at first."""
    return launch_form(await _launch_state(turn, turn.origin.channel))


async def turn_into(turn: Turn, _: Target) -> Json:
    """The launch form from a message: its words are the description, its thread goes along."""
    message = turn.payload.get("message") or {}
    text = str(message.get("text") or "")
    entry = await gathering.entry(turn, turn.origin.channel, message) if text else {"text": ""}
    thread = turn.origin.thread_ts
    around = await gathering.discussion(turn, turn.origin.channel, thread, [turn.origin.ts]) if thread else []
    state = await _launch_state(turn, turn.origin.channel)
    return launch_form(
        replace(
            state,
            # An input takes 3,000 characters; the rest of a longer message goes along as context.
            description=str(entry["text"])[:3000],
            thread_ts=thread,
            message_ts=turn.origin.ts,
            from_thread=len(around),
        )
    )


async def _launch_state(turn: Turn, channel: str) -> LaunchView:
    omoi = await turn.omoi()
    visible = tuple(ProjectView(one.project_id, one.name) for one in await projects.visible(omoi))
    known = None
    if channel:
        async with turn.desk.db.read() as tx:
            known = await channels.get(tx, turn.origin.team, channel)
    linked = known.project_id if known and any(one.project_id == known.project_id for one in visible) else ""
    gates = tuple(known.gates) if known and known.gates is not None else ("TASKS",)
    private = channel.startswith("D") or bool(known and known.kind in ("private", "mpim"))
    return LaunchView(visible, linked, gates=gates, channel=channel, private=private)


async def _seen(turn: Turn, target: Target) -> SpecView:
    """The spec, once this person may see it."""
    omoi = await turn.omoi()
    await omoi.get_spec(target.spec_id)
    return await turn.desk.backend.snapshot(target.spec_id)


async def _at_gate(turn: Turn, target: Target) -> SpecView:
    """The spec at the gate that was shown. Raises Told when another version waits, or nothing does."""
    view = await _seen(turn, target)
    gate = view.gate
    if gate is None or (target.version and (gate.phase, gate.version) != (target.phase, target.version)):
        raise Told(decisions.stale(view, target.phase, target.version))
    return view
