"""The panel *Break it*: what can go wrong between Slack, bot and server, at a click."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.peers.playground.errors import PlaygroundError
from tests.peers.playground.programs import Program
from tests.peers.slack import SlackPeer

DOWN_SECONDS = 60.0
LIMITED_SECONDS = 60.0
LATE_SECONDS = 3.2
"""A trigger_id lives three seconds: docs.slack.dev/interactivity/handling-user-interaction."""


@dataclass(frozen=True)
class Break:
    """A button of the panel."""

    name: str
    label: str
    about: str


BREAKS = (
    Break("kill_bot", "Kill the bot", "kill -9; it is started again a second later"),
    Break("kill_server", "Kill the server", "kill -9; work in its sandboxes goes on and is taken up again"),
    Break("slack_down", f"Slack down for {DOWN_SECONDS:.0f} s", "no call is answered, no event delivered"),
    Break("repeat", "Last event three times", "Slack sends it again, as it does when an acknowledgement was lost"),
    Break("expire", "Expire triggers", "every trigger dies, and the next form is opened too late"),
    Break("limit", f"429 for {LIMITED_SECONDS:.0f} s", "every call is answered with “Retry-After”"),
)


class Breaker:
    """Breaks things, and knows since when everything is whole again."""

    def __init__(self, slack: SlackPeer, programs: Sequence[Program]) -> None:
        self._slack = slack
        self._programs = programs
        self._limited_until = 0.0
        self._down_until = 0.0
        self._whole_since = time.time()
        self._deeds: dict[str, Callable[[], Awaitable[str]]] = {
            "kill_bot": lambda: self._kill("bot"),
            "kill_server": lambda: self._kill("server"),
            "slack_down": self._slack_down,
            "repeat": self._repeat,
            "expire": self._expire,
            "limit": self._limit,
        }

    async def do(self, name: str) -> str:
        """One sentence about what was done. Raises PlaygroundError."""
        deed = self._deeds.get(name)
        if deed is None:
            raise PlaygroundError("The page asks for something that this playground does not know; reload it.")
        return await deed()

    async def _kill(self, name: str) -> str:
        program = next(each for each in self._programs if each.name == name)
        pid = program.pid
        if not pid:
            raise PlaygroundError(f"The {name} is down already and about to be started again.")
        program.kill()
        return f"Killed the {name} (process {pid})."

    async def _slack_down(self) -> str:
        self._down_until = time.time() + DOWN_SECONDS
        await self._slack.faults.down(DOWN_SECONDS)
        return f"Slack is down for {DOWN_SECONDS:.0f} s."

    async def _repeat(self) -> str:
        try:
            parcel = self._slack.faults.repeat_last_event(3)
        except LookupError as error:
            raise PlaygroundError("No event was sent yet; say something first.") from error
        return f"Sent the last event ({parcel.name}) three more times."

    async def _expire(self) -> str:
        self._slack.faults.expire_triggers()
        self._slack.faults.delay(LATE_SECONDS, 1, "views.open")
        return "Every trigger expired; the next form comes too late to be opened."

    async def _limit(self) -> str:
        self._limited_until = time.time() + LIMITED_SECONDS
        self._slack.faults.limit(LIMITED_SECONDS)
        return f"Slack answers 429 for {LIMITED_SECONDS:.0f} s."

    def state(self) -> dict[str, object]:
        """For the page: what is up, and the seconds left of what is not."""
        now = time.time()
        self._look(now)
        return {
            "programs": {each.name: {"state": self._shown(each), "starts": each.starts} for each in self._programs},
            "down": max(0, round(self._down_until - now)) if self._slack.faults.is_down else 0,
            "limited": max(0, round(self._limited_until - now)),
        }

    def _shown(self, program: Program) -> str:
        """A bot that runs and has no socket hears nothing yet, unless it is Slack that is away."""
        deaf = program.name == "bot" and not self._slack.sockets.connections and not self._slack.faults.is_down
        return "starting" if program.state == "up" and deaf else program.state

    def whole_since(self) -> float:
        """Since when (time.time()) server, bot and Slack are all there, or now if one is away."""
        self._look(time.time())
        return self._whole_since

    def _look(self, now: float) -> None:
        up = all(each.state == "up" for each in self._programs) and bool(self._slack.sockets.connections)
        if not up or self._slack.faults.is_down or now < self._limited_until:
            self._whole_since = now
