"""What Slack says about a delivery that it repeats reaches the intake in Socket Mode (bolt-python#1484)."""

from __future__ import annotations

import asyncio
from typing import Any

from omoi_bot.receive.intake import Reply
from omoi_bot.receive.transport import Socket, build_app
from tests.peers.slack import SlackPeer


class Forgetful:
    """Cannot keep the first delivery, as when the store is away."""

    def __init__(self) -> None:
        self.retries: list[int] = []

    async def receive(self, payload: dict[str, Any], *, retry: int = 0) -> Reply:
        self.retries.append(retry)
        return Reply(status=503 if len(self.retries) == 1 else 200)


async def test_a_repeated_delivery_says_that_it_is_one() -> None:
    async with SlackPeer(ack_seconds=0.2) as slack:
        mara = slack.add_person("mara")
        channel = slack.add_channel("payments", [mara, slack.bot])
        forgetful = Forgetful()
        connected = asyncio.Event()
        socket = Socket(build_app(forgetful, api_url=slack.api_url), slack.app_token, connected.set)
        running = asyncio.create_task(socket.run())
        try:
            await asyncio.wait_for(connected.wait(), 10)
            await mara.says(channel, "hello")
            await slack.until(lambda: len(forgetful.retries) == 2, 10, "the second delivery")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert forgetful.retries == [0, 1]
