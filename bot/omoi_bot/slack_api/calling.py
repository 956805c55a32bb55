"""One call to Slack by slack_sdk: its budget, its time limit, and what its failure means."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from omoi_bot.slack_api.errors import LIMITED, UNCERTAIN, SlackAway, SlackRefused
from omoi_bot.slack_api.pacing import Window
from omoi_bot.slack_api.tiers import METHODS, SPECIAL
from omoi_bot.store.clock import Clock

if TYPE_CHECKING:
    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

TokenFor = Callable[[str], str | Awaitable[str]]

CALL_SECONDS = 8.0
"""Time limit of one request, in real seconds. A lost answer is known after it."""

PATIENCE_SECONDS = 30.0
REPEATS = 2
RETRY_AFTER_SECONDS = 30.0
"""Waited after a 429 without a readable Retry-After."""


class Caller:
    """Calls methods with the workspace's token."""

    def __init__(self, token_for: TokenFor, base_url: str, clock: Clock, call_seconds: float = CALL_SECONDS) -> None:
        self.base_url = base_url if base_url.endswith("/") else base_url + "/"
        self.clock = clock
        self.call_seconds = call_seconds
        self.token_for = token_for
        self._session: aiohttp.ClientSession | None = None
        self._windows: dict[tuple[str, str], Window] = {}

    async def token(self, team: str) -> str:
        """The workspace's bot token."""
        found = self.token_for(team)
        return await found if inspect.isawaitable(found) else found

    def session(self) -> aiohttp.ClientSession:
        """The HTTP connections of this process to Slack."""
        import aiohttp

        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.call_seconds))
        return self._session

    async def close(self) -> None:
        """Hang up."""
        if self._session is not None:
            await self._session.close()

    async def client(self, team: str) -> AsyncWebClient:
        """slack_sdk's client. Its own repetitions are off: it would send a post twice after a broken connection."""
        from slack_sdk.web.async_client import AsyncWebClient

        return AsyncWebClient(
            token=await self.token(team), base_url=self.base_url, session=self.session(), retry_handlers=[]
        )

    async def once(self, team: str, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """One request, without any budget or repetition. SlackRefused or SlackAway."""
        import aiohttp
        from slack_sdk.errors import SlackApiError, SlackRequestError

        client = await self.client(team)
        function = getattr(client, method.replace(".", "_"))
        try:
            async with asyncio.timeout(self.call_seconds):
                answer = await function(**arguments)
        except SlackApiError as error:
            raise self._meaning(method, error.response) from None
        except (aiohttp.ClientError, SlackRequestError, TimeoutError, OSError) as error:
            raise SlackAway(method, type(error).__name__) from None
        data = answer.data
        if not isinstance(data, dict):
            raise SlackAway(method, "an answer that is no JSON object")
        # For `omoi-bot doctor` and the install: the scopes come in a header only.
        data.setdefault("x-oauth-scopes", answer.headers.get("x-oauth-scopes", ""))
        return data

    async def call(
        self, team: str, method: str, *, patience: float = PATIENCE_SECONDS, repeat: bool = True, **arguments: Any
    ) -> dict[str, Any]:
        """A call within the method's budget. Waits out limits for up to `patience` seconds, and when `repeat`ing does no
        harm tries a lost call again. SlackRefused ("ratelimited" when patience ends) or SlackAway."""
        window = self.window(team, method)
        until = self.clock.monotonic() + patience
        lost = 0
        while True:
            await self._turn(window, method, until)
            window.begin()
            try:
                return await self.once(team, method, arguments)
            except SlackRefused as refusal:
                if refusal.error != LIMITED:
                    raise
                window.block(refusal.retry_after)
            except SlackAway:
                lost += 1
                if not repeat or lost > REPEATS:
                    raise
                await self.clock.sleep(0.25 * 2**lost)
            finally:
                window.end()

    def window(self, team: str, method: str) -> Window:
        """The budget of this method in this workspace."""
        key = (team, method)
        if key not in self._windows:
            self._windows[key] = Window(self.clock, METHODS.get(method, SPECIAL))
        return self._windows[key]

    async def _turn(self, window: Window, method: str, until: float) -> None:
        while wait := window.wait():
            if self.clock.monotonic() + wait > until:
                raise SlackRefused(LIMITED, method, retry_after=wait)
            await self.clock.sleep(wait)

    def _meaning(self, method: str, response: Any) -> Exception:
        data = response.data if isinstance(response.data, dict) else {}
        error = str(data.get("error") or "")
        if response.status_code == 429 or error in (LIMITED, "rate_limited"):
            return SlackRefused(LIMITED, method, retry_after=self._retry_after(response.headers))
        if response.status_code >= 500 or not error or error in UNCERTAIN:
            return SlackAway(method, error or f"HTTP {response.status_code}")
        said = (data.get("response_metadata") or {}).get("messages") or ()
        return SlackRefused(error, method, str(data.get("needed") or ""), messages=[str(one) for one in said])

    def _retry_after(self, headers: Mapping[str, str]) -> float:
        try:
            seconds = float(headers.get("Retry-After", ""))
        except ValueError:
            seconds = RETRY_AFTER_SECONDS
        return max(0.0, seconds) * self.clock.rate
