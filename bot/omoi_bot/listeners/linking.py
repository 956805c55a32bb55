"""Channels: which project they work on, who may say so, and how Omoi behaves in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omoi_bot.blocks import answers, text
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.forms import settings as forms
from omoi_bot.blocks.model import ChannelView, Message, ProjectView, Who
from omoi_bot.listeners import apps, decisions, failures, launching, projects, starting
from omoi_bot.listeners.choosing import Project
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.people import Person
from omoi_bot.slack_api import SlackRefused
from omoi_bot.store import channels, requests
from omoi_bot.store.channels import Channel
from omoi_bot.store.database import Tx

Json = dict[str, Any]
MAINTAINER = "maintainer"


@dataclass(frozen=True)
class Facts:
    """A channel as Slack describes it now."""

    name: str
    kind: str
    shared: bool
    members: int | None


async def link_form(turn: Turn, target: Target) -> Json:
    """The form that links this channel; says how many people will read what is posted there."""
    channel = target.channel or turn.origin.channel
    mine = await maintained(turn)
    return forms.link_form(await _view(turn, channel), tuple(ProjectView(one.project_id, one.name) for one in mine))


async def link(turn: Turn, channel: str, project_id: str) -> Message:
    """Link the channel; what was done, for everybody in it. Raises Told for somebody who is not maintainer of the project.

    A maintainer who links a channel that is shared with another organisation allows it by that.
    """
    person = await turn.person()
    await _need_maintainer(turn, person, project_id)
    facts = await _facts(turn, channel, join=True)
    project = await turn.desk.backend.service().get_project(project_id)
    allowed = {"shared_allowed_by": person.identity} if facts.shared else {}

    async def work(tx: Tx) -> None:
        await channels.change(
            tx, turn.origin.team, channel, project_id=project_id, linked_by=person.identity, linked_at=tx.now,
            name=facts.name, kind=facts.kind, shared=facts.shared, member=True, **allowed,
        )  # fmt: skip

    await turn.write(work)
    turn.desk.people.forget_channel(turn.origin.team, channel)
    said = answers.linked(facts.name, ProjectView(project_id, project.name), decisions.mention(person))
    await turn.say(said, f"linked-{channel}", thread="", channel=channel)
    await _go_on(turn, channel)
    readers = f"its {text.count(facts.members, 'member')}" if facts.members is not None else "everyone in it"
    return Message(f"Linked to {text.escape(project.name, 80)}. Whoever is in the channel sees what I post: {readers}.")


async def unlink(turn: Turn) -> Message:
    """Take the link away. Raises Told for somebody who is not maintainer of the linked project, and without a link."""
    person = await turn.person()
    known = await _known(turn, turn.origin.channel)
    if not known.project_id:
        raise Told("This channel is not linked to a project. `/omoi link` links it.")
    await _need_maintainer(turn, person, known.project_id)
    await turn.write(
        lambda tx: channels.change(
            tx, known.team, known.channel, project_id="", linked_by="", linked_at=None, shared_allowed_by=""
        )
    )
    turn.desk.people.forget_channel(known.team, known.channel)
    return Message("This channel is not linked any more. What runs goes on and is reported here.")


async def settings_form(turn: Turn, target: Target) -> Json:
    """The channel's settings, for a maintainer of its project."""
    channel = target.channel or turn.origin.channel
    await _may_set(turn, channel)
    return forms.settings_form(await _view(turn, channel))


async def set_up(turn: Turn, channel: str, listed: tuple[str, ...] = (), **new: Any) -> None:
    """Store the channel's settings; `listed` are the apps that may comment in it, as they were typed. Raises Told.

    Saving them in a channel shared with another organisation allows it (rule 1).
    """
    person = await _may_set(turn, channel)
    known = await _known(turn, channel)
    facts = await _facts(turn, channel, join=False)
    bots = await apps.allow(turn, person, known, listed)
    allowed = {"shared": True, "shared_allowed_by": person.identity} if facts.shared else {}
    await turn.write(lambda tx: channels.change(tx, turn.origin.team, channel, bots_allowed=bots, **new, **allowed))
    turn.desk.people.forget_channel(turn.origin.team, channel)


async def maintained(turn: Turn) -> list[Project]:
    """Projects in which this person is maintainer."""
    person = await turn.person()
    visible = await projects.visible(await turn.desk.people.acting(person))
    return [one for one in visible if await turn.desk.people.role_in(person, one.project_id) == MAINTAINER]


async def _may_set(turn: Turn, channel: str) -> Person:
    person = await turn.person()
    known = await _known(turn, channel)
    if not known.project_id:
        raise Told("This channel is not linked to a project yet. Link it first: `/omoi link`.")
    await _need_maintainer(turn, person, known.project_id)
    return person


async def _need_maintainer(turn: Turn, person: Person, project_id: str) -> None:
    if await turn.desk.people.role_in(person, project_id) != MAINTAINER:
        may = await failures.who_may(turn, project_id, MAINTAINER)
        raise Told(f"This needs the role maintainer in the project. {may}".strip())


async def _known(turn: Turn, channel: str) -> Channel:
    async with turn.desk.db.read() as tx:
        found = await channels.get(tx, turn.origin.team, channel)
    return found or Channel(turn.origin.team, channel)


async def _view(turn: Turn, channel: str) -> ChannelView:
    known = await _known(turn, channel)
    facts = await _facts(turn, channel, join=False)
    project, by, always = None, None, tuple[str, ...]()
    if known.project_id:
        found = await turn.desk.backend.service().get_project(known.project_id)
        project, by = ProjectView(known.project_id, found.name), Who.of(known.linked_by)
        always = starting.always_asked(found)
    return ChannelView(
        channel, facts.name, project, known.listening, known.verbosity, known.broadcast,
        None if known.gates is None else tuple(known.gates), facts.members, facts.shared, by,
        known.usergroup, tuple(known.bots_allowed), always,
    )  # fmt: skip


async def _facts(turn: Turn, channel: str, *, join: bool) -> Facts:
    """Raises Told where Omoi cannot look, or (with `join`) not post."""
    if channel.startswith("D"):
        raise Told("A direct message is not linked to a project. Type this in the channel that it is about.")
    slack, team = turn.desk.slack, turn.origin.team
    try:
        raw = await slack.conversation_info(team, channel)
        private = bool(raw.get("is_private") or raw.get("is_mpim") or raw.get("is_group"))
        if join and not raw.get("is_member") and not private:
            await slack.join(team, channel)
        elif join and not raw.get("is_member"):
            raise Told("I am not in this channel. Invite me with `/invite @Omoi`, then try again.")
    except SlackRefused as refusal:
        raise Told(
            f"I cannot look into this channel ({refusal.error}). Invite me with `/invite @Omoi`, then try again."
        ) from refusal
    members = raw.get("num_members")
    return Facts(
        str(raw.get("name") or ""),
        "mpim" if raw.get("is_mpim") else "private" if private else "public",
        bool(raw.get("is_ext_shared") or raw.get("is_pending_ext_shared") or raw.get("pending_shared")),
        members if isinstance(members, int) else None,
    )


async def _go_on(turn: Turn, channel: str) -> None:
    """What waited here for a project or a role may go on."""
    async with turn.desk.db.read() as tx:
        waiting = await requests.waiting(tx, "WAITING_PROJECT", "WAITING_ROLE", team=turn.origin.team)
    await launching.go_on_with(turn, [one for one in waiting if one.channel == channel])
