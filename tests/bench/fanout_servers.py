"""The two servers that the fan-out is measured on, each in a process of its own, told over a pipe what to write.

`omoi` is the product: store on SQLite, token, tail, pages, for an admin; `viewer` is the same for somebody with a role in the
project, who is held to it as long as the stream is open. `bare` is the ceiling: grpc.aio alone, with a list of frames
in memory, the same batches on the wire, and neither store nor token nor limits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import grpc

from omoi.v1 import event_pb2, spec_pb2
from omoi_server.adapters.git import GitRepositories
from omoi_server.adapters.local_forge import LocalForge
from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.domain.access import READ, Role
from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft
from omoi_server.domain.secrets import token_hash
from omoi_server.orchestrator.office import Office
from omoi_server.rpc.auth import ensure_local_user
from omoi_server.rpc.events import batch, response, varint
from omoi_server.rpc.server import MAX_PENDING, RpcConfig, build_server
from omoi_server.store.database import Database
from omoi_server.store.migrate import migrate
from omoi_server.store.roles import set_role
from omoi_server.store.tokens import put_token
from omoi_server.store.transaction import Transaction
from tests.bench.measuring import only_warnings, profiled
from tests.rows import add_project, add_spec

TOKEN = "token-of-the-measurement"
WATCH = "/omoi.v1.SpecService/WatchSpecEvents"
WRITTEN_AT_ONCE = 64
"""Events of one transaction at full speed: what one read of a busy journal brings."""
_PADDING = " · reading shop/auth.py: a failed login is counted in login(), nothing locks an account yet"


class Source(Protocol):
    """A served log that can be written to."""

    address: str

    async def new_log(self) -> str: ...

    async def write(self, log: str, messages: Sequence[str]) -> None: ...


class OmoiSource:
    """The product's own server and store."""

    def __init__(self, database: Database, address: str) -> None:
        self.address = address
        self.database = database

    async def new_log(self) -> str:
        spec_id = f"spec-{uuid4()}"
        await self.database.write(lambda tx: add_spec(tx, spec_id))
        return spec_id

    async def write(self, log: str, messages: Sequence[str]) -> None:
        async def work(tx: Transaction) -> None:
            for message in messages:
                tx.emit(EventDraft(log, "spec.note", message, phase="EXPLORE"))

        await self.database.write(work, group=True)


async def _viewer(tx: Transaction) -> None:
    """TOKEN belongs to a viewer of the project."""
    await put_token(tx, Caller("usr-viewer", "viewer"), token_hash(TOKEN), "viewer", [READ])
    await set_role(tx, "prj-1", "usr-viewer", Role.VIEWER, "local")


@asynccontextmanager
async def viewer_source(folder: Path) -> AsyncIterator[OmoiSource]:
    async with omoi_source(folder) as source:
        await source.database.write(_viewer)
        yield source


@asynccontextmanager
async def omoi_source(folder: Path) -> AsyncIterator[OmoiSource]:
    url = f"sqlite:///{folder / 'omoi.db'}"
    await asyncio.to_thread(migrate, url, backup_dir=None)
    database = await Database.open(url)
    await ensure_local_user(database, TOKEN)
    await database.write(add_project)
    office = Office(
        db=database,
        repositories=GitRepositories(folder),
        sandboxes=LocalSandboxes(folder, "host"),
        forge=LocalForge(folder),
        home=folder,
        worker_archive=folder / "worker.pyz",
        server_id="bench",
    )
    server = build_server(office, RpcConfig("127.0.0.1:0"))
    try:
        yield OmoiSource(database, await server.start())
    finally:
        await server.drain(0)
        await database.close()


