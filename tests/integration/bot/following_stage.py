"""A spec whose log is written by hand, on a real server; a Slack; and a bot that follows, in this process.

What the orchestrator would do stands in `Plan`: state and events in one transaction, as it writes them. Decisions are made
through the server's own RPCs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from omoi_bot.backend import Backend
from omoi_bot.follow.follower import Follower
from omoi_bot.follow.room import Pace, Room
from omoi_bot.people import People
from omoi_bot.posting import Sender, of_spec
from omoi_bot.slack_api import SlackApi
from omoi_bot.store import channels, conversations, follows
from omoi_bot.store import migrate as bot_history
from omoi_bot.store import people as known_people
from omoi_bot.store.clock import Clock
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.people import KnownPerson
from omoi_client import OmoiClient
from omoi_server.domain.events import EventDraft
from omoi_server.rpc.auth import ensure_local_user
from omoi_server.rpc.server import RpcConfig, RpcServer, build_server
from omoi_server.store import tables as t
from omoi_server.store.database import Database as ServerDatabase
from omoi_server.store.transaction import Transaction
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import TOKEN, make_office
from tests.peers.slack import Channel, Person, SlackPeer
from tests.unit.spec.spec_examples import output


def quick(rate: float = 1.0) -> Pace:
    """Looks that are quick in a test's own seconds, whatever the rate of the bot's clock; nothing in them changes what is
    right."""
    return Pace(claim=0.1 * rate, renew=rate, progress=0.05 * rate, queue=0.2 * rate, tick=0.3 * rate, seek=0.1 * rate)


class Plan:
    """One spec's life, written by hand."""

    def __init__(self, database: ServerDatabase, spec_id: str, gates: tuple[str, ...]) -> None:
        self.database = database
        self.spec_id = spec_id
        self.gates = gates

    async def tell(self, *drafts: tuple[str, str, dict[str, Any]], source: str = "server", **values: Any) -> None:
        """Events (type, phase, payload) and the spec's new columns, in one transaction."""

        async def work(tx: Transaction) -> None:
            for kind, phase, payload in drafts:
                tx.emit(EventDraft(self.spec_id, kind, f"{kind} {phase}".strip(), source, phase, payload))
            if values:
                await tx.conn.execute(update(t.specs).where(t.specs.c.spec_id == self.spec_id).values(**values))
            tx.touch(self.spec_id)

        await self.database.write(work)

    async def phase(self, name: str, version: int = 1, **more: Any) -> None:
        """One phase from start to output, and its gate."""
        await self.tell((("spec.phase_started"), name, {"phase_progress": {"attempt": 1}}), current_phase=name)
        digest = f"{name}-{version}"
        facts = ["5 tasks in 3 waves"] if name == "TASKS" else ["3 requirements"]
        progress = {
            "attempt": 1,
            "version": version,
            "score": 0.9,
            "digest": digest,
            "facts": facts,
            "duration_ms": 400,
        }
        drafts = [("spec.phase_completed", name, {"phase_progress": {**progress, **more}})]
        gated = name in self.gates
        if gated:
            drafts.append(("review.requested", name, {"review": {"version": version, "digest": digest}}))

        async def work(tx: Transaction) -> None:
            row = {
                "data": output(name),
                "digest": digest,
                "input_digest": "",
                "score": 0.9,
                "facts": facts,
                "created_at": tx.now,
            }
            await tx.conn.execute(
                insert(t.phase_outputs).values(spec_id=self.spec_id, phase=name, version=version, **row)
            )
            for kind, phase, payload in drafts:
                tx.emit(EventDraft(self.spec_id, kind, f"{kind} {phase}", "server", phase, payload))
            await tx.conn.execute(update(t.jobs).where(t.jobs.c.spec_id == self.spec_id).values(status="SUCCEEDED"))
            status = "AWAITING_REVIEW" if gated else "EXECUTING"
            changed = update(t.specs).where(t.specs.c.spec_id == self.spec_id).values(status=status, current_phase=name)
            await tx.conn.execute(changed)
            tx.touch(self.spec_id)

        await self.database.write(work)

    async def planned(self) -> None:
        for name in ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS"):
            await self.phase(name)

    async def work(self, count: int = 3) -> None:
        """Progress that nobody needs a message for."""
        for number in range(count):
            await self.tell(("command.started", "", {"command": {"id": number, "text": f"pytest -q {number}"}}))

    async def fails(self, reason: str = "no disk") -> None:
        payload = {"spec": {"status": "SPEC_STATUS_FAILED", "reason": reason}}
        await self.tell(("spec.execution_failed", "DESIGN", payload), status="FAILED", reason=reason)

    async def published(self) -> None:
        """Every task done and the pull request open."""
        url = "https://git.example.com/shop/pull/1"
        payload = {"pull_request": {"number": 1, "url": url}}
        await self.tell(
            ("pull_request.created", "", payload), source="user:local", pull_request_url=url, pull_request_number=1
        )


