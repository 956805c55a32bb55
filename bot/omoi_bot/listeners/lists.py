"""Lists of specs: what runs in a channel, what somebody has, and which one an id means."""

from __future__ import annotations

from omoi_bot.blocks import answers
from omoi_bot.blocks.model import Message, SpecView
from omoi_bot.listeners import choosing
from omoi_bot.listeners.choosing import SpecName
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.store import conversations
from omoi_client import OmoiClient
from omoi_client.errors import NotFound, PermissionDenied

SEARCHED = 1000
"""Specs among which the beginning of an id is looked for, the newest first."""

_HEADINGS = {"stop": "Which one should stop?", "retry": "Which one should go on?", "approve": "Which one do you mean?"}
_RUNS = "Running in this channel"


async def running_here(turn: Turn, word: str = "status") -> Message:
    """What runs in this channel and this person may see, theirs first, with the buttons that fit."""
    person = await turn.person()
    omoi = await turn.desk.people.acting(person)
    async with turn.desk.db.read() as tx:
        found = await conversations.running_in_channel(tx, turn.origin.team, turn.origin.channel)
    mine = [one.spec_id for one in found if one.requester == person.identity]
    others = [one.spec_id for one in found if one.requester != person.identity]
    heading = _HEADINGS.get(word, _RUNS)
    return answers.specs(await shown(turn, omoi, [*mine, *others]), heading)


async def of_person(turn: Turn, project: str = "") -> Message:
    """This person's newest specs, or the newest ones of a project that they may see."""
    person = await turn.person()
    omoi = await turn.desk.people.acting(person)
    if project:
        wanted = await project_named(omoi, project)
        found = [one.spec_id async for one in omoi.list_specs(project_id=wanted.project_id, limit=answers.MOST_LISTED)]
        return answers.specs(await shown(turn, omoi, found), "Newest in the project", "There is no spec in it yet.")
    found = [one.spec_id async for one in omoi.list_specs(user_id=person.user_id, limit=answers.MOST_LISTED)]
    return answers.specs(await shown(turn, omoi, found), "Your newest specs", "You have no spec yet. Try `/omoi new`.")


async def shown(turn: Turn, omoi: OmoiClient, spec_ids: list[str]) -> tuple[SpecView, ...]:
    """As views, in this order, without those that this person may not see; no more than a list shows, and one."""
    views: list[SpecView] = []
    for spec_id in spec_ids:
        if len(views) > answers.MOST_LISTED:
            break
        try:
            await omoi.get_spec(spec_id)
        except (NotFound, PermissionDenied):
            continue
        views.append(await turn.desk.backend.snapshot(spec_id))
    return tuple(views)


async def spec_named(turn: Turn, omoi: OmoiClient, typed: str) -> str:
    """Full id of the spec that is meant. Raises Told for none, for several, and for what is no id."""
    found = [SpecName(one.spec_id, one.title) async for one in omoi.list_specs(include_archived=True, limit=SEARCHED)]
    try:
        matches = choosing.spec(typed, found)
    except ValueError as error:
        raise Told(answers.sentence(str(error))) from error
    if not matches:
        raise Told(answers.sentence(f"No spec that you can see begins with “{typed[:60]}”. `/omoi list` shows yours."))
    if len(matches) > 1:
        views = await shown(turn, omoi, [one.spec_id for one in matches])
        raise Told(answers.specs(views, f"{len(matches)} specs begin like that; give more digits"))
    return matches[0].spec_id


async def project_named(omoi: OmoiClient, typed: str) -> choosing.Project:
    """The visible project of this name. Raises Told that lists the known ones."""
    from omoi_bot.listeners import projects

    visible = await projects.visible(omoi)
    wanted = typed.strip().strip("`").casefold()
    for one in visible:
        if wanted in (one.name.casefold(), one.project_id):
            return one
    known = f"You can see: {', '.join(one.name for one in visible)}." if visible else "You can see no project yet."
    raise Told(answers.sentence(f"There is no project “{typed[:80]}” for you. {known}"))
