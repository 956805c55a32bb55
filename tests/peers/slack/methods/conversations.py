"""conversations.*. https://docs.slack.dev/apis/web-api/using-the-conversations-api"""

from __future__ import annotations

from tests.peers.slack.limits import LIMITS
from tests.peers.slack.model import Channel, Message
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import channel_json, message_json
from tests.peers.slack.web import Call, Method

READ = {"public": "channels:read", "private": "groups:read", "im": "im:read", "mpim": "mpim:read"}
HISTORY = {"public": "channels:history", "private": "groups:history", "im": "im:history", "mpim": "mpim:history"}
_TYPES = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def _needs(call: Call, channel: Channel, scopes: dict[str, str]) -> None:
    """The scope that this kind of conversation needs; the method takes any of the four."""
    if scopes[channel.kind] not in call.app.scopes:
        provided = ",".join(sorted(call.app.scopes))
        raise Refusal("missing_scope", needed=scopes[channel.kind], provided=provided)


async def info(call: Call) -> Json:
    channel = call.channel()
    _needs(call, channel, READ)
    with_members = call.flag("include_num_members")
    return {"channel": channel_json(channel, call.team.id, call.app.bot.id, with_members)}


def _read(call: Call, messages: list[Message]) -> list[Message]:
    """The messages between oldest and latest (both left out unless inclusive)."""
    oldest = call.text("oldest", required=False)
    latest = call.text("latest", required=False)
    inclusive = call.flag("inclusive")
    for name, value in (("oldest", oldest), ("latest", latest)):
        try:
            float(value or 0)
        except ValueError:
            raise Refusal(f"invalid_ts_{name}") from None

    def within(message: Message) -> bool:
        stamp = float(message.ts)
        if inclusive and message.ts in (oldest, latest):
            return True
        return (not oldest or stamp > float(oldest)) and (not latest or stamp < float(latest))

    return [message for message in messages if within(message)]


def _shown(call: Call, messages: list[Message]) -> list[Json]:
    with_metadata = call.flag("include_all_metadata")
    return [message_json(call.peer.state, message, with_metadata, call.peer.url) for message in messages]


async def history(call: Call) -> Json:
    """Newest first; of a thread only the root and broadcast replies."""
    channel = call.channel()
    _needs(call, channel, HISTORY)
    if call.app.bot.id not in channel.members:
        raise Refusal("not_in_channel")
    top = [m for m in channel.messages if not m.deleted and not m.ephemeral_to and (not m.is_reply or m.broadcast)]
    found, metadata = call.page(_read(call, top)[::-1], most=999)
    more = bool(metadata["next_cursor"])
    return {"messages": _shown(call, found), "has_more": more, "pin_count": 0, "response_metadata": metadata}


async def replies(call: Call) -> Json:
    """The root, then the replies, oldest first; the root is always there."""
    channel = call.channel()
    _needs(call, channel, HISTORY)
    if call.app.bot.id not in channel.members:
        raise Refusal("not_in_channel")
    root = channel.find(call.text("ts"))
    if root is None:
        raise Refusal("thread_not_found")
    thread = channel.thread(root.thread_ts or root.ts)
    found, metadata = call.page(_read(call, thread[1:]), default=1000)
    more = bool(metadata["next_cursor"])
    return {"messages": _shown(call, [thread[0], *found]), "has_more": more, "response_metadata": metadata}


async def list_(call: Call) -> Json:
    """Public channels of the workspace, and of the other kinds those that the bot is in."""
    asked = [each.strip() for each in (call.text("types", required=False) or "public_channel").split(",")]
    if not set(asked) <= set(_TYPES):
        raise Refusal("invalid_types")
    kinds = {_TYPES[each] for each in asked}
    for kind in kinds:
        if READ[kind] not in call.app.scopes:
            raise Refusal("missing_scope", needed=READ[kind], provided=",".join(sorted(call.app.scopes)))
    without_archived = call.flag("exclude_archived")
    visible = [
        each
        for each in call.peer.state.channels.values()
        if each.kind in kinds
        and not each.deleted
        and not (without_archived and each.is_archived)
        and call.team.id in {each.team_id} | each.shared_with
        and (each.kind == "public" or call.app.bot.id in each.members)
    ]
    found, metadata = call.page(visible)
    shown = [channel_json(each, call.team.id, call.app.bot.id, with_members=True) for each in found]
    return {"channels": shown, "response_metadata": metadata}


async def members(call: Call) -> Json:
    channel = call.channel()
    _needs(call, channel, READ)
    found, metadata = call.page(channel.members)
    return {"members": found, "response_metadata": metadata}


async def open_(call: Call) -> Json:
    """The DM with one user, or the group DM with up to eight."""
    if call.text("channel", required=False):
        channel = call.channel()
    else:
        names = [each.strip() for each in call.text("users").split(",") if each.strip()]
        limit = LIMITS["conversation.users"]
        if len(names) > limit.value:
            raise Refusal(limit.error, limit.say(), source=limit.source)
        found = [call.peer.state.users.get(each) for each in names]
        users = [each for each in found if each is not None and call.peer.visible_user(each, call.team.id)]
        if len(users) < len(names):
            raise Refusal("user_not_found")
        if any(each.deleted for each in users):
            raise Refusal("user_disabled")
        scope = "im:write" if len(users) == 1 else "mpim:write"
        if scope not in call.app.scopes:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(call.app.scopes)))
        channel = call.peer.workspace.open_direct(call.team.id, [*users, call.app.bot])
    if call.flag("return_im"):
        return {"channel": channel_json(channel, call.team.id, call.app.bot.id)}
    return {"channel": {"id": channel.id}}


async def join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "public":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refusal("is_archived")
    shown = channel_json(channel, call.team.id, call.app.bot.id)
    if call.app.bot.id in channel.members:
        call.warnings.append("already_in_channel")
        return {"channel": shown}
    call.peer.workspace.join(channel, call.app.bot)
    call.note("join", channel=channel.id, user=call.app.bot.id)
    return {"channel": channel_json(channel, call.team.id, call.app.bot.id)}


_ANY_READ = tuple(READ.values())
_ANY_HISTORY = tuple(HISTORY.values())
METHODS = {
    "conversations.info": Method(info, 3, _ANY_READ),
    "conversations.history": Method(history, 3, _ANY_HISTORY),
    "conversations.replies": Method(replies, 3, _ANY_HISTORY),
    "conversations.list": Method(list_, 2, _ANY_READ),
    "conversations.members": Method(members, 4, _ANY_READ),
    "conversations.open": Method(open_, 3, ("im:write", "mpim:write")),
    "conversations.join": Method(join, 3, ("channels:join",)),
}
