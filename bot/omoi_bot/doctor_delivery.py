"""The doctor's live proof: what a person does in a channel must reach this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from omoi_bot.receive.intake import NOT_STORED, Reply
from omoi_bot.receive.sorting import sort
from omoi_bot.receive.transport import Http, Socket, build_app
from omoi_bot.settings import APP_PAGE, Settings
from omoi_bot.slack_api import SlackApi, SlackAway, SlackRefused

CLICK = "doctor_click"
CONNECT_SECONDS = 10.0

_HISTORY = {"C": "message.channels (scope channels:history)", "G": "message.groups (scope groups:history)",
            "D": "message.im (scope im:history)"}  # fmt: skip

Fault = tuple[str, str]
"""What was looked at, and the remedy ("" when it is right)."""


class Delivery:
    """Posts to the channel, then waits for a reply, a click and `/omoi help`. Other payloads are left to the bot."""

    def __init__(
        self, settings: Settings, slack: SlackApi, team: str, channel: str, show: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._slack = slack
        self._team = team
        self._channel = channel
        self._show = show
        self._ts = ""
        self._seen: set[str] = set()
        self._changed = asyncio.Event()

    async def prove(self, seconds: float) -> list[Fault]:
        """What arrived within so many seconds, and what is to be done about what did not."""
        connected = asyncio.Event()
        transport = self._transport(connected.set)
        running = asyncio.create_task(transport.run(), name="witness")
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await connected.wait()
            if getattr(transport, "connections", 1) > 1:
                self._show(
                    "  Another process of the bot is connected: it gets part of what you do. Stop it for this proof."
                )
            if refused := await self._post():
                return [refused]
            self._show(
                f"  In {self._channel}: answer in the thread of Omoi's message, click its button, and run /omoi help."
            )
            await self._wait(seconds)
        except TimeoutError:
            return [("live proof", "No connection to Slack came about; see the findings above.")]
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return [(f"{what} arrived", "") if what in self._seen else (f"{what} did not arrive", remedy)
                for what, remedy in self._remedies().items()]  # fmt: skip

    async def receive(self, payload: dict[str, Any], *, retry: int = 0) -> Reply:
        """Acknowledge what belongs to the proof; Slack keeps the rest for the bot."""
        found = sort(payload)
        if found is None:
            return Reply()
        what = ""
        if (
            found.kind == "message"
            and found.channel == self._channel
            and found.thread_ts == self._ts
            and not found.bot_id
        ):
            what = "reply"
        elif found.kind == "block_actions" and found.ts == self._ts:
            what = "click"
        elif found.kind == "slash_command" and found.text.strip().lower() == "help":
            what = "command"
        elif found.is_message and found.bot_id:
            return Reply()
        if not what:
            return NOT_STORED
        self._seen.add(what)
        self._changed.set()
        return Reply(body={"text": "This arrived at omoi-bot doctor."} if what == "command" else None)

    def _transport(self, connected: Callable[[], None]) -> Socket | Http:
        secret = self._settings.signing_secret.get_secret_value()
        app = build_app(self, api_url=self._settings.slack_api_url, signing_secret=secret)
        if self._settings.socket_mode:
            return Socket(app, self._settings.app_token.get_secret_value(), connected)
        return Http(app, self._settings.listen, connected)

    async def _post(self) -> Fault | None:
        text = "omoi-bot doctor: answer in this thread, click the button, and run /omoi help."
        button = {"type": "button", "action_id": CLICK, "text": {"type": "plain_text", "text": "Click"}, "value": "{}"}
        blocks: list[dict[str, Any]] = [
            {"type": "section", "text": {"type": "plain_text", "text": text}},
            {"type": "actions", "elements": [button]},
        ]
        try:
            self._ts = await self._slack.post_message(self._team, self._channel, text, blocks)
        except (SlackRefused, SlackAway) as error:
            return (f"post to {self._channel}: {error}", "Name a channel by its id (C…) and invite Omoi into it.")
        return None

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while len(self._seen) < len(self._remedies()):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    def _remedies(self) -> dict[str, str]:
        history = _HISTORY.get(self._channel[:1], _HISTORY["C"])
        return {
            "reply": f"{APP_PAGE} → Event Subscriptions: subscribe the bot to {history}.",
            "click": f"{APP_PAGE} → Interactivity & Shortcuts: switch it on.",
            "command": f"{APP_PAGE} → Slash Commands: /omoi is missing.",
        }