class Stage:
    """The server, Slack, and the bot's database. Make followers with `following`."""

    def __init__(self, database: ServerDatabase, folder: Path, peer: SlackPeer) -> None:
        self.database = database
        self.folder = folder
        self.slack = peer
        self.mara = peer.add_person("mara")
        self.jon = peer.add_person("jon")
        self.channel: Channel = peer.add_channel("shop", [self.mara, peer.bot])
        self.url = f"sqlite:///{folder / 'bot.db'}"
        self.office = make_office(database, folder / "home")
        self.address = ""
        self._server: RpcServer | None = None

    async def server_up(self) -> None:
        config = RpcConfig(self.address or "127.0.0.1:0", keepalive=60, poll=60)
        self._server = build_server(self.office, config)
        self.address = await self._server.start()

    async def server_down(self) -> None:
        if self._server is not None:
            await self._server.drain(0)
            self._server = None

    def omoi(self) -> OmoiClient:
        """The command line's client."""
        return OmoiClient(self.address, TOKEN, patience=10)

    async def launch(self, db: Database, *, gates: tuple[str, ...] = ("TASKS",), **more: Any) -> Plan:
        """A spec that was asked for by a mention, as the launching listener leaves it."""
        spec_id = await rows.add_spec(self.database, gates=list(gates))
        message_ts = await self.mara.says(self.channel, "<@BOT> lock an account")
        about = {"origin": "mention", "message_ts": message_ts, "thread_ts": message_ts, "project_id": rows.PROJECT}
        conversation = Conversation(
            spec_id, self.slack.team.id, self.channel.id, requester=self.identity(self.mara), **{**about, **more}
        )

        async def work(tx: Tx) -> None:
            await conversations.start(tx, conversation)
            await follows.start(tx, spec_id, as_identity=conversation.requester, project_id=rows.PROJECT)

        await db.write(work)
        plan = Plan(self.database, spec_id, gates)
        await plan.tell(("spec.created", "", {}))
        return plan

    def identity(self, person: Person) -> str:
        return f"slack:{self.slack.team.id}/{person.id}"

    async def approvers(self, *user_ids: str, min_role: str = "", requester_excluded: bool = False) -> None:
        """The project's approver rule; with ids only these users approve."""

        async def work(tx: Transaction) -> None:
            rule = {"min_role": min_role, "user_ids": list(user_ids), "requester_excluded": requester_excluded}
            await tx.conn.execute(update(t.projects).values(approvers=rule))

        await self.database.write(work)

    async def set_channel(self, db: Database, **values: Any) -> None:
        await db.write(lambda tx: channels.change(tx, self.slack.team.id, self.channel.id, **values))

    async def member(self, person: Person, role: str = "CONTRIBUTOR") -> str:
        """Give the person a role in the project; their user id."""
        async with self.omoi() as omoi:
            made = await omoi.provision_user(self.identity(person), name=person.name, email="")
            await omoi.set_role(rows.PROJECT, made.user.user_id, role)
        return str(made.user.user_id)

    async def meet(self, db: Database, person: Person, user_id: str) -> None:
        """The bot knows this person as that user."""
        known = KnownPerson(self.identity(person), self.slack.team.id, person.id, user_id, person.name, "UTC")
        await db.write(lambda tx: known_people.put(tx, known))

    @asynccontextmanager
    async def room(self, owner: str = "bot-1", **more: Any) -> AsyncIterator[Room]:
        """The bot's parts for one process; `more` are fields of Room."""
        clock = more.pop("clock", Clock())
        reached = more.pop("reached", lambda _point: None)
        db = await Database.open(self.url, clock=clock, reached=reached)
        backend = Backend(self.address, TOKEN)
        slack = SlackApi(lambda _team: self.slack.bot_token, self.slack.api_url, clock)
        people = People(slack, backend, db)
        try:
            yield Room(db, backend, slack, people, owner, **{"clock": clock, "pace": quick(clock.rate), **more})
        finally:
            await slack.close()
            await backend.close()
            await db.close()


@asynccontextmanager
async def running(part: Follower | Sender) -> AsyncIterator[asyncio.Task[None]]:
    """A part of the bot, as one of its loops."""
    task = asyncio.create_task(part.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def stage_on(database: ServerDatabase, folder: Path, peer: SlackPeer, bot_url: str = "") -> AsyncIterator[Stage]:
    """The bot's database is a file in `folder` unless `bot_url` names another one."""
    stage = Stage(database, folder, peer)
    stage.url = bot_url or stage.url
    await ensure_local_user(database, TOKEN)
    await rows.add_project(database)
    await asyncio.to_thread(bot_history.migrate, stage.url)
    await stage.server_up()
    try:
        yield stage
    finally:
        await stage.server_down()


async def posts(db: Database, spec_id: str) -> dict[str, Any]:
    """The outbox's rows of the spec, in order, by id without the spec's."""
    async with db.read() as tx:
        found = await of_spec(tx, spec_id)
    return {post.post_id.replace(spec_id, "s"): post for post in found}


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 15.0, what: str = "") -> Any:
    """Poll until the condition gives something true; it is returned. AssertionError after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await condition()):
        assert asyncio.get_running_loop().time() < deadline, f"not within {seconds:g} s: {what or condition}"
        await asyncio.sleep(0.02)
    return found


def words(post: Any) -> str:
    """Everything that the post says."""
    return str(post.wanted)


def buttons(post: Any) -> set[str]:
    """Action ids of the buttons that the post carries."""
    blocks = post.wanted["blocks"]
    return {one["action_id"] for block in blocks if block["type"] == "actions" for one in block["elements"]}
