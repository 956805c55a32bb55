"""The whole of it: a Slack, the real server and bot as child processes, two people, and the opening scene."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from demo.place import CHECKOUT
from demo.repository import Git, Repository, clone, sample
from demo.story import IDEA
from omoi_client import OmoiClient
from omoi_client.errors import OmoiError
from omoi_client.project_calls import approver_rule
from tests.peers.playground.breaking import Breaker
from tests.peers.playground.counting import Counter, Counts
from tests.peers.playground.errors import PlaygroundError
from tests.peers.playground.hands import Hands
from tests.peers.playground.opening import Opening
from tests.peers.playground.place import Ground
from tests.peers.playground.programs import Program
from tests.peers.slack import Channel, Person, SlackPeer

MANIFEST = CHECKOUT / "bot" / "manifest.json"
COUNT_SECONDS = 1.0


@dataclass(frozen=True)
class Wishes:
    """What the person chose: the idea that waits for approval, and their repository; empty: ours."""

    idea: str = ""
    repository: str = ""


@dataclass
class Step:
    """A line of the progress that the page shows while it starts."""

    name: str
    state: str = "waiting"
    """waiting, running, done, or what went wrong."""


@dataclass
class Playground:
    """One run. `slack`, `hands` and so on are there from the beginning, `counter` once the server is up."""

    ground: Ground
    wishes: Wishes
    slack: SlackPeer
    mara: Person
    jon: Person
    channel: Channel
    hands: Hands
    server: Program
    bot: Program
    breaker: Breaker
    address: str
    waiting: str = ""
    """The thread in which something waits for the first click."""

    counter: Counter | None = None
    counts: Counts = field(default_factory=Counts)
    steps: list[Step] = field(default_factory=list)
    listeners: set[Callable[[str], None]] = field(default_factory=set)

    def changed(self, what: str) -> None:
        """Tell every open page that `what` (progress, counts, programs) is different."""
        for listener in self.listeners:
            listener(what)

    @property
    def ready(self) -> bool:
        return bool(self.steps) and all(step.state == "done" for step in self.steps)

    async def begin(self, stack: AsyncExitStack) -> None:
        """Start everything and make the opening scene. Raises PlaygroundError, OmoiError or DemoError."""
        repository, server, bot, scene, gate = (
            Step("a repository"),
            Step("the Omoi server"),
            Step("the bot, connected by Socket Mode"),
            Step("a finished task with its pull request"),
            Step("a plan that waits for your approval"),
        )
        self.steps = [repository, server, bot, scene, gate]
        async with self._step(repository):
            found = await asyncio.to_thread(self._repository)
        async with self._step(server):
            stack.push_async_callback(self.server.stop)
            await self.server.start()
            omoi = await stack.enter_async_context(self._client())
            await self._introduce(omoi, found)
        async with self._step(bot):
            stack.push_async_callback(self.bot.stop)
            await self.bot.start()
        opening = Opening(self.slack, self.mara, self.jon, self.channel)
        await opening.link(found.name)
        async with self._step(scene):
            await opening.finish_one()
        async with self._step(gate):
            self.waiting = await opening.wait_at_gate(self.wishes.idea.strip() or IDEA)
        self.changed("open")

    async def keep_counting(self) -> None:
        """Count, once a second, for as long as it runs."""
        while True:
            await asyncio.sleep(COUNT_SECONDS)
            if self.counter is None:
                continue
            behind = ""
            try:
                await self.counter.read_log()
            except OmoiError as error:
                # The server is away, as somebody wished on the panel: its log is read on when it is back.
                behind = str(error)
            self.counts = replace(self.counter.count(), behind=behind)
            self.changed("counts")

    @asynccontextmanager
    async def _step(self, step: Step) -> AsyncIterator[None]:
        step.state = "running"
        self.changed("progress")
        try:
            yield
        except Exception as error:
            step.state = str(error)
            self.changed("progress")
            raise
        step.state = "done"
        self.changed("progress")

    def _repository(self) -> Repository:
        git = Git(self.ground.environment())
        given = self.wishes.repository.strip()
        return clone(self.ground.demo, git, given) if given else sample(self.ground.demo, git)

    def _client(self) -> OmoiClient:
        return OmoiClient(self.address, (self.ground.server / "token").read_text().strip(), patience=5)

    async def _introduce(self, omoi: OmoiClient, repository: Repository) -> None:
        """The project, the two people's roles, and the bot's own token."""
        system = f"slack:{self.slack.team.id}"
        mara, jon = (f"{system}/{person.id}" for person in (self.mara, self.jon))
        token = await omoi.create_token("the bot", [f"act-as:{system}", "read-all"], user_id="slack-bot")
        self.bot.environ["OMOI_TOKEN"] = token.secret
        await omoi.provision_user(mara, self.mara.name, self.mara.user.email)
        await omoi.provision_user(jon, self.jon.name, self.jon.user.email)
        await omoi.acting_for(jon).claim_admin(await self._admin_code())
        made = await omoi.create_project(
            str(repository.path), name=repository.name, default_branch=repository.branch,
            approvers=approver_rule(user_ids=[jon]),
        )  # fmt: skip
        await omoi.set_role(made.project.project_id, mara, "contributor")
        self.counter = Counter(self.slack, omoi, self.breaker)

    async def _admin_code(self) -> str:
        """The one-time code, as the server's command prints it."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "omoi_server", "admin-code", env=self.server.environ,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, complaint = await child.communicate()
        if child.returncode != 0:
            raise PlaygroundError(f"omoi-server admin-code failed: {complaint.decode(errors='replace').strip()}")
        return told.decode().split()[0]


