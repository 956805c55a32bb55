"""Everything that a test of the bot stands on: a real server, a Slack, and the real bot between them.

    async with bot_stage(tmp_path) as stage:
        await stage.mara.mentions(stage.channel, "Lock an account after five failed logins")
        await stage.slack.until(lambda: stage.slack.thread(stage.channel, …))

Two people: @mara (contributor of the project `shop`) and @jon (admin). The channel #payments is linked to the project.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omoi_bot.app import Bot, Rooms, rooms
from omoi_bot.settings import Settings, load
from omoi_bot.store import channels
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database as BotDatabase
from omoi_bot.store.database import Tx
from omoi_bot.store.migrate import migrate as migrate_bot
from omoi_client import OmoiClient
from omoi_server.domain.caller import Caller
from omoi_server.orchestrator.people import new_admin_code
from omoi_server.rpc.auth import ensure_local_user
from omoi_server.rpc.server import RpcConfig, RpcServer, build_server
from omoi_server.store.database import Database
from omoi_server.store.migrate import migrate
from omoi_worker import archive
from tests.offices import House, sample_repository
from tests.peers.slack import SlackPeer
from tests.peers.slack.model import Channel
from tests.peers.slack.people import Person

ROOT = Path(__file__).parents[3]
MANIFEST = ROOT / "bot" / "manifest.json"
LOCAL_TOKEN = "token-of-local"
START_SECONDS = 20.0


@functools.cache
def _templates() -> Path:
    """Migrated databases and the worker, made once for each test process."""
    folder = tempfile.TemporaryDirectory(prefix="omoi-stage-")
    path = Path(folder.name)
    _kept.append(folder)
    migrate(f"sqlite:///{path / 'omoi.db'}", backup_dir=None)
    migrate_bot(f"sqlite:///{path / 'bot.db'}")
    archive.build(path / "worker.pyz")
    return path


_kept: list[tempfile.TemporaryDirectory[str]] = []


@dataclass
class Stage:
    """See the module. `house` is the server's inside, `omoi` its client as user `local`, `bot` the running bot."""

    folder: Path
    slack: SlackPeer
    house: House
    server: RpcServer
    address: str
    omoi: OmoiClient
    mara: Person
    jon: Person
    channel: Channel
    project_id: str
    bot_token: str
    clock: Clock | None = None
    environment: dict[str, str] = field(default_factory=dict)
    _running: list[tuple[Bot, asyncio.Event, asyncio.Task[None]]] = field(default_factory=list)
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    # --- the bot in this process

    @property
    def bot(self) -> Bot:
        """The newest bot of this process."""
        assert self._running, "no bot runs in this process"
        return self._running[-1][0]

    @property
    def settings(self) -> Settings:
        return load(self._environment())

    async def start_bot(self, heard: Rooms | None = None, *, reached: Callable[[str], None] | None = None) -> Bot:
        """Another bot in this process; `heard` in place of the product's listeners."""
        more: dict[str, Any] = {"reached": reached} if reached is not None else {}
        bot = Bot(self.settings, heard or rooms(), clock=self.clock, announce=lambda _: None, **more)
        stop = asyncio.Event()
        task = asyncio.create_task(bot.run(stop), name="bot")
        self._running.append((bot, stop, task))
        ready = asyncio.create_task(_up(bot))
        try:
            await asyncio.wait({task, ready}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                self._running.pop()
                await task  # says why it ended
            assert ready.done(), f"the bot was not ready within {START_SECONDS:g} s"
            if bot.settings.socket_mode:
                living = sum(child.poll() is None for child in self._children)
                await self.slack.connected(len(self._running) + living)
        finally:
            ready.cancel()
        return bot

    async def stop_bot(self) -> None:
        """Stop the newest bot of this process as a person does."""
        _, stop, task = self._running.pop()
        stop.set()
        async with asyncio.timeout(START_SECONDS):
            await task

    # --- the bot as a child process

    async def start_child(self, point: str = "", count: int = 1, *, listener: str = "") -> subprocess.Popen[bytes]:
        """The bot in a process of its own, which kills itself at the `count`-th reaching of `point`.

        With `listener` its listeners are those of counting.py instead of the product's.
        """
        sockets = len(self.slack.sockets.connections)
        orders = {
            "point": point,
            "count": count,
            "log": str(self.folder / f"points-{len(self._children)}"),
            "listener": listener,
        }
        with (self.folder / f"bot-{len(self._children)}.log").open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.bot.faulty_bot", json.dumps(orders)],
                cwd=ROOT, env={**os.environ, **self._environment()}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._children.append(child)
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while len(self.slack.sockets.connections) <= sockets and child.poll() is None:
            assert asyncio.get_running_loop().time() < deadline, f"the child did not connect\n{self.told()}"
            await asyncio.sleep(0.01)
        return child

    async def fell(self, child: subprocess.Popen[bytes], seconds: float = 20.0) -> None:
        """Until the child met its point and died."""
        deadline = asyncio.get_running_loop().time() + seconds
        while child.poll() is None:
            assert asyncio.get_running_loop().time() < deadline, f"the child did not reach its point\n{self.told()}"
            await asyncio.sleep(0.01)

    def told(self) -> str:
        """The end of the newest child's log."""
        logs = sorted(self.folder.glob("bot-*.log"))
        return logs[-1].read_text(errors="replace")[-4000:] if logs else ""

    # --- people and projects

    def identity(self, person: Person) -> str:
        """ "slack:<E… or T…>/<U…>"."""
        team = person.team
        return f"slack:{team.enterprise_id or team.id}/{person.id}"

    async def give_role(self, person: Person, role: str, project_id: str = "") -> None:
        """As a maintainer does; the person is made known first."""
        identity = self.identity(person)
        await self.omoi.provision_user(identity, person.name, f"{person.name}@example.com")
        await self.omoi.set_role(project_id or self.project_id, identity, role)

    async def make_admin(self, person: Person) -> None:
        """With the code that the server prints."""
        await self.omoi.provision_user(self.identity(person), person.name)
        code = await new_admin_code(self.house.office.db)
        await self.omoi.acting_for(self.identity(person)).claim_admin(code)

    async def link(self, channel: Channel, project_id: str = "", **more: Any) -> None:
        """What `/omoi link` leaves in the bot's database."""
        project = project_id or self.project_id

        async def work(tx: Tx) -> None:
            await channels.change(
                tx, channel.team_id, channel.id, name=channel.name, kind=channel.kind, project_id=project, member=True,
                **more,
            )  # fmt: skip

        database = await BotDatabase.open(self.settings.database_url)
        try:
            await database.write(work)
        finally:
            await database.close()

    @property
    def child_environment(self) -> dict[str, str]:
        """The settings of a bot on this stage, by their names."""
        return self._environment()

    def _environment(self) -> dict[str, str]:
        return {
            "OMOI_HOME": str(self.folder / "bot-home"),
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "OMOI_ADDRESS": self.address,
            "OMOI_TOKEN": self.bot_token,
            **self.environment,
        }

    async def clear(self) -> None:
        for child in self._children:
            if child.poll() is None:
                child.kill()
            child.wait()
        while self._running:
            with suppress(TimeoutError):
                await self.stop_bot()


async def _up(bot: Bot) -> None:
    await bot.ready.wait()
    await bot.caught_up.wait()


@asynccontextmanager
async def bot_stage(
    folder: Path,
    *,
    heard: Rooms | None = None,
    start: bool = True,
    people: bool = True,
    work: bool = True,
    clock: Clock | None = None,
    environment: dict[str, str] | None = None,
    scopes: Sequence[str] | None = None,
    manifest: dict[str, Any] | None = None,
    **slack_options: Any,
) -> AsyncIterator[Stage]:
    """A stage below `folder`. `start`: with a bot in this process; `heard` replaces the product's listeners.

    `people` False: nobody has a role or is admin yet; `work` False: the server claims no jobs. `clock` is the bot's.
    `slack_options` go to SlackPeer; `scopes` are those of the bot's token at the server.
    """
    folder.mkdir(parents=True, exist_ok=True)
    templates = _templates()
    shutil.copyfile(templates / "omoi.db", folder / "omoi.db")
    (folder / "bot-home").mkdir(mode=0o700)
    shutil.copyfile(templates / "bot.db", folder / "bot-home" / "bot.db")
    async with AsyncExitStack() as stack:
        shown = json.loads(MANIFEST.read_text()) if manifest is None else manifest
        slack = await stack.enter_async_context(SlackPeer(manifest=shown, **slack_options))
        database = await Database.open(f"sqlite+aiosqlite:///{folder / 'omoi.db'}")
        stack.push_async_callback(database.close)
        house = House(database, folder / "home", templates / "worker.pyz", Caller("local", "local", is_admin=True))
        await ensure_local_user(database, LOCAL_TOKEN)
        project_id = await house.add_project(sample_repository(folder / "shop"))
        server = build_server(house.office, RpcConfig(listen="127.0.0.1:0"))
        address = await server.start()
        stack.push_async_callback(server.drain, 0)
        if work:
            await house.start()
            stack.push_async_callback(house.stop)
        omoi = await stack.enter_async_context(OmoiClient(address, LOCAL_TOKEN))
        system = f"slack:{slack.team.enterprise_id or slack.team.id}"
        wanted = [f"act-as:{system}", "read-all"] if scopes is None else list(scopes)
        token = (await omoi.create_token("the bot", wanted, user_id="slack-bot")).secret
        mara, jon = slack.add_person("mara"), slack.add_person("jon")
        channel = slack.add_channel("payments", members=[mara, jon, slack.bot])
        stage = Stage(
            folder, slack, house, server, address, omoi, mara, jon, channel, project_id, token, clock, environment or {}
        )  # fmt: skip
        stack.push_async_callback(stage.clear)
        await stage.link(channel)
        if people:
            await stage.make_admin(jon)
            await stage.give_role(mara, "contributor")
        if start:
            await stage.start_bot(heard)
        yield stage
