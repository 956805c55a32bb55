"""The bot's composition root: the parts are built here and nowhere else. Start, run, and a stop that is a sentence.

Take no more, let what is under way end, close. What was stored and not worked off is taken up by the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog

from omoi_bot.backend import Backend, TokenRefused
from omoi_bot.catch_up import CatchUp
from omoi_bot.desk import Desk
from omoi_bot.follow.follower import Follower
from omoi_bot.follow.room import Room
from omoi_bot.people import People
from omoi_bot.posting import Kept, Sender, untold
from omoi_bot.receive import removal
from omoi_bot.receive.forms import Forms, Opener, show_late
from omoi_bot.receive.installing import build_flow
from omoi_bot.receive.intake import Intake, Validator
from omoi_bot.receive.transport import Http, Socket, build_app
from omoi_bot.receive.workspaces import Workspaces
from omoi_bot.settings import Settings
from omoi_bot.slack_api import SlackApi, SlackAway, SlackRefused
from omoi_bot.store import envelopes
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.errors import StoreError
from omoi_bot.store.migrate import migrate
from omoi_bot.store.presence import Presence, free
from omoi_bot.store.workspaces import Workspace
from omoi_bot.work import Handler, Work
from omoi_client.errors import ConfigurationError, OmoiError, Unavailable

HEART_SECONDS = 15.0
"""How often "connected" is remembered; catching up reads from there."""
AGAIN_SECONDS = 2.0
"""Pause before Slack or the server is asked again while they are away."""
HOLD_SECONDS = 20.0
"""How long nothing is worked off while the live threads are read, so that a stop among it goes first."""
SWEEP_SECONDS = 3600.0
EXPIRE_SECONDS = 60.0
LOOK_SECONDS = 5.0
"""How often it is looked for lost posts of which this process was not told; and the pause after a loop's fault."""

KEPT = timedelta(days=7)
"""How long a finished envelope's key is remembered."""

log = structlog.get_logger()


class CannotStart(Exception):
    """The bot cannot run like this; the message says what to change."""


def _nothing(_point: str) -> None:
    """What happens at a named point in production."""


@dataclass(frozen=True)
class Rooms:
    """What listens: handlers by kind of envelope, openers and validators of forms by name.

    `refresh_home` draws the Home of these people anew, where it is open. `expire` ends the wishes that waited too long.
    """

    handlers: Mapping[str, Handler]
    openers: Mapping[str, Opener] = field(default_factory=dict)
    validators: Mapping[str, Validator] = field(default_factory=dict)
    refresh_home: Callable[[Desk, Sequence[str]], Awaitable[None]] | None = None
    expire: Callable[[Desk], Awaitable[object]] | None = None