@asynccontextmanager
async def playground(ground: Ground, wishes: Wishes) -> AsyncIterator[Playground]:
    """A playground that has its Slack and nothing else yet; at the end no process of it is left."""
    await ground.clear()
    ground.begin()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ground.clear)
        slack = await stack.enter_async_context(SlackPeer(json.loads(MANIFEST.read_text()), text_required=True))
        mara = slack.add_person("mara", real_name="Mara")
        jon = slack.add_person("jon", real_name="Jon", admin=True)
        channel = slack.add_channel("shop", [mara, jon, slack.bot])
        slack.add_channel("random", [mara, jon])
        for person in (mara, jon):
            slack.dm(person)
        address = f"127.0.0.1:{_free_port()}"
        made: Playground

        def changed() -> None:
            made.changed("programs")

        server, bot = _programs(ground, slack, address, changed)
        breaker = Breaker(slack, [bot, server])
        hands = Hands(slack, {each.id: each for each in (mara, jon)})
        made = Playground(ground, wishes, slack, mara, jon, channel, hands, server, bot, breaker, address)
        yield made


def _programs(ground: Ground, slack: SlackPeer, address: str, changed: Callable[[], None]) -> tuple[Program, Program]:
    environment = ground.environment()

    async def server_ready() -> bool:
        return await _listens(address) and (ground.server / "token").exists()

    before = {"pid": 0, "connections": 0}

    async def bot_ready() -> bool:
        # The socket of a bot that was killed may still stand for a moment; only one of this process counts.
        if before["pid"] != bot.pid:
            before.update(pid=bot.pid, connections=slack.sockets.ever)
        return any(each.number > before["connections"] for each in slack.sockets.connections)

    server = Program(
        "server", _module("omoi_server"), {**environment, "OMOI_HOME": str(ground.server), "OMOI_LISTEN": address},
        ground.logs, ready=server_ready, changed=changed, remember=ground.remember,
    )  # fmt: skip
    for_bot = {
        "OMOI_HOME": str(ground.bot),
        "OMOI_ADDRESS": address,
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
    }
    bot = Program(
        "bot", _module("omoi_bot"), {**environment, **for_bot}, ground.logs, ready=bot_ready, changed=changed,
        remember=ground.remember,
    )  # fmt: skip
    return server, bot


def _module(name: str) -> Iterable[str]:
    return (sys.executable, "-P", "-m", name)


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def page_folder() -> Path:
    return Path(__file__).parent / "page"
