"""What was said while no event could reach the bot: read from the conversations' history, taken as if it was delivered.

Slack repeats an event three times at most, and none while no socket is open. So after each connection the live threads are
read first, then the DMs and channels that the bot is in, from shortly before the moment at which it was last connected.
What is known already has its key in the store.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import structlog

from omoi_bot.receive.intake import Intake
from omoi_bot.receive.sorting import mentions
from omoi_bot.receive.workspaces import Workspaces
from omoi_bot.slack_api import SlackApi, SlackRefused
from omoi_bot.store import channels, conversations, marks, requests
from omoi_bot.store.channels import order_of
from omoi_bot.store.database import Database
from omoi_bot.store.workspaces import Workspace

MARGIN_SECONDS = 120.0
"""Read again: a socket counts as dead only after 20 s of silence, and what is read twice costs nothing."""

CHANNEL_TYPES = {"is_im": "im", "is_mpim": "mpim", "is_private": "group"}

log = structlog.get_logger()

Json = dict[str, Any]
Place = tuple[str, str]


class CatchUp:
    """`since` is taken before anything else; `threads` before `places`."""

    def __init__(self, db: Database, slack: SlackApi, workspaces: Workspaces, intake: Intake) -> None:
        self._db = db
        self._slack = slack
        self._workspaces = workspaces
        self._intake = intake

    async def connected(self) -> None:
        """Remember that events reach the bot now."""
        now = f"{time.time():.6f}"
        teams = [one.team for one in self._workspaces.all()]
        for team in teams:
            await self._db.write(lambda tx, team=team: marks.put(tx, _mark(team), now))  # type: ignore[misc]

    async def since(self) -> dict[str, str]:
        """From which moment on each workspace is to be read; nothing for one that was never connected."""
        found = {}
        async with self._db.read() as tx:
            for workspace in self._workspaces.all():
                value = await marks.get(tx, _mark(workspace.team))
                if value:
                    found[workspace.team] = f"{float(value) - MARGIN_SECONDS:.6f}"
        return found

    async def threads(self, since: dict[str, str]) -> int:
        """Read threads in which a spec runs or a request waits; how much was new. Raises SlackAway."""
        new = 0
        for team, oldest in since.items():
            async with self._db.read() as tx:
                live = [(one.channel, one.thread_ts) for one in await conversations.live(tx, team)]
                waiting = [(one.channel, one.thread_ts) for one in await requests.waiting(tx, team=team)]
            for channel, thread in dict.fromkeys([*live, *waiting]):
                if thread:
                    new += await self._thread(team, channel, thread, oldest)
        return new

    async def places(self, since: dict[str, str]) -> int:
        """Read the DMs and channels that the bot is in; how much was new. Raises SlackAway."""
        new = 0
        for workspace in self._workspaces.all():
            oldest = since.get(workspace.team)
            joined = await self._joined(workspace)
            for channel in joined if oldest is not None else ():
                new += await self._place(workspace, channel, oldest or "")
        return new

    async def _joined(self, workspace: Workspace) -> list[Json]:
        """Conversations with the bot in them, DMs first; what the store says of them is put right."""
        try:
            found = await self._slack.channels(workspace.team)
        except SlackRefused as refusal:
            log.warning("catch_up.no_list", team=workspace.team, error=str(refusal))
            return []
        async with self._db.read() as tx:
            known = {one.channel for one in await channels.joined(tx, workspace.team)}
        now = {str(one["id"]) for one in found if not one.get("is_im")}
        for channel, member in [*((one, True) for one in now - known), *((one, False) for one in known - now)]:
            await self._db.write(
                lambda tx, channel=channel, member=member: channels.change(  # type: ignore[misc]
                    tx, workspace.team, channel, member=member
                )
            )
        return sorted(found, key=lambda one: not one.get("is_im"))

    async def _place(self, workspace: Workspace, channel: Json, oldest: str) -> int:
        place = str(channel["id"])
        kind = next((kind for flag, kind in CHANNEL_TYPES.items() if channel.get(flag)), "channel")
        try:
            found = await self._slack.history(workspace.team, place, oldest=oldest)
        except SlackRefused as refusal:
            log.info("catch_up.unreadable", team=workspace.team, channel=place, error=refusal.error)
            return 0
        new = 0
        for message in sorted(found, key=lambda one: order_of(str(one.get("ts") or ""))):
            ours = await self._keep(workspace.team, place, kind, message)
            new += ours
            # A thread that began meanwhile: its replies are in no list of a channel.
            mentioned = mentions(str(message.get("text") or ""), workspace.bot_user)
            if message.get("reply_count") and (ours or kind == "im" or mentioned):
                new += await self._thread(workspace.team, place, str(message["ts"]), oldest)
        return new

    async def _thread(self, team: str, channel: str, thread: str, oldest: str) -> int:
        try:
            found = await self._slack.replies(team, channel, thread, oldest=oldest)
        except SlackRefused as refusal:
            log.info("catch_up.unreadable", team=team, channel=channel, error=refusal.error)
            return 0
        kind = "im" if channel.startswith("D") else "channel"
        return await self._keep_all(team, channel, kind, (one for one in found if one.get("ts") != thread))

    async def _keep_all(self, team: str, channel: str, kind: str, found: Iterable[Json]) -> int:
        return sum([await self._keep(team, channel, kind, message) for message in found])

    async def _keep(self, team: str, channel: str, kind: str, message: Json) -> bool:
        event = {**message, "type": "message", "channel": channel, "channel_type": kind}
        return await self._intake.keep({"type": "event_callback", "team_id": team, "event": event})


def _mark(team: str) -> str:
    return f"connected:{team}"
