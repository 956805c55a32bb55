"""reactions.*. https://docs.slack.dev/reference/methods/reactions.add"""

from __future__ import annotations

import re

from tests.peers.slack.limits import LIMITS
from tests.peers.slack.model import Channel, Message
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.web import Call, Method

_NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


def _place(call: Call) -> tuple[Channel, Message, str]:
    channel = call.channel()
    message = call.message(channel, "timestamp")
    name = call.text("name").strip(":")
    if not _NAME.fullmatch(name):
        raise Refusal("invalid_name")
    if channel.is_archived:
        raise Refusal("is_archived")
    return channel, message, name


async def add(call: Call) -> Json:
    channel, message, name = _place(call)
    if call.app.bot.id not in channel.members:
        raise Refusal("not_in_channel")
    if call.app.bot.id in message.reactions.get(name, []):
        raise Refusal("already_reacted")
    limit = LIMITS["reactions.each_message"]
    if name not in message.reactions and len(message.reactions) >= limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    call.peer.workspace.react(channel, message, name, call.app.bot.id, added=True)
    call.note("reaction", channel=channel.id, ts=message.ts, text=name, message=message)
    return {}


async def remove(call: Call) -> Json:
    channel, message, name = _place(call)
    if call.app.bot.id not in message.reactions.get(name, []):
        raise Refusal("no_reaction")
    call.peer.workspace.react(channel, message, name, call.app.bot.id, added=False)
    call.note("unreaction", channel=channel.id, ts=message.ts, text=name, message=message)
    return {}


METHODS = {
    "reactions.add": Method(add, 3, ("reactions:write",)),
    "reactions.remove": Method(remove, 2, ("reactions:write",)),
}
