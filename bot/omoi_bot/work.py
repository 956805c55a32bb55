"""Works off what was stored: claims envelopes, hands them to their listeners, marks them done.

Any process of the bot does it. Within a conversation envelopes are taken in order, urgent ones first. What fails is tried
again later; what keeps failing is told to the person with an id, and stays in the store.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from omoi_bot.desk import Answer, Desk
from omoi_bot.posting import Post, put
from omoi_bot.slack_api import LIMITED, SlackAway, SlackRefused
from omoi_bot.store import envelopes
from omoi_bot.store.database import Tx
from omoi_bot.store.envelopes import Claimed
from omoi_bot.store.errors import DatabaseAway, LostClaim
from omoi_client.errors import Unavailable

POLL_SECONDS = 0.5
"""How soon another process's envelope, or one whose back-off ended, is found."""
RENEW_SECONDS = 10.0
AT_ONCE = 16
ROOM_FOR_STOPS = 4
"""Above AT_ONCE, for what is urgent: a `stop` does not wait for sixteen slow answers of the server."""

HANDLE_SECONDS = 300.0
"""For one envelope. Every call in it has its own limit; what lasts longer than all of them is a fault, and would hold up
its conversation for ever."""

AWAY_SECONDS = 2.0
"""Pause while the bot's database does not answer."""

Handler = Callable[[Claimed, Desk], Awaitable[Answer | None]]
Late = Callable[[Claimed, Desk, Answer | None, str], Awaitable[None]]

log = structlog.get_logger()


def _nothing(_point: str) -> None:
    """What happens at a named point in production."""


