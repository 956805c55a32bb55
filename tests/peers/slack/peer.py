"""SlackPeer: one server that speaks Slack, and the objects to drive it with."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.peers.slack import responses
from tests.peers.slack import web as calls
from tests.peers.slack.clock import PeerClock
from tests.peers.slack.delivery import Deliveries
from tests.peers.slack.faults import Faults
from tests.peers.slack.http_events import HttpEvents
from tests.peers.slack.limits import LIMITS
from tests.peers.slack.manifest import Manifest
from tests.peers.slack.methods import ALL, files, oauth
from tests.peers.slack.model import Channel, File, Installation, Kind, Message, State, Team, User, UserGroup
from tests.peers.slack.people import Person
from tests.peers.slack.rates import Rates
from tests.peers.slack.record import Record
from tests.peers.slack.refusal import Json
from tests.peers.slack.sockets import Sockets
from tests.peers.slack.workspace import Change, Workspace

Member = Person | User


class SlackPeer:
    """Slack on 127.0.0.1, with one workspace in which the app is installed.

    `manifest` is the JSON of the app's manifest (None: every scope and event that Omoi asks for). `clock_rate` speeds
    up what Slack times (rates, triggers, response URLs, retries), `ack_seconds` (wall time) is how long it waits for
    an acknowledgement. With `events_url` it posts signed requests there instead of using Socket Mode.
    `text_required` turns the warning about a message without a top-level text into a refusal.
    """

    def __init__(
        self, manifest: dict[str, Any] | None = None, port: int = 0, *, clock_rate: float = 1.0,
        rate_limits: bool = True, ack_seconds: float = LIMITS["ack"].value, events_url: str = "",
        text_required: bool = False, enterprise_id: str = "", host: str = "127.0.0.1",
    ) -> None:  # fmt: skip
        self.manifest = Manifest() if manifest is None else Manifest.read(manifest)
        self.clock = PeerClock(clock_rate)
        self.deliveries = Deliveries(self.clock)
        self.workspace = Workspace(self.manifest, self.clock, self.deliveries)
        self.sockets = Sockets(ack_seconds)
        self.faults = Faults(self.workspace, self.sockets)
        self.rates = Rates(self.clock)
        self.rates.on = rate_limits
        self.methods = ALL
        self.text_required = text_required
        self.signing_secret = secrets.token_hex(16)
        self.app_token = f"xapp-1-A0PEER000001-{secrets.token_hex(8)}"
        self.client_id = "1000000000.2000000000"
        self.client_secret = secrets.token_hex(16)
        self.codes: dict[str, oauth.Code] = {}
        self.expected_uploads: dict[str, int] = {}
        self.app = web.Application(client_max_size=64 * 1024 * 1024)
        self._host, self._port = host, port
        self._ack_seconds = ack_seconds
        self.events_url = events_url
        self._runner: web.AppRunner | None = None
        self.team = self.add_team("Acme", enterprise_id=enterprise_id)
        self._first = self.install(self.team, self.manifest.scopes)
        self._routes()

    # --- life

    async def __aenter__(self) -> SlackPeer:
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.workspace.base = self.url
        self.listen_at(self.events_url)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.deliveries.close()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def listen_at(self, events_url: str) -> None:
        """Sends events to this URL from now on; "" is Socket Mode."""
        self.events_url = events_url
        http = HttpEvents(events_url, self.signing_secret, self._ack_seconds)
        self.deliveries.transport = http if events_url else self.sockets

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def settled(self, timeout: float = 10.0) -> None:
        """Waits until everything that was to be delivered was delivered, or given up."""
        await self.deliveries.settled(timeout)

    async def connected(self, sockets: int = 1, timeout: float = 10.0) -> None:
        """Waits until the app has this many Socket Mode connections."""
        async with asyncio.timeout(timeout):
            while len(self.sockets.connections) < sockets:
                await asyncio.sleep(0.01)

    async def until(self, holds: Callable[[], object], timeout: float = 10.0, what: str = "") -> None:
        """Waits (wall seconds) until `holds()` is true. AssertionError with `what` and the last entries otherwise."""
        deadline = asyncio.get_running_loop().time() + timeout
        while not holds():
            if asyncio.get_running_loop().time() > deadline:
                last = "\n".join(f"  {e.kind} {e.method} {e.error or e.text[:80]!r}" for e in self.record[-10:])
                raise AssertionError(f"not within {timeout} s: {what or 'what the test waits for'}; last:\n{last}")
            await asyncio.sleep(0.01)

    def changes(self) -> AsyncIterator[Change]:
        return self.workspace.changes()

    # --- addresses and secrets

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        return self._first.token

    @property
    def bot(self) -> User:
        return self._first.bot

    @property
    def state(self) -> State:
        return self.workspace.state

    @property
    def record(self) -> Record:
        return self.workspace.record

    # --- making the world

    def add_team(self, name: str, *, enterprise_id: str = "", takes_plan_blocks: bool = True) -> Team:
        """A workspace; with `enterprise_id` one of an Enterprise Grid. The app is not in it before `install`."""
        made = Team(self.state.new_id("T"), name, name.lower(), enterprise_id, takes_plan_blocks)
        self.state.teams[made.id] = made
        return made

    def install(self, team: Team, scopes: frozenset[str] | None = None) -> Installation:
        """The app in `team`, with a new token; the bot user stays the same when there was one."""
        before = self.state.installation(team.id)
        name = self.manifest.name
        bot = before.bot if before else User(
            self.state.new_id("U"), team.id, name.lower(), name, is_bot=True, bot_id=self.state.new_id("B"),
            enterprise_id=team.enterprise_id,
        )  # fmt: skip
        self.state.users[bot.id] = bot
        token = f"xoxb-{team.id}-{secrets.token_hex(12)}"
        made = Installation(token, team.id, bot, self.manifest.scopes if scopes is None else scopes)
        self.state.installations[token] = made
        return made

    def revoke(self, team: Team | None = None, *, uninstalled: bool = False) -> None:
        """The token of `team` stops working: revoked, or with the app removed (`account_inactive`)."""
        installation = self.state.installation((team or self.team).id)
        assert installation is not None, "the app is not installed there"
        installation.revoked = "account_inactive" if uninstalled else "token_revoked"
        kind = "app_uninstalled" if uninstalled else "tokens_revoked"
        event: Json = {"type": kind, "event_ts": self.state.new_ts()}
        if not uninstalled:
            event["tokens"] = {"oauth": [], "bot": [installation.bot.id]}
        self.workspace.tell(team or self.team, kind, event)

    def add_person(
        self, name: str, *, team: Team | None = None, real_name: str = "", email: str | None = None,
        tz: str = "Europe/Berlin", tz_offset: int = 3600, admin: bool = False, guest: str = "", stranger: bool = False,
        deactivated: bool = False, is_bot: bool = False, also_in: Sequence[Team] = (),
    ) -> Person:  # fmt: skip
        """A person of `team` (default: the first). `guest` is "multi" or "single"; a `stranger` is of another
        organisation, whose workspace is made; `also_in` are the other workspaces of a Grid account."""
        if guest not in ("", "multi", "single"):
            raise ValueError(f"guest is {guest!r}; it must be multi or single")
        home = team or (self.add_team(f"{name}-corp") if stranger else self.team)
        user = User(
            self.state.new_id("U"), home.id, name, real_name or name.title(),
            email=f"{name}@example.com" if email is None else email, tz=tz, tz_offset=tz_offset, is_admin=admin,
            is_restricted=bool(guest), is_ultra_restricted=guest == "single", deleted=deactivated, is_bot=is_bot,
            bot_id=self.state.new_id("B") if is_bot else "", enterprise_id=home.enterprise_id,
            teams={home.id, *(each.id for each in also_in)},
        )  # fmt: skip
        self.state.users[user.id] = user
        return Person(self, user)

    def add_channel(
        self, name: str, members: Sequence[Member] = (), *, kind: Kind = "public", team: Team | None = None,
        shared_with: Sequence[Team] = (), pending: bool = False,
    ) -> Channel:  # fmt: skip
        """A channel; `shared_with` other organisations' workspaces makes it a Slack Connect channel."""
        made = Channel(
            self.state.new_id("C" if kind in ("public", "private") else "G"), name, kind, (team or self.team).id,
            [each.id for each in members], shared_with={each.id for each in shared_with}, is_pending_ext_shared=pending,
        )  # fmt: skip
        self.state.channels[made.id] = made
        self.workspace.changed("channel", made.id)
        return made

    def add_group(self, handle: str, members: Sequence[Member]) -> UserGroup:
        """A user group; mention it with `<!subteam^ID>`."""
        made = UserGroup(self.state.new_id("S"), self.team.id, handle, [each.id for each in members])
        self.state.usergroups[made.id] = made
        return made

    def make_file(self, name: str, content: bytes, mimetype: str = "text/plain", *, stub: bool = False) -> File:
        """A file for `Person.says`; a `stub` is one that the app must look up with files.info."""
        return File(self.state.new_id("F"), name, mimetype, content, "", "", external_only=stub)

    # --- looking at it

    def dm(self, person: Person) -> Channel:
        """The direct messages between the app and `person`."""
        return self.workspace.open_direct(person.user.team_id, [person.user, self.bot_of(person.team)])

    def messages(self, channel: Channel) -> list[Message]:
        """What everybody in the channel sees, replies included, oldest first."""
        return [each for each in channel.messages if not each.deleted and not each.ephemeral_to]

    def thread(self, channel: Channel, root: str | Message) -> list[Message]:
        """The root and its replies, oldest first."""
        return channel.thread(root.ts if isinstance(root, Message) else root)

    def bot_of(self, team: Team) -> User:
        installation = self.state.installation(team.id)
        if installation is None:
            raise ValueError(f"the app is not installed in {team.name}")
        return installation.bot

    def visible_user(self, user: User, team_id: str) -> bool:
        """Whether a workspace can see `user`: its own, those of its Grid, and those met in shared channels."""
        if team_id in user.teams | {user.team_id}:
            return True
        team = self.state.teams[team_id]
        if team.enterprise_id and team.enterprise_id == user.enterprise_id:
            return True
        shared = (c for c in self.state.channels.values() if c.is_ext_shared and user.id in c.members)
        return any(team_id in {c.team_id} | c.shared_with for c in shared)

    def permalink(self, channel: Channel, message: Message) -> str:
        found = f"{self.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
        return f"{found}?thread_ts={message.thread_ts}&cid={channel.id}" if message.is_reply else found

    # --- routes

    def _routes(self) -> None:
        async def api(request: web.Request) -> web.StreamResponse:
            return await calls.api(self, request)

        async def respond(request: web.Request) -> web.StreamResponse:
            return await responses.respond(self.workspace, request)

        async def upload(request: web.Request) -> web.StreamResponse:
            return await files.receive_upload(self.state.files, self.expected_uploads, request)

        async def authorize(request: web.Request) -> web.StreamResponse:
            return await oauth.authorize_page(self, request)

        async def allowed(request: web.Request) -> web.StreamResponse:
            return await oauth.authorize_answer(self, request)

        self.app.router.add_route("*", "/api/{method}", api)
        self.app.router.add_get("/link/", self.sockets.handle)
        self.app.router.add_post("/response/{made}", respond)
        self.app.router.add_post("/upload/v1/{file}", upload)
        self.app.router.add_get("/files-pri/{place}/{name}", self._download)
        self.app.router.add_get("/oauth/v2/authorize", authorize)
        self.app.router.add_post("/oauth/v2/authorize", allowed)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A private file, with a bearer token that may read it; without one Slack shows its sign-in page."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        installation = self.state.installations.get(token)
        file = self.state.files.get(request.match_info["place"].rpartition("-")[2])
        if installation is None or installation.revoked or "files:read" not in installation.scopes or file is None:
            return web.Response(text="<!DOCTYPE html><title>Sign in to Slack</title>", content_type="text/html")
        return web.Response(body=file.content, content_type=file.mimetype)
