"""The peer, and a real Slack app that talks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.peers.slack import Channel, Person, SlackPeer

StartApp = Callable[[SlackPeer], Awaitable["BoltApp"]]


@dataclass
class Scene:
    """A channel with two people and the app, and the SDK's client."""

    slack: SlackPeer
    mara: Person
    jon: Person
    channel: Channel
    client: AsyncWebClient


@dataclass
class BoltApp:
    """A slack_bolt application in Socket Mode that keeps every body it gets."""

    app: AsyncApp
    handler: AsyncSocketModeHandler
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [body["event"] for body in self.bodies if body.get("event", {}).get("type") == kind]


def client_of(slack: SlackPeer) -> AsyncWebClient:
    """The SDK's client without retries, so that a test sees every answer."""
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with SlackPeer() as slack:
        mara, jon = slack.add_person("mara"), slack.add_person("jon")
        yield Scene(slack, mara, jon, slack.add_channel("payments", [mara, jon, slack.bot]), client_of(slack))


@pytest.fixture
async def start_app() -> AsyncIterator[StartApp]:
    """Starts Bolt apps in Socket Mode and closes them at the end."""
    async with AsyncExitStack() as stack:

        async def start(slack: SlackPeer) -> BoltApp:
            before = len(slack.sockets.connections)
            app = AsyncApp(client=client_of(slack), raise_error_for_unhandled_request=True)
            handler = AsyncSocketModeHandler(app, slack.app_token, web_client=app.client, ping_interval=0.2)
            made = BoltApp(app, handler)

            async def keep(body: dict[str, Any], next_: Callable[[], Awaitable[None]]) -> None:
                made.bodies.append(body)
                await next_()

            async def take_unhandled(error: Exception) -> BoltResponse:
                """An event without a listener is acknowledged; Bolt itself would leave it, and Slack send it again."""
                if isinstance(error, BoltUnhandledRequestError):
                    return BoltResponse(status=200)
                raise error

            app.middleware(keep)
            app.error(take_unhandled)
            await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped
            stack.push_async_callback(handler.close_async)
            await slack.connected(before + 1)
            return made

        yield start
