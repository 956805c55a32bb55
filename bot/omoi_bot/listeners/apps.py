"""Apps and workflows that a channel names: what they say in a spec's thread is a comment, and nothing else (rule 10).

Each is a user of the server with the identity "slack:<E… or T…>/<B…>" and the role that comments need, given by the
maintainer who named it. That opens no other way: whoever is a bot in Slack is refused everywhere else.
"""

from __future__ import annotations

import structlog

from omoi_bot.listeners import failures
from omoi_bot.listeners.payloads import Json
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.listeners.words import Saying
from omoi_bot.people import Person
from omoi_bot.slack_api import SlackRefused
from omoi_bot.store import channels
from omoi_bot.store.channels import Channel
from omoi_bot.store.conversations import Conversation
from omoi_client.errors import OmoiError

MAX_NAME = 80

log = structlog.get_logger()


async def allow(turn: Turn, person: Person, known: Channel, listed: tuple[str, ...]) -> list[str]:
    """Let these apps comment in the channel and those that are not named any more no longer; their bot ids.

    Raises Told for an id that is no app's, and what the server refuses.
    """
    wanted = list(dict.fromkeys([await _bot_id(turn, one) for one in listed]))
    omoi = await turn.desk.people.acting(person)
    for bot_id in wanted:
        if bot_id not in known.bots_allowed:
            identity = await _identity(turn, bot_id)
            await turn.desk.backend.service().provision_user(identity, name=_named(bot_id))
            await omoi.set_role(known.project_id, identity, "contributor", turn.request_id(f"app/{bot_id}"))
    async with turn.desk.db.read() as tx:
        others = [one for one in await channels.linked_to(tx, known.project_id) if one.channel != known.channel]
    still = {bot_id for one in others for bot_id in one.bots_allowed}
    for bot_id in set(known.bots_allowed) - set(wanted) - still:
        await omoi.set_role(
            known.project_id, await _identity(turn, bot_id), "none", turn.request_id(f"no-app/{bot_id}")
        )
    return wanted


async def comment(turn: Turn, event: Json, saying: Saying, of: Conversation) -> None:
    """Keep what an app said in the thread of a spec as a comment of that app. Anything else it says is left alone."""
    bot_id = str(event.get("bot_id") or "")
    async with turn.desk.db.read() as tx:
        channel = await channels.get(tx, of.team, of.channel)
    if channel is None or bot_id not in channel.bots_allowed or not saying.text:
        return
    identity = await _identity(turn, bot_id)
    try:
        await turn.desk.backend.service().provision_user(identity, name=_named(_name(event, bot_id)))
        await turn.desk.backend.acting(identity).send_message(
            of.spec_id, saying.text, delivery="COMMENT", request_id=turn.request_id(f"say/{of.spec_id}")
        )
        await turn.desk.slack.reactions_add(turn.origin.team, turn.origin.channel, turn.origin.ts, "speech_balloon")
    except SlackRefused as refusal:
        log.info("reaction.refused", error=refusal.error)
    except OmoiError as error:
        if failures.passing(error):
            raise
        # Nobody waits for an answer: the channel was linked to another project since, or the spec is over.
        log.warning("app.refused", spec_id=of.spec_id, app=bot_id, reason=error.reason)


async def _bot_id(turn: Turn, typed: str) -> str:
    """The bot id of an app that was named by it or by its member id."""
    if typed.startswith("B"):
        return typed
    try:
        raw = await turn.desk.slack.users_info(turn.origin.team, typed)
    except SlackRefused as refusal:
        raise Told(
            f"Slack does not know {typed} ({refusal.error}). Copy the app's member id from its profile."
        ) from None
    found = str((raw.get("profile") or {}).get("bot_id") or "")
    if not raw.get("is_bot") or not found:
        raise Told(f"{typed} is a person, not an app. People comment with the role contributor: `/omoi role`.")
    return found


async def _identity(turn: Turn, bot_id: str) -> str:
    return f"{await turn.desk.people.system_of(turn.origin.team)}/{bot_id}"


def _name(event: Json, bot_id: str) -> str:
    profile = event.get("bot_profile")
    named = profile.get("name") if isinstance(profile, dict) else ""
    return str(event.get("username") or named or bot_id)


def _named(name: str) -> str:
    """As it stands beside the comment: never to be mistaken for a person's."""
    return f"{name[:MAX_NAME]}{failures.APP}"
