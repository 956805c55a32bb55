"""How Slack writes its objects in JSON."""

from __future__ import annotations

import time

from tests.peers.slack.model import Channel, File, Message, State, User, View
from tests.peers.slack.refusal import Json

APP_ID = "A0PEER000001"


def user_json(user: User, team_id: str, with_email: bool) -> Json:
    """A user as `users.info` of workspace `team_id` shows it; `is_stranger` for other organisations' people."""
    profile: Json = {
        "real_name": user.real_name,
        "display_name": user.name,
        "real_name_normalized": user.real_name,
        "display_name_normalized": user.name,
        "team": user.team_id,
    }
    if with_email and user.email and not user.is_bot:
        profile["email"] = user.email
    found: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "profile": profile,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if user.bot_id:
        profile |= {"bot_id": user.bot_id, "api_app_id": APP_ID}
    if not user.deleted:
        found |= {
            "real_name": user.real_name,
            "tz": user.tz,
            "tz_label": user.tz,
            "tz_offset": user.tz_offset,
            "is_admin": user.is_admin,
            "is_owner": user.is_owner,
            "is_primary_owner": False,
            "is_restricted": user.is_restricted,
            "is_ultra_restricted": user.is_ultra_restricted,
            "is_email_confirmed": True,
        }
    if user.enterprise_id:
        found["enterprise_user"] = {
            "id": user.id,
            "enterprise_id": user.enterprise_id,
            "is_admin": user.is_admin,
            "is_owner": user.is_owner,
            "teams": sorted(user.teams | {user.team_id}),
        }
    if team_id not in user.teams | {user.team_id}:
        found["is_stranger"] = True
    return found


def channel_json(channel: Channel, team_id: str, viewer: str, with_members: bool = False) -> Json:
    """A conversation as `viewer` of workspace `team_id` sees it."""
    found: Json = {
        "id": channel.id,
        "created": channel.created,
        "updated": channel.created * 1000,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_private": channel.kind != "public",
        "is_org_shared": False,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
        "pending_shared": ["T0PENDING"] if channel.is_pending_ext_shared else [],
        "context_team_id": team_id,
        "shared_team_ids": sorted({channel.team_id} | channel.shared_with),
        "is_member": viewer in channel.members,
    }
    if channel.kind == "im":
        found["user"] = next((user for user in channel.members if user != viewer), viewer)
    else:
        found |= {"name": channel.name, "name_normalized": channel.name, "is_general": False}
        found |= {"topic": {"value": "", "creator": "", "last_set": 0}}
        found |= {"purpose": {"value": "", "creator": "", "last_set": 0}}
    if with_members:
        found["num_members"] = len(channel.members)
    return found


def message_json(state: State, message: Message, with_metadata: bool = False, base: str = "") -> Json:
    """A message as history, replies and events carry it."""
    found: Json = {"type": "message", "ts": message.ts, "text": message.text, "team": message.team_id}
    if message.subtype:
        found["subtype"] = message.subtype
    found["user"] = message.user
    if message.bot_id:
        bot = state.users[message.user]
        found |= {"bot_id": message.bot_id, "app_id": APP_ID}
        found["bot_profile"] = {"id": message.bot_id, "name": bot.name, "app_id": APP_ID, "team_id": message.team_id}
    for key in ("blocks", "attachments"):
        if getattr(message, key):
            found[key] = getattr(message, key)
    if message.thread_ts:
        found["thread_ts"] = message.thread_ts
    if message.is_reply:
        root = state.channels[message.channel].find(message.thread_ts)
        found["parent_user_id"] = root.user if root else ""
    else:
        replies = [m for m in state.channels[message.channel].thread(message.ts) if m.ts != message.ts]
        if replies:
            found |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
            found["reply_users"] = list(dict.fromkeys(m.user for m in replies))
    if message.files:
        found["files"] = [file_json(file, base) for file in message.files]
    if message.edits and not message.blocks:
        found["edited"] = {"user": message.edits[-1].by, "ts": f"{message.edits[-1].at:.6f}"}
    if message.reactions:
        found["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items() if users
        ]
    if with_metadata and message.metadata is not None:
        found["metadata"] = message.metadata
    return found


def file_json(file: File, base: str, full: bool = False) -> Json:
    """A file; in a message a stub when it comes from another organisation."""
    if file.external_only and not full:
        return {"id": file.id, "created": 0, "timestamp": 0, "file_access": "check_file_info", "user": file.user}
    if file.deleted:
        return {"id": file.id, "mode": "tombstone"}
    url = f"{base}/files-pri/{file.team_id}-{file.id}/{file.name}"
    return {
        "id": file.id,
        "created": int(time.time()),
        "timestamp": int(time.time()),
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2] or "binary",
        "user": file.user,
        "user_team": file.team_id,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "file_access": "visible",
        "url_private": url,
        "url_private_download": url + "?download=1",
        "permalink": f"{base}/files/{file.user}/{file.id}/{file.name}",
    }


def view_json(view: View, bot_id: str) -> Json:
    """A view as `views.open` answers with it and interactions carry it."""
    return {
        "id": view.id,
        "team_id": view.team_id,
        "type": view.kind,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "state": {"values": {}},
        **view.payload,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id or None,
        "app_id": APP_ID,
        "bot_id": bot_id,
    }