class Work:
    """`handlers` by kind of envelope. `late` shows a form's answer that missed its acknowledgement, or
    the sentence why there is none."""

    def __init__(
        self,
        desk: Desk,
        handlers: Mapping[str, Handler],
        late: Late,
        *,
        owner: str,
        at_once: int = AT_ONCE,
        handle_seconds: float = HANDLE_SECONDS,
        reached: Callable[[str], None] = _nothing,
    ) -> None:
        self._desk = desk
        self._handlers = handlers
        self._late = late
        self._owner = owner
        self._at_once = at_once
        self._handle_seconds = handle_seconds
        self._reached = reached
        self._poked = asyncio.Event()
        self._open = asyncio.Event()
        self._open.set()
        self._running: set[asyncio.Task[None]] = set()
        self._expected: dict[str, asyncio.Future[Answer | None]] = {}
        self._stopping = False

    def poke(self) -> None:
        """There is something new in the store."""
        self._poked.set()

    def hold(self) -> None:
        """Claim nothing but what is urgent until `go_on`: what was said meanwhile is being read, and a stop in it goes first."""
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()
        self._poked.set()

    def expect(self, key: str) -> asyncio.Future[Answer | None]:
        """The answer of the listener of this envelope, if this process works on it. Cancel it when nobody waits any more."""
        future = self._expected[key] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda _: self._expected.pop(key, None))
        return future

    async def run(self) -> None:
        """Until cancelled, or `drain`."""
        while not self._stopping:
            self._poked.clear()
            try:
                claimed = await self._claim()
            except DatabaseAway as error:
                log.warning("work.database_away", error=str(error))
                await asyncio.sleep(AWAY_SECONDS)
                continue
            for envelope in claimed:
                task = asyncio.create_task(self._work_off(envelope), name=f"envelope {envelope.kind}")
                self._running.add(task)
                task.add_done_callback(self._ended)
            if not claimed:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._poked.wait()

    async def drain(self, seconds: float) -> None:
        """Take no more and let what is under way end; what does not is taken up by the next start."""
        self._stopping = True
        self.go_on()
        if self._running:
            _, left = await asyncio.wait(self._running, timeout=seconds)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _claim(self) -> list[Claimed]:
        urgent_only = not self._open.is_set() or len(self._running) >= self._at_once
        free = self._at_once + (ROOM_FOR_STOPS if urgent_only else 0) - len(self._running)
        if free <= 0:
            return []
        return await self._desk.db.write(
            lambda tx: envelopes.claim(tx, self._owner, free, urgent_only=urgent_only)
        )  # fmt: skip

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._poked.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work.failed", exc_info=error)

    async def _work_off(self, envelope: Claimed) -> None:
        holding = asyncio.create_task(self._hold_claim(envelope), name="claim")
        try:
            if envelopes.is_poison(envelope):
                raise Poison(f"claimed {envelope.claims} times without an end")
            async with asyncio.timeout(self._handle_seconds):
                answer = await self._handle(envelope)
            self._reached("effect.done")
            await self._answer(envelope, answer)
            await self._desk.db.write(lambda tx: envelopes.done(tx, envelope))
            self._reached("envelope.done")
        except LostClaim:
            log.warning("envelope.lost", key=envelope.key, remark="another process took it over")
        except DatabaseAway as error:
            log.warning("work.database_away", key=envelope.key, error=str(error))
        except Exception as error:
            await self._failed(envelope, error)
        finally:
            holding.cancel()

    async def _handle(self, envelope: Claimed) -> Answer | None:
        handler = self._handlers.get(envelope.kind)
        if handler is None:
            log.info("envelope.nobody", kind=envelope.kind, remark="no listener takes this kind")
            return None
        return await handler(envelope, self._desk)

    async def _answer(self, envelope: Claimed, answer: Answer | None) -> None:
        if envelope.kind != "view_submission":
            return
        expected = self._expected.get(envelope.key)
        if expected is not None and not expected.done():
            expected.set_result(answer)
            return
        await self._late(envelope, self._desk, answer, "")

    async def _hold_claim(self, envelope: Claimed) -> None:
        while True:
            await self._desk.db.clock.sleep(RENEW_SECONDS)
            with suppress(DatabaseAway, LostClaim):
                await self._desk.db.write(lambda tx: envelopes.renew(tx, envelope))

    async def _failed(self, envelope: Claimed, error: Exception) -> None:
        incident = incident_of(envelope.key)
        expected = passing(error)
        log.log(
            30 if expected else 40, "envelope.failed", incident=incident, kind=envelope.kind, attempt=envelope.attempts + 1,
            error=f"{type(error).__name__}: {error}", exc_info=None if expected else error,
        )  # fmt: skip
        told = type(error).__name__

        async def write(tx: Tx) -> bool:
            over = await envelopes.failed(tx, envelope, told, passing=expected)
            if over and (post := sorry(envelope, incident)) is not None:
                await put(tx, post)
            return over

        try:
            over = await self._desk.db.write(write)
        except (LostClaim, DatabaseAway) as lost:
            log.warning("envelope.lost", key=envelope.key, error=str(lost))
            return
        if over:
            self._desk.poke()
            await self._sorry_privately(envelope, incident)

    async def _sorry_privately(self, envelope: Claimed, incident: str) -> None:
        sentence = _SORRY.format(incident=incident)
        url = str(envelope.payload.get("response_url") or "")
        try:
            if envelope.kind == "view_submission":
                await self._late(envelope, self._desk, None, sentence)
            elif url:
                await self._desk.slack.respond(url, sentence, [])
        except (SlackAway, SlackRefused, DatabaseAway) as error:
            log.warning("envelope.not_told", incident=incident, error=str(error))


_SORRY = "Omoi could not do this, though it was tried again and again. The operator finds the reason under the id {incident}."


class Poison(Exception):
    """Each process that worked on it died."""


def passing(error: Exception) -> bool:
    """Somebody does not answer now, or names a time to wait for: no fault of what was asked."""
    limited = isinstance(error, SlackRefused) and error.error == LIMITED
    return limited or isinstance(error, Unavailable | SlackAway)


def incident_of(key: str) -> str:
    """The short id by which a failure is told to the person and found in the log."""
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def sorry(envelope: Claimed, incident: str) -> Post | None:
    """What is said in the thread of a message that could not be handled; None when it is said privately, or to nobody."""
    event: dict[str, Any] = envelope.payload.get("event") or {}
    if envelope.kind != "message" or not event.get("channel") or not event.get("ts"):
        return None
    return Post(
        post_id=f"say:{hashlib.sha256(envelope.key.encode()).hexdigest()[:24]}:failed",
        team=envelope.team,
        channel=str(event["channel"]),
        thread_ts=str(event.get("thread_ts") or event["ts"]),
        kind="say",
        text=_SORRY.format(incident=incident),
        blocks=[],
        urgency=0,
        depends_on_live=False,
    )
