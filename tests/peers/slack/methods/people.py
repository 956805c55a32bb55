"""users.*. https://docs.slack.dev/reference/methods/users.info"""

from __future__ import annotations

from tests.peers.slack.methods.conversations import READ
from tests.peers.slack.model import User
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import channel_json, user_json
from tests.peers.slack.web import Call, Method


def _shown(call: Call, user: User) -> Json:
    return user_json(user, call.team.id, "users:read.email" in call.app.scopes)


async def info(call: Call) -> Json:
    return {"user": _shown(call, call.user())}


async def list_(call: Call) -> Json:
    users = [each for each in call.peer.state.users.values() if call.peer.visible_user(each, call.team.id)]
    found, metadata = call.page(users)
    return {"members": [_shown(call, each) for each in found], "response_metadata": metadata}


async def lookup_by_email(call: Call) -> Json:
    wanted = call.text("email").lower()
    for user in call.peer.state.users.values():
        if user.email.lower() == wanted and not user.deleted and call.team.id in user.teams | {user.team_id}:
            return {"user": _shown(call, user)}
    raise Refusal("users_not_found")


async def conversations(call: Call) -> Json:
    """The conversations that the bot (or the named user, as far as the bot sees them) is in."""
    user = call.user().id if call.text("user", required=False) else call.app.bot.id
    bot = call.app.bot.id
    types = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}
    asked = [each.strip() for each in (call.text("types", required=False) or "public_channel").split(",")]
    if not set(asked) <= set(types):
        raise Refusal("invalid_types")
    for kind in (types[each] for each in asked):
        if READ[kind] not in call.app.scopes:
            raise Refusal("missing_scope", needed=READ[kind], provided=",".join(sorted(call.app.scopes)))
    kinds = {types[each] for each in asked}
    visible = [
        each
        for each in call.peer.state.channels.values()
        if each.kind in kinds
        and not each.deleted
        and not (call.flag("exclude_archived") and each.is_archived)
        and call.team.id in {each.team_id} | each.shared_with
        and user in each.members
        and (each.kind == "public" or bot in each.members)
    ]
    found, metadata = call.page(visible)
    return {"channels": [channel_json(each, call.team.id, bot) for each in found], "response_metadata": metadata}


METHODS = {
    "users.info": Method(info, 4, ("users:read",)),
    "users.list": Method(list_, 2, ("users:read",)),
    "users.lookupByEmail": Method(lookup_by_email, 3, ("users:read.email",)),
    "users.conversations": Method(conversations, 3, tuple(READ.values())),
}
