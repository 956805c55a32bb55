"""Getting payloads to the app: in order, with Slack's retries, through whichever transport it uses."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.peers.slack.clock import PeerClock
from tests.peers.slack.limits import LIMITS
from tests.peers.slack.refusal import Json

RETRY_AFTER = (0.0, 60.0, 300.0)
"""Pauses before the retries of an event. Source: docs.slack.dev/apis/events-api, "Error handling"."""


@dataclass(frozen=True)
class Answer:
    """How the app took a payload: acknowledged or not (`reason` as Slack names it), and what it said with that."""

    ok: bool
    payload: Json | None = None
    reason: str = ""


class Transport(Protocol):
    """Brings one payload to the app, once."""

    async def send(self, parcel: Parcel, attempt: int, reason: str) -> Answer: ...


@dataclass(eq=False)
class Parcel:
    """One payload; `kind` is events_api, interactive or slash_commands. Only events are retried."""

    kind: str
    payload: Json
    team_id: str
    answers: list[Answer] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        event = self.payload.get("event") or {}
        return str(event.get("type") or self.payload.get("type") or self.payload.get("command"))


class Deliveries:
    """Hands parcels to the transport; the first attempts leave in the order in which they were given."""

    def __init__(self, clock: PeerClock) -> None:
        self.clock = clock
        self.transport: Transport | None = None
        self.sent: list[Parcel] = []
        """Every parcel ever given, oldest first."""

        self.lost: list[Parcel] = []
        """Events that no attempt brought to the app."""

        self.cut = False
        """While on, nothing reaches the app (the fault `down`), whatever the transport."""

        self.hold_for_disorder = 0
        self._held: list[Parcel] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def give(self, parcel: Parcel) -> None:
        """Takes a parcel and returns at once."""
        self.sent.append(parcel)
        if self.hold_for_disorder and parcel.kind == "events_api":
            self._held.append(parcel)
            if len(self._held) >= self.hold_for_disorder:
                self.release_disordered()
            return
        self._start(parcel)

    def release_disordered(self) -> None:
        """Sends what was held back, the last first."""
        held, self._held, self.hold_for_disorder = self._held, [], 0
        for parcel in reversed(held):
            self._start(parcel)

    def again(self, parcel: Parcel, times: int) -> None:
        """Sends an event that was sent before, as Slack does when it did not see the acknowledgement."""
        for attempt in range(1, times + 1):
            copy = Parcel(parcel.kind, parcel.payload, parcel.team_id)
            self._run(self._once(copy, attempt))

    def _start(self, parcel: Parcel) -> None:
        self._run(self._deliver(parcel))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _once(self, parcel: Parcel, attempt: int) -> None:
        parcel.answers.append(await self._send(parcel, attempt, "timeout" if attempt else ""))
        parcel.done.set()

    async def _send(self, parcel: Parcel, attempt: int, reason: str) -> Answer:
        assert self.transport is not None, "the peer was not started"
        if self.cut:
            return Answer(False, reason="connection_failed")
        return await self.transport.send(parcel, attempt, reason)

    async def _deliver(self, parcel: Parcel) -> None:
        retries = LIMITS["event.retries"].value if parcel.kind == "events_api" else 0
        reason = ""
        for attempt in range(retries + 1):
            if attempt:
                await self.clock.sleep(RETRY_AFTER[attempt - 1])
            answer = await self._send(parcel, attempt, reason)
            parcel.answers.append(answer)
            if answer.ok:
                break
            reason = answer.reason
        else:
            if parcel.kind == "events_api":
                self.lost.append(parcel)
        parcel.done.set()

    async def settled(self, timeout: float = 10.0) -> None:
        """Waits (wall seconds) until nothing is under way. TimeoutError names what still is."""
        async with asyncio.timeout(timeout):
            while self._tasks:
                await asyncio.wait(self._tasks)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
