"""The scene that the playground opens with, made through the real bot: something finished, and something to approve."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.peers.playground.errors import PlaygroundError
from tests.peers.slack import Channel, Message, Person, SlackPeer

FINISHED = "quick: Say in the README how to run the tests"
SECONDS = 60.0


class Opening:
    """@mara asks twice; @jon makes the pull request of what is finished."""

    def __init__(self, slack: SlackPeer, mara: Person, jon: Person, channel: Channel) -> None:
        self._slack, self._mara, self._jon, self._channel = slack, mara, jon, channel

    async def link(self, project: str) -> None:
        """@jon links the channel to the project."""
        await self._jon.runs("/omoi", f"link {project}", self._channel)
        await self._until(lambda: self._said("", "is linked"), "the channel's link")

    async def finish_one(self) -> None:
        """A quick task with its pull request."""
        ts = await self._mara.mentions(self._channel, FINISHED)
        ready = await self._until(lambda: self._with_button(ts, "create_pr"), "the finished quick task")
        await self._jon.clicks(ready, "create_pr")
        await self._until(lambda: self._with_button(ts, "view_pr"), "the pull request")

    async def wait_at_gate(self, idea: str) -> str:
        """A spec whose plan waits for the first click; its thread."""
        ts = await self._mara.mentions(self._channel, idea)
        await self._until(lambda: self._asked(ts), "the plan to approve")
        return ts

    def _own(self, ts: str) -> list[Message]:
        held = self._slack.thread(self._channel, ts) if ts else self._slack.messages(self._channel)
        return [each for each in held if each.user == self._slack.bot.id]

    def _asked(self, ts: str) -> Message | None:
        """The message that asks; the live message above it has the same buttons."""
        asking = [each for each in self._own(ts) if "approve" in actions_of(each)]
        return asking[1] if len(asking) > 1 else None

    def _said(self, ts: str, part: str) -> Message | None:
        return next((each for each in self._own(ts) if part in f"{each.text} {each.blocks}"), None)

    def _with_button(self, ts: str, action: str) -> Message | None:
        return next((each for each in self._own(ts) if action in actions_of(each)), None)

    async def _until(self, found: Callable[[], Message | None], what: str) -> Message:
        deadline = asyncio.get_running_loop().time() + SECONDS
        while (held := found()) is None:
            if asyncio.get_running_loop().time() > deadline:
                raise PlaygroundError(f"{what} did not appear within {SECONDS:.0f} s; see the logs of server and bot.")
            await asyncio.sleep(0.02)
        return held


def actions_of(message: Message) -> set[str]:
    """Action ids of the buttons in a message."""
    rows: list[dict[str, Any]] = [block for block in message.blocks if block.get("type") == "actions"]
    return {str(element.get("action_id")) for row in rows for element in row["elements"]}
