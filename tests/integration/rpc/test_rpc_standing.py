"""Open streams are held to the role, and many of them cost the store no more than one."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc
import pytest
from sqlalchemy import event

from omoi.v1 import auth_pb2, spec_pb2
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import Refusal, Rpc

ap: Any = auth_pb2
sp: Any = spec_pb2

PEOPLE, STREAMS_EACH = 5, 6


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def database_url(request: pytest.FixtureRequest) -> str:
    """As everywhere, but PostgreSQL in the long run only: what differs there is in test_rpc_races."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


class Viewers:
    """People with a role in the project, and one spec there that they watch."""

    def __init__(self, rpc: Rpc, spec: str) -> None:
        self.rpc = rpc
        self.spec = spec
        self.people: dict[str, Rpc] = {}

    async def add(self, name: str) -> None:
        made = await self.rpc(ap.CreateTokenRequest(name=name, scopes=["read"], user_id=name))
        user = made.token.user_id
        await self.rpc(ap.SetRoleRequest(project_id=rows.PROJECT, user_id=user, role=ap.ROLE_VIEWER))
        self.people[user] = self.rpc.by(made.secret)

    def watch(self, user: str) -> Any:
        request = sp.WatchSpecEventsRequest(spec_id=self.spec)
        return self.rpc.method("WatchSpecEvents")(request, metadata=self.people[user].metadata, timeout=30)

    async def talk(self, seconds: float) -> None:
        """An event every 50 ms."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await rows.say(self.rpc.office.db, self.spec, "something happens")
            await asyncio.sleep(0.05)


@pytest.fixture
async def viewers(rpc: Rpc) -> Viewers:
    await rows.add_project(rpc.office.db)
    made = Viewers(rpc, await rows.add_spec(rpc.office.db))
    for number in range(PEOPLE):
        await made.add(f"viewer {number}")
    return made


async def drain(call: Any) -> tuple[int, Refusal | None]:
    """How many events came, and what ended the stream."""
    seen = 0
    try:
        async for batch in call:
            seen += len(batch.events)
    except grpc.aio.AioRpcError as error:
        return seen, Refusal(error)
    return seen, None


async def test_many_streams_ask_the_store_as_often_as_one(viewers: Viewers) -> None:
    calls = [viewers.watch(user) for user in viewers.people for _ in range(STREAMS_EACH)]
    for call in calls:
        await call.read()
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM roles" in statement or "specs.project_id" in statement:
            asked.append(statement)

    engine = viewers.rpc.office.db._readers.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await viewers.talk(2.0)
    event.remove(engine, "before_cursor_execute", note)
    for call in calls:
        call.cancel()
    assert 1 <= len(asked) <= 8, f"{len(asked)} questions for {len(calls)} streams in two seconds"


async def test_a_stream_ends_with_the_role_and_the_others_go_on(viewers: Viewers) -> None:
    gone, *staying = list(viewers.people)
    calls = {user: asyncio.create_task(drain(viewers.watch(user))) for user in viewers.people}
    await viewers.talk(0.8)
    await viewers.rpc(ap.SetRoleRequest(project_id=rows.PROJECT, user_id=gone))
    begun = time.monotonic()
    talking = asyncio.create_task(viewers.talk(2.5))
    seen, refusal = await calls[gone]
    assert time.monotonic() - begun < 2.0
    assert refusal is not None and (refusal.code, refusal.reason) == ("NOT_FOUND", "SPEC_NOT_FOUND")
    assert seen
    await talking
    assert not any(calls[user].done() for user in staying)
    for user in staying:
        calls[user].cancel()


async def test_a_role_given_anew_is_seen_at_once(viewers: Viewers) -> None:
    """What is remembered of a project's roles is never older than the stream that it is asked for."""
    first = asyncio.create_task(drain(viewers.watch(next(iter(viewers.people)))))
    await viewers.talk(0.8)
    await viewers.add("late")
    late = asyncio.create_task(drain(viewers.watch(list(viewers.people)[-1])))
    await viewers.talk(1.2)
    assert not first.done()
    assert not late.done()
    for task in (first, late):
        task.cancel()
