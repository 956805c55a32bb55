"""Slack's two ways to reach an app, both through Bolt: a socket that we open, or requests that Slack signs.

Nothing of Bolt's dispatch is used: one middleware stands before it, takes each payload raw, and answers it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from omoi_bot.receive.intake import Reply

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Handler
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow

PING_SECONDS = 5.0
"""Slack's own client counts a socket as dead after four silent ones."""
PATH = "/slack/events"

log = structlog.get_logger()


class Taker(Protocol):
    """Whoever answers payloads: the intake, or the doctor's witness."""

    async def receive(self, payload: dict[str, Any], *, retry: int = 0) -> Reply: ...


def build_app(intake: Taker, *, api_url: str, signing_secret: str = "", flow: AsyncOAuthFlow | None = None) -> AsyncApp:
    """The Bolt app: signatures are checked by Bolt, everything else is the intake's."""
    from slack_bolt.async_app import AsyncApp
    from slack_bolt.authorization import AuthorizeResult
    from slack_bolt.request.async_request import AsyncBoltRequest
    from slack_bolt.response import BoltResponse
    from slack_sdk.web.async_client import AsyncWebClient

    async def take(req: AsyncBoltRequest, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:  # noqa: A002
        if req.body.get("type") == "url_verification":
            return await next()
        retry = (req.headers.get("x-slack-retry-num") or ["0"])[0]
        reply = await intake.receive(req.body, retry=int(retry) if retry.isdigit() else 0)
        # Bolt sends a dict as JSON; an empty text is an acknowledgement without words.
        return BoltResponse(status=reply.status, body=reply.body if reply.body is not None else "")

    async def authorize(**_: Any) -> AuthorizeResult:
        """Never asked for a token: `take` answers before."""
        return AuthorizeResult(enterprise_id=None, team_id=None, bot_token="")

    extra: dict[str, Any] = {"oauth_flow": flow} if flow is not None else {"authorize": authorize}
    return AsyncApp(
        client=AsyncWebClient(base_url=api_url),
        signing_secret=signing_secret,
        before_authorize=take,
        logger=_quiet(),
        **extra,
    )


class Socket:
    """Socket Mode. `on_connected` is called with every hello: at the start and after each reconnect."""

    def __init__(self, app: AsyncApp, app_token: str, on_connected: Callable[[], None]) -> None:
        self._app = app
        self._app_token = app_token
        self._on_connected = on_connected
        self._handler: AsyncSocketModeHandler | None = None
        self.connections = 0
        """How many sockets the app had, this one included, when this one was opened."""

    async def run(self) -> None:
        """Until cancelled; the client underneath reconnects by itself."""
        from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

        self._handler = AsyncSocketModeHandler(self._app, self._app_token, ping_interval=PING_SECONDS)
        self._handler.client.message_listeners.append(self._heard)
        try:
            # While Slack is away the client tries again by itself, at the start as well.
            await self._handler.connect_async()  # type: ignore[no-untyped-call] # Bolt has no annotation there
            await asyncio.Event().wait()
        finally:
            await asyncio.shield(self._handler.close_async())  # type: ignore[no-untyped-call] # the same

    async def connected(self) -> bool:
        """Whether events can arrive now."""
        return self._handler is not None and await self._handler.client.is_connected()

    async def _heard(self, _client: Any, message: dict[str, Any], _raw: str | None) -> None:
        if message.get("type") == "hello":
            self.connections = int(message.get("num_connections") or 1)
            log.info("socket.connected", connections=message.get("num_connections"))
            self._on_connected()
        elif message.get("type") == "disconnect":
            log.info("socket.disconnected", reason=message.get("reason"))


class Http:
    """Requests that Slack signs, on a host and port; port 0 picks one. `port` is known once it runs.

    `events` False: only the pages for installing. Beside a socket there may be no secret to check signatures with.
    """

    def __init__(self, app: AsyncApp, listen: str, on_connected: Callable[[], None], *, events: bool = True) -> None:
        self._app = app
        self._events = events
        self._host, _, port = listen.rpartition(":")
        self.port = int(port)
        self._on_connected = on_connected
        self._runner: web.AppRunner | None = None

    async def run(self) -> None:
        """Until cancelled."""
        from aiohttp import web

        @web.middleware
        async def only_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path == PATH:
                raise web.HTTPNotFound()
            return await handler(request)

        site_app = self._app.web_app(path=PATH)
        if not self._events:
            site_app.middlewares.append(only_pages)
        runner = web.AppRunner(site_app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host.strip("[]"), self.port)
            await site.start()
            self.port = int(runner.addresses[0][1])
            self._runner = runner
            log.info("http.listening", host=self._host, port=self.port, path=PATH)
            self._on_connected()
            await asyncio.Event().wait()
        finally:
            self._runner = None
            await asyncio.shield(runner.cleanup())

    async def connected(self) -> bool:
        return self._runner is not None


def _quiet() -> logging.Logger:
    """Bolt's and the SDK's own words, without payloads: warnings and errors only."""
    logger = logging.getLogger("omoi_bot.slack")
    logger.setLevel(logging.WARNING)
    return logger