class Bot:
    """One process of the bot. `reached` is told of named points, where tests end the process."""

    def __init__(
        self,
        settings: Settings,
        rooms: Rooms,
        *,
        clock: Clock | None = None,
        announce: Callable[[str], None] = print,
        reached: Callable[[str], None] = _nothing,
    ) -> None:
        self.settings = settings
        self.owner = f"bot-{uuid4()}"
        self.ready = asyncio.Event()
        """Set once events arrive and are worked off."""
        self.caught_up = asyncio.Event()
        """Set once the history was read for the first time."""
        self._rooms = rooms
        self._clock = clock or Clock()
        self._announce = announce
        self._reached = reached
        self._connections = asyncio.Event()
        self._allowed = asyncio.Event()
        self._gone = asyncio.Event()
        self.pages: Http | None = None
        """With Socket Mode and OAuth: where workspaces install the app."""
        self._homes: set[str] = set()
        self._home_due = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises CannotStart, StoreError or ConfigurationError when it cannot start."""
        async with self._parts():
            await self._greet_slack(stop)
            if stop.is_set():
                return
            try:
                async with asyncio.TaskGroup() as group:
                    loops = [group.create_task(coroutine, name=name) for name, coroutine in self._loops().items()]
                    await stop.wait()
                    log.info("bot.draining", seconds=self.settings.drain_seconds)
                    loops[0].cancel()  # the transport: take no more
                    await self.work.drain(self.settings.drain_seconds)
                    for loop in loops:
                        loop.cancel()
            except* (CannotStart, TokenRefused, StoreError) as group_error:
                raise _first(group_error) from None
        log.info("bot.stopped")

    @asynccontextmanager
    async def _parts(self) -> AsyncIterator[None]:
        settings = self.settings
        async with AsyncExitStack() as stack:
            settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            await asyncio.to_thread(migrate, settings.database_url)
            self.db = await Database.open(settings.database_url, clock=self._clock, reached=self._reached)
            stack.push_async_callback(self.db.close)
            present = Presence(settings.database_url, self.owner)
            stack.callback(present.close)
            if dead := present.dead():
                await self.db.write(lambda tx: free(tx, dead))
                log.info("bot.took_over", dead=len(dead))
            self.workspaces = Workspaces(self.db, settings)
            await self.workspaces.refresh()
            self.slack = SlackApi(self.workspaces.token, settings.slack_api_url, self._clock)
            stack.push_async_callback(self.slack.close)
            self.backend = Backend(settings.address, settings.token.get_secret_value())
            stack.push_async_callback(self.backend.close)
            people = People(self.slack, self.backend, self.db)
            self.desk = Desk(self.db, people, self.backend, self.slack, settings, self._poke)
            self.sender = Sender(
                self.slack, self.db, self.owner, self._clock, on_gone=self._on_gone, reached=self._reached
            )
            self.follower = Follower(self._room(people))
            handlers = {**self._rooms.handlers, **removal.handlers(self.workspaces)}
            self.work = Work(self.desk, handlers, show_late, owner=self.owner, reached=self._reached)
            forms = Forms(self.slack, self._rooms.openers)
            self.intake = Intake(
                self.db, self.workspaces, self.work, forms, self._rooms.validators, reached=self._reached
            )
            self.catch_up = CatchUp(self.db, self.slack, self.workspaces, self.intake)
            self.transport = self._transport()
            yield

    def _room(self, people: People) -> Room:
        settings = self.settings
        return Room(
            self.db, self.backend, self.slack, people, self.owner, self._clock,
            silence=timedelta(minutes=settings.silence_minutes), week=settings.working_hours,
            remind_hours=settings.remind_hours, wake_sender=self.sender.poke, refresh_home=self._refresh_home,
        )  # fmt: skip

    async def _refresh_home(self, identities: Sequence[str]) -> None:
        self._homes.update(identities)
        self._home_due.set()

    async def _show_homes(self) -> None:
        """Beside the follows, which do not wait for Slack to take a Home."""
        while True:
            await self._home_due.wait()
            self._home_due.clear()
            due, self._homes = sorted(self._homes), set()
            if self._rooms.refresh_home is not None:
                await self._rooms.refresh_home(self.desk, due)

    def _transport(self) -> Socket | Http:
        settings = self.settings
        secret = settings.signing_secret.get_secret_value()
        flow = build_flow(settings, self.db, self.workspaces) if settings.several_workspaces else None
        app = build_app(self.intake, api_url=settings.slack_api_url, signing_secret=secret, flow=flow)
        if not settings.socket_mode:
            return Http(app, settings.listen, self._connections.set)
        if flow is not None:
            self.pages = Http(app, settings.listen, lambda: None, events=False)
        return Socket(app, settings.app_token.get_secret_value(), self._connections.set)

    def _loops(self) -> dict[str, Coroutine[Any, Any, None]]:
        pages = {"pages": self.pages.run()} if self.pages is not None else {}
        return {
            "transport": self.transport.run(),
            **pages,
            "catch up": self._catch_up(),
            "send": self.sender.run(),
            "gone": _steadily("gone", self._tell_gone),
            "work": self._work(),
            "follow": self._follow(),
            "homes": _steadily("homes", self._show_homes),
            "expire": _steadily("expire", self._expire),
            "sweep": _steadily("sweep", self._sweep),
        }

    def _poke(self) -> None:
        self.work.poke()
        self.sender.poke()
        self.follower.poke()

    async def _on_gone(self, _tx: Tx, _post: Kept) -> None:
        # Called inside a transaction: what it takes to move a report is asked for outside.
        self._gone.set()

    async def _tell_gone(self) -> None:
        """Tell the report of posts that Slack will never show. They stay untold in the database until it knows, whatever
        dies in between, and whichever process gave them up."""
        while True:
            self._gone.clear()
            async with self.db.read() as tx:
                lost = await untold(tx)
            for post in lost:
                await self.follower.gone(post, post.error)
            if not lost:
                await _set_within(self._gone, LOOK_SECONDS)

    async def _follow(self) -> None:
        await self._allowed.wait()
        await self.follower.run()

    async def _greet_slack(self, stop: asyncio.Event) -> None:
        """Find out who the bot is, with the token from the environment. Raises CannotStart when Slack refuses it."""
        if not self.settings.bot_token.get_secret_value():
            return
        told = False
        while not stop.is_set():
            try:
                said = await self.slack.auth_test("")
            except SlackRefused as refusal:
                raise CannotStart(
                    f"SLACK_BOT_TOKEN: Slack refuses it ({refusal.error}). Install the app in the workspace (again) and "
                    "copy the Bot User OAuth Token."
                ) from None
            except SlackAway as error:
                if not told:
                    again = f"It is tried again every {AGAIN_SECONDS:.0f} s."
                    self._announce(f"omoi-bot waits: Slack is not reached: {error}. {again}")
                told = True
                log.warning("slack.away", error=str(error), again_in=AGAIN_SECONDS)
                await _pause(stop, AGAIN_SECONDS)
                continue
            scopes = str(said.get("x-oauth-scopes") or "")
            workspace = Workspace(
                str(said["team_id"]), str(said.get("enterprise_id") or ""), str(said.get("team") or ""),
                str(said.get("user_id") or ""), str(said.get("bot_id") or ""), scopes=scopes,
                agent="assistant:write" in scopes,
            )  # fmt: skip
            await self.workspaces.installed(workspace)
            return

    async def _work(self) -> None:
        """Work off what is stored, once the token at the server is known to be a bot's."""
        while True:
            try:
                await self.backend.check_token(_systems(self.workspaces.all()))
                break
            except Unavailable as error:
                log.warning("server.away", error=str(error), again_in=AGAIN_SECONDS)
                await asyncio.sleep(AGAIN_SECONDS)
            except (TokenRefused, ConfigurationError) as error:
                raise CannotStart(str(error)) from None
            except OmoiError as error:
                raise CannotStart(f"OMOI_TOKEN: the server refuses it: {error}") from None
        names = ", ".join(one.name or one.team for one in self.workspaces.all()) or "no workspace yet"
        self._announce(f"omoi-bot listens in {names} · server {self.backend.address} · home {self.settings.home}")
        log.info("bot.started", owner=self.owner, server=self.backend.address)
        self._allowed.set()
        self.ready.set()
        await self.work.run()

    async def _catch_up(self) -> None:
        """After each connection read what was said meanwhile; then remember, again and again, that it is connected."""
        self.work.hold()
        while True:
            if await _set_within(self._connections, HEART_SECONDS):
                self._connections.clear()
                await self._read_back()
                self.caught_up.set()
            if await self.transport.connected():
                await self._remember()

    async def _read_back(self) -> None:
        self.work.hold()
        releasing = asyncio.get_running_loop().call_later(HOLD_SECONDS, self.work.go_on)
        try:
            while True:
                try:
                    since = await self.catch_up.since()
                    new = await self.catch_up.threads(since)
                    self.work.go_on()
                    new += await self.catch_up.places(since)
                except (SlackAway, StoreError) as error:
                    log.warning("catch_up.interrupted", error=str(error), again_in=AGAIN_SECONDS)
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                log.info("catch_up.done", new=new)
                return
        finally:
            releasing.cancel()
            self.work.go_on()

    async def _remember(self) -> None:
        try:
            await self.catch_up.connected()
        except StoreError as error:
            log.warning("catch_up.not_remembered", error=str(error))

    async def _expire(self) -> None:
        """End the wishes that waited for a day."""
        while True:
            if self._rooms.expire is not None:
                await self._rooms.expire(self.desk)
            await self._clock.sleep(EXPIRE_SECONDS)

    async def _sweep(self) -> None:
        while True:
            await self.db.write(lambda tx: envelopes.sweep(tx, tx.now - KEPT))
            await asyncio.sleep(SWEEP_SECONDS)


async def _steadily(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run a loop whose faults must end neither it nor the bot: each is logged, and it begins anew after a pause."""
    while True:
        try:
            await loop()
        except (StoreError, OmoiError, SlackRefused, SlackAway) as error:
            log.warning("loop.interrupted", loop=name, error=str(error), again_in=LOOK_SECONDS)
        except Exception as error:
            log.error("loop.failed", loop=name, again_in=LOOK_SECONDS, exc_info=error)
        await asyncio.sleep(LOOK_SECONDS)


def _systems(installed: list[Workspace]) -> set[str]:
    return {f"slack:{one.enterprise or one.team}" for one in installed}


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    await _set_within(stop, seconds)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def rooms() -> Rooms:
    """The listeners of the product."""
    from omoi_bot.listeners import HANDLERS, asking, home
    from omoi_bot.listeners.opening import OPENERS
    from omoi_bot.listeners.validating import VALIDATORS

    return Rooms(HANDLERS, OPENERS, VALIDATORS, home.refresh, asking.expire)
