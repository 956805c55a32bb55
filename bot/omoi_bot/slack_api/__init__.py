"""The calls to Slack's Web API that the bot makes; the only user of slack_sdk's web client.

Every method raises SlackRefused when Slack says no and SlackAway when nobody knows. `team` is the workspace whose token is
used. What is returned is the object of Slack's answer as Slack documents it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omoi_bot.slack_api.calling import CALL_SECONDS, Caller, TokenFor
from omoi_bot.slack_api.errors import LIMITED, SlackAway, SlackRefused
from omoi_bot.slack_api.hosts import is_slacks
from omoi_bot.store.clock import Clock

__all__ = ["LIMITED", "SlackApi", "SlackAway", "SlackRefused"]

Json = dict[str, Any]
Blocks = Sequence[Mapping[str, Any]]

PAGE = 200
MOST_PAGES = 50
TRIGGER_SECONDS = 2.5
"""A trigger_id lives 3 s."""

DOWNLOAD_SECONDS = 30.0


class SlackApi:
    """See the module. `token_for(team)` gives a workspace's token (it may be a coroutine function)."""

    def __init__(
        self, token_for: TokenFor, base_url: str, clock: Clock | None = None, *, call_seconds: float = CALL_SECONDS
    ) -> None:
        self.caller = Caller(token_for, base_url, clock or Clock(), call_seconds)
        self._bot_users: dict[str, str] = {}

    @property
    def clock(self) -> Clock:
        """The time that budgets are measured in."""
        return self.caller.clock

    async def close(self) -> None:
        """Hang up."""
        await self.caller.close()

    # Messages. The first three belong to posting, which keeps their budgets; nobody else calls them.

    async def post_message(self, team: str, channel: str, text: str, blocks: Blocks, **more: Any) -> str:
        """chat.postMessage, once and at once: the new message's ts. `more`: thread_ts, metadata, reply_broadcast."""
        arguments = {"unfurl_links": False, "unfurl_media": False, **more}
        answer = await self.caller.once(
            team, "chat.postMessage", {"channel": channel, "text": text, "blocks": list(blocks), **arguments}
        )
        return str(answer["ts"])

    async def update(self, team: str, channel: str, ts: str, text: str, blocks: Blocks) -> None:
        """chat.update, once and at once; no blocks removes those that were there."""
        await self.caller.once(
            team, "chat.update", {"channel": channel, "ts": ts, "text": text, "blocks": list(blocks)}
        )

    async def delete(self, team: str, channel: str, ts: str) -> None:
        """chat.delete."""
        await self.caller.call(team, "chat.delete", channel=channel, ts=ts)

    async def post_ephemeral(
        self, team: str, channel: str, user: str, text: str, blocks: Blocks = (), *, thread_ts: str = ""
    ) -> None:
        """chat.postEphemeral: only for what may get lost."""
        thread: Json = {"thread_ts": thread_ts} if thread_ts else {}
        await self.caller.call(
            team,
            "chat.postEphemeral",
            repeat=False,
            channel=channel,
            user=user,
            text=text,
            blocks=list(blocks),
            **thread,
        )

    async def respond(self, response_url: str, text: str, blocks: Blocks = (), **more: Any) -> None:
        """Answer a click or command in private by its response_url (5 times in 30 minutes). `more`: replace_original,
        delete_original, response_type, thread_ts."""
        self._own("response_url", response_url)
        body = {"response_type": "ephemeral", "text": text, "blocks": list(blocks), **more}
        import aiohttp

        try:
            async with self.caller.session().post(response_url, json=body, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackAway("response_url", type(error).__name__) from None
        if status >= 500:
            raise SlackAway("response_url", f"HTTP {status}")
        if status >= 300:
            raise SlackRefused("expired_url" if status == 404 else f"http_{status}", "response_url")

    async def replies(
        self, team: str, channel: str, thread_ts: str, *, oldest: str = "", limit: int = PAGE, most: int = 1000
    ) -> list[Json]:
        """conversations.replies, all pages up to `most`: the thread's messages, the oldest first, with metadata."""
        return await self._paged(
            team, "conversations.replies", "messages", most, channel=channel, ts=thread_ts, limit=limit,
            include_all_metadata=True, **({"oldest": oldest} if oldest else {}),
        )  # fmt: skip

    async def history(
        self, team: str, channel: str, *, oldest: str = "", limit: int = PAGE, most: int = 1000
    ) -> list[Json]:
        """conversations.history, all pages up to `most`: the channel's messages, the newest first, with metadata."""
        return await self._paged(
            team, "conversations.history", "messages", most, channel=channel, limit=limit,
            include_all_metadata=True, **({"oldest": oldest} if oldest else {}),
        )  # fmt: skip

    async def permalink(self, team: str, channel: str, ts: str) -> str:
        """chat.getPermalink."""
        answer = await self.caller.call(team, "chat.getPermalink", channel=channel, message_ts=ts)
        return str(answer["permalink"])

    async def reactions_add(self, team: str, channel: str, ts: str, name: str) -> None:
        """reactions.add; that it is there already is no refusal."""
        await self._harmless(team, "reactions.add", {"already_reacted"}, channel=channel, timestamp=ts, name=name)

    async def reactions_remove(self, team: str, channel: str, ts: str, name: str) -> None:
        """reactions.remove; that it is not there is no refusal."""
        await self._harmless(team, "reactions.remove", {"no_reaction"}, channel=channel, timestamp=ts, name=name)

    # Views

    async def open_view(self, team: str, trigger_id: str, view: Json) -> Json:
        """views.open: the view with its id and hash. Never repeated: a trigger works once."""
        return await self._view(team, "views.open", patience=TRIGGER_SECONDS, trigger_id=trigger_id, view=view)

    async def push_view(self, team: str, trigger_id: str, view: Json) -> Json:
        """views.push, as `open_view`."""
        return await self._view(team, "views.push", patience=TRIGGER_SECONDS, trigger_id=trigger_id, view=view)

    # "hash" is Slack's word for a view's version.
    async def update_view(self, team: str, view_id: str, view: Json, *, hash: str = "") -> Json:  # noqa: A002
        """views.update. With `hash` SlackRefused("hash_conflict") when the view changed meanwhile."""
        given: Json = {"hash": hash} if hash else {}
        return await self._view(team, "views.update", view_id=view_id, view=view, **given)

    async def publish_view(self, team: str, user: str, view: Json, *, hash: str = "") -> Json:  # noqa: A002
        """views.publish: the person's Home."""
        given: Json = {"hash": hash} if hash else {}
        return await self._view(team, "views.publish", user_id=user, view=view, **given)

    # People and places

    async def auth_test(self, team: str) -> Json:
        """auth.test, with the header `x-oauth-scopes` as a key."""
        return await self.caller.call(team, "auth.test")

    async def bot_user(self, team: str) -> str:
        """The bot's own user id in the workspace; asked once."""
        if team not in self._bot_users:
            self._bot_users[team] = str((await self.auth_test(team))["user_id"])
        return self._bot_users[team]

    async def users_info(self, team: str, user: str) -> Json:
        """users.info: the user."""
        return dict((await self.caller.call(team, "users.info", user=user))["user"])

    async def conversation_info(self, team: str, channel: str) -> Json:
        """conversations.info: the channel, with num_members."""
        answer = await self.caller.call(team, "conversations.info", channel=channel, include_num_members=True)
        return dict(answer["channel"])

    async def members(self, team: str, channel: str) -> list[str]:
        """conversations.members, all pages: user ids."""
        return await self._paged(team, "conversations.members", "members", 100_000, channel=channel, limit=1000)

    async def channels(self, team: str, *, types: str = "public_channel,private_channel,im,mpim") -> list[Json]:
        """users.conversations, all pages: the conversations that the bot is in."""
        arguments = {"types": types, "exclude_archived": True, "limit": PAGE}
        return await self._paged(team, "users.conversations", "channels", 10_000, **arguments)

    async def open_dm(self, team: str, user: str) -> str:
        """conversations.open: the id of the DM with this user."""
        answer = await self.caller.call(team, "conversations.open", users=user)
        return str(answer["channel"]["id"])

    async def join(self, team: str, channel: str) -> None:
        """conversations.join; works for public channels only."""
        await self.caller.call(team, "conversations.join", channel=channel)

    async def usergroup_members(self, team: str, usergroup: str) -> list[str]:
        """usergroups.users.list: user ids."""
        return list((await self.caller.call(team, "usergroups.users.list", usergroup=usergroup))["users"])

    # Files

    async def file_info(self, team: str, file: str) -> Json:
        """files.info: the file."""
        return dict((await self.caller.call(team, "files.info", file=file))["file"])

    async def download(self, team: str, url: str, limit: int) -> bytes:
        """The file's content by its url_private, with the bot's token, which goes to Slack's own hosts only.

        SlackRefused: foreign_host, file_too_large (more than `limit` bytes), or what the host answered.
        """
        import aiohttp

        self._own("download", url)
        headers = {"Authorization": f"Bearer {await self.caller.token(team)}"}
        time = aiohttp.ClientTimeout(total=DOWNLOAD_SECONDS)
        content = bytearray()
        try:
            # A redirect could lead the token to another host, and a file that may be read has none.
            request = self.caller.session().get(url, headers=headers, allow_redirects=False, timeout=time)
            async with request as answer:
                if answer.status >= 500:
                    raise SlackAway("download", f"HTTP {answer.status}")
                if answer.status != 200:
                    raise SlackRefused(f"http_{answer.status}", "download")
                async for chunk in answer.content.iter_chunked(65_536):
                    content += chunk
                    if len(content) > limit:
                        raise SlackRefused("file_too_large", "download")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise SlackAway("download", type(error).__name__) from None
        return bytes(content)

    async def upload_file(
        self, team: str, channel: str, filename: str, content: bytes, *, title: str = "", thread_ts: str = ""
    ) -> Json:
        """The three calls of an upload (files.getUploadURLExternal …): the file. Not repeatable: ask what is there first."""
        thread: Json = {"thread_ts": thread_ts} if thread_ts else {}
        arguments = {"channel": channel, "filename": filename, "content": content, "title": title or filename, **thread}
        answer = await self.caller.once(team, "files.upload_v2", arguments)
        return dict(answer["files"][0])

    async def _view(self, team: str, method: str, *, patience: float = 10.0, **arguments: Any) -> Json:
        answer = await self.caller.call(
            team, method, patience=patience, repeat=method in ("views.update", "views.publish"), **arguments
        )
        return dict(answer["view"])

    async def _harmless(self, team: str, method: str, harmless: set[str], **arguments: Any) -> None:
        try:
            await self.caller.call(team, method, **arguments)
        except SlackRefused as refusal:
            if refusal.error not in harmless:
                raise

    async def _paged(self, team: str, method: str, key: str, most: int, **arguments: Any) -> list[Any]:
        found: list[Any] = []
        for _ in range(MOST_PAGES):
            answer = await self.caller.call(team, method, **arguments)
            # Every page of a thread begins with its first message again.
            known = {one["ts"] for one in found} if key == "messages" else set()
            found += [one for one in answer.get(key) or [] if not known or one["ts"] not in known]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor or len(found) >= most:
                break
            arguments["cursor"] = cursor
        return found[:most]

    def _own(self, method: str, url: str) -> None:
        if not is_slacks(url, self.caller.base_url):
            raise SlackRefused("foreign_host", method)
