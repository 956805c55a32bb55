"""The app and its workspace: auth.test, apps.connections.open, team.info, bots.info, usergroups.list, blocks.validate."""

from __future__ import annotations

from typing import Any

from tests.peers.slack.kit.checks import Fault
from tests.peers.slack.kit.payloads import message_faults, view_faults
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import APP_ID
from tests.peers.slack.web import Call, Method


async def auth_test(call: Call) -> Json:
    found: Json = {
        "url": f"https://{call.team.domain}.slack.com/",
        "team": call.team.name,
        "user": call.app.bot.name,
        "team_id": call.team.id,
        "user_id": call.app.bot.id,
        "bot_id": call.app.bot.bot_id,
        "is_enterprise_install": False,
    }
    if call.team.enterprise_id:
        found["enterprise_id"] = call.team.enterprise_id
    return found


async def connections_open(call: Call) -> Json:
    if not call.peer.manifest.socket_mode:
        raise Refusal("forbidden_team", "[ERROR] Socket Mode is off in the manifest")
    address = call.peer.url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={call.peer.sockets.ticket()}&app_id={APP_ID}"}


async def team_info(call: Call) -> Json:
    found: Json = {"id": call.team.id, "name": call.team.name, "domain": call.team.domain, "email_domain": ""}
    if call.team.enterprise_id:
        found |= {"enterprise_id": call.team.enterprise_id, "enterprise_name": call.team.name}
    return {"team": found}


async def bots_info(call: Call) -> Json:
    wanted = call.text("bot", required=False) or call.app.bot.bot_id
    for user in call.peer.state.users.values():
        if user.bot_id == wanted:
            return {
                "bot": {
                    "id": user.bot_id, "deleted": user.deleted, "name": user.name, "user_id": user.id, "app_id": APP_ID,
                }
            }  # fmt: skip
    raise Refusal("bot_not_found")


async def usergroups_list(call: Call) -> Json:
    groups = [each for each in call.peer.state.usergroups.values() if each.team_id == call.team.id]
    return {
        "usergroups": [
            {
                "id": each.id, "team_id": each.team_id, "handle": each.handle, "name": each.handle,
                "user_count": len(each.users), **({"users": each.users} if call.flag("include_users") else {}),
            }
            for each in groups
        ]
    }  # fmt: skip


async def validate(call: Call) -> Json:
    """Exactly one of blocks, message, view. What is wrong comes in `errors`, with a pointer for each."""
    given = [name for name in ("blocks", "message", "view") if call.arguments.get(name) is not None]
    if len(given) != 1:
        call.invalid("exactly one of blocks, message and view is required")
    name = given[0]
    value: Any = call.arguments[name]
    faults: list[Fault]
    if name == "view":
        faults = view_faults(value)
    elif name == "message":
        faults = message_faults(value.get("blocks") or [] if isinstance(value, dict) else value)
    else:
        faults = message_faults(value)
    if faults:
        errors = [{"pointer": f.pointer, "code": "failed_constraint", "message": f.message} for f in faults]
        raise Refusal(f"invalid_{name}", *(str(each) for each in faults), source=faults[0].source, errors=errors)
    return {}


METHODS = {
    "auth.test": Method(auth_test, 0),
    "apps.connections.open": Method(connections_open, 0, token="app"),
    "team.info": Method(team_info, 3, ("team:read",)),
    "bots.info": Method(bots_info, 3, ("users:read",)),
    "usergroups.list": Method(usergroups_list, 2, ("usergroups:read",)),
    "blocks.validate": Method(validate, 0, token="none"),
}