class BareSource:
    """Frames in memory, serialized once, and a cursor for each watcher."""

    def __init__(self) -> None:
        self.address = ""
        self._logs: dict[str, list[bytes]] = {}
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    async def new_log(self) -> str:
        log = f"spec-{uuid4()}"
        self._logs[log], self._waiting[log] = [], []
        return log

    async def write(self, log: str, messages: Sequence[str]) -> None:
        frames = self._logs[log]
        for message in messages:
            event = event_pb2.SpecEvent(spec_id=log, sequence=len(frames) + 1, type="spec.note", message=message)
            content = event.SerializeToString()
            frames.append(b"\x0a" + varint(len(content)) + content)
        waiting, self._waiting[log] = self._waiting[log], []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        await asyncio.sleep(0)

    async def watch(self, content: bytes, _context: Any) -> AsyncIterator[bytes]:
        """Everything after the cursor in batches, an empty one as a greeting, then what comes."""
        request = spec_pb2.WatchSpecEventsRequest.FromString(content)
        frames, cursor, greeted = self._logs[request.spec_id], request.after_sequence, False
        while True:
            taken = batch(frames[cursor : cursor + WRITTEN_AT_ONCE])
            if not taken and greeted:
                waiter = asyncio.get_running_loop().create_future()
                self._waiting[request.spec_id].append(waiter)
                await waiter
                continue
            cursor, greeted = cursor + len(taken), True
            yield response(taken, cursor, cursor == len(frames))


@asynccontextmanager
async def bare_source(_folder: Path) -> AsyncIterator[BareSource]:
    limits = ("grpc.server.max_pending_requests", "grpc.server.max_pending_requests_hard_limit")
    server = grpc.aio.server(options=[(name, MAX_PENDING) for name in limits])
    source = BareSource()
    service, _, method = WATCH.strip("/").partition("/")
    handler = grpc.unary_stream_rpc_method_handler(source.watch)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {method: handler}),))
    source.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield source
    finally:
        await server.stop(0)


SOURCES: dict[str, Callable[[Path], AbstractAsyncContextManager[Source]]] = {
    "omoi": omoi_source,
    "viewer": viewer_source,
    "bare": bare_source,
}


def serve(kind: str, folder: str, orders: Connection, profile: bool) -> None:
    """Body of the server's process: answer orders until there are no more."""
    only_warnings()
    asyncio.run(_serve(kind, Path(folder), orders, profile))


async def _serve(kind: str, folder: Path, orders: Connection, profile: bool) -> None:
    async with SOURCES[kind](folder) as source:
        orders.send(source.address)
        while (order := await asyncio.to_thread(orders.recv)) is not None:
            name, *arguments = order
            if not (profile and name in ("burst", "paced")):
                orders.send(await _obey(source, name, arguments))
                continue
            print(f"{name}, {arguments[1]} events:")
            with profiled(30):
                answer = await _obey(source, name, arguments)
                # The last watchers are served after the last write.
                await asyncio.sleep(0.5)
            orders.send(answer)


async def _obey(source: Source, name: str, arguments: Sequence[Any]) -> Any:
    match name, arguments:
        case "new", _:
            return await source.new_log()
        case "burst", (log, count):
            return await _burst(source, log, count)
        case "paced", (log, count, per_second):
            return await _paced(source, log, count, per_second)
        case "cpu", _:
            return time.process_time()
    raise ValueError(f"unknown order {name}")


async def _burst(source: Source, log: str, count: int) -> tuple[float, float]:
    """Write `count` events as fast as the store takes them; (monotonic time of the start, seconds it took)."""
    began = time.monotonic()
    for first in range(0, count, WRITTEN_AT_ONCE):
        stamp = f"{time.monotonic_ns()}{_PADDING}"
        await source.write(log, [stamp] * min(WRITTEN_AT_ONCE, count - first))
    return began, time.monotonic() - began


async def _paced(source: Source, log: str, count: int, per_second: float) -> tuple[float, float]:
    """One event at a time at an even pace; its message begins with the moment before it was written."""
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
        await source.write(log, [f"{time.monotonic_ns()}{_PADDING}"])
    return began, time.monotonic() - began
