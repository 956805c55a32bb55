"""The server itself: who gets in, what leaves, what it refuses before anything else."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog.testing
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from sqlalchemy import update

from omoi.v1 import project_pb2, spec_pb2, ticket_pb2
from omoi_server import errors
from omoi_server.domain.caller import Caller
from omoi_server.rpc import auth
from omoi_server.rpc.server import RpcConfig, build_server
from omoi_server.rpc.status import status_of
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.tokens import put_token
from omoi_server.store.transaction import Transaction
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import TOKEN, Refusal, Rpc, make_office

SERVICES = [
    service for file in (spec_pb2, ticket_pb2, project_pb2) for service in file.DESCRIPTOR.services_by_name.values()
]
METHODS = [f"/{service.full_name}/{method.name}" for service in SERVICES for method in service.methods]


async def raw(rpc: Rpc, method: str, content: bytes, metadata: Any = None) -> Refusal:
    """Call a method with bytes; how it was refused. Streams are read like unary calls: the refusal is the same."""
    metadata = rpc.metadata if metadata is None else metadata
    call = rpc.channel.unary_stream(method)(content, metadata=metadata, timeout=10)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass
    return Refusal(caught.value)


async def test_every_method_needs_a_token(rpc: Rpc) -> None:
    reflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    assert len(METHODS) > 20
    for method in (*METHODS, reflection):
        for metadata, reason in (
            ((), "TOKEN_MISSING"),
            ((("authorization", "Basic eDp5"),), "TOKEN_MALFORMED"),
            ((("authorization", "Bearer "),), "TOKEN_MALFORMED"),
            ((("authorization", "Bearer wrong"),), "TOKEN_UNKNOWN"),
            ((("authorization", "Bearer " + "x" * 600),), "TOKEN_MALFORMED"),
        ):
            refusal = await raw(rpc, method, b"\xff", metadata)
            assert (refusal.code, refusal.reason, refusal.domain) == ("UNAUTHENTICATED", reason, "omoi"), method
            assert TOKEN not in refusal.message


async def test_expired_and_revoked_tokens_are_refused(rpc: Rpc) -> None:
    db = rpc.office.db
    jon = Caller("jon", "Jon")

    async def give(tx: Transaction) -> None:
        await put_token(tx, jon, auth.token_hash("jons"), "laptop", ["read"])

    async def set_token(**values: Any) -> None:
        async def work(tx: Transaction) -> None:
            mine = t.tokens.c.token_hash == auth.token_hash("jons")
            await tx.conn.execute(update(t.tokens).where(mine).values(**values))

        await db.write(work)

    await db.write(give)
    assert await auth.authenticate(db, "jons") == Caller("jon", "Jon", scopes=frozenset({"read"}))
    await set_token(expires_at=datetime.now() + timedelta(days=1))
    assert (await auth.authenticate(db, "jons")).user_id == "jon"
    await set_token(expires_at=datetime(2026, 1, 1))
    with pytest.raises(errors.Unauthenticated, match="expired"):
        await auth.authenticate(db, "jons")
    await set_token(expires_at=None, revoked_at=datetime(2026, 1, 1))
    refusal = await raw(rpc, METHODS[0], b"", (("authorization", "bearer jons"),))
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "TOKEN_REVOKED")
    await db.write(give)
    with pytest.raises(errors.Unauthenticated, match="revoked"):  # for ever, whoever makes it exist again
        await auth.authenticate(db, "jons")


async def test_the_local_user_is_an_admin_with_every_scope(rpc: Rpc) -> None:
    await auth.ensure_local_user(rpc.office.db, TOKEN)
    caller = await auth.authenticate(rpc.office.db, TOKEN)
    assert caller == Caller("local", "local", is_admin=True, scopes=frozenset({"*"}))


async def test_a_token_is_looked_up_once_for_a_burst(rpc: Rpc) -> None:
    doorkeeper = auth.Doorkeeper(rpc.office.db)
    callers = await asyncio.gather(*(doorkeeper.admit(rpc.metadata) for _ in range(500)))
    assert {caller.user_id for caller in callers} == {"local"}
    await rpc.office.db.close()
    assert (await doorkeeper.admit(rpc.metadata)).user_id == "local", "known for a moment without the store"


async def test_health_is_open_and_knows_every_service(rpc: Rpc) -> None:
    stub: Any = health_pb2_grpc.HealthStub(rpc.channel)
    for name in ("", *(service.full_name for service in SERVICES)):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_names_the_services(rpc: Rpc) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(rpc.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    call = stub.ServerReflectionInfo(iter([request]), metadata=rpc.metadata)
    names = [service.name async for answer in call for service in answer.list_services_response.service]
    assert {service.full_name for service in SERVICES} <= set(names)


async def test_an_unknown_method_is_unimplemented(rpc: Rpc) -> None:
    assert (await raw(rpc, "/omoi.v1.SpecService/Nothing", b"")).code == "UNIMPLEMENTED"


async def test_bytes_that_are_no_request_are_an_invalid_argument(rpc: Rpc) -> None:
    for method in METHODS:
        refusal = await raw(rpc, method, b"\xff\xff\xff")
        assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["request"])


async def test_a_message_that_is_too_large_is_refused_by_the_transport(rpc: Rpc) -> None:
    request = spec_pb2.LaunchSpecRequest(description="x" * 10_000_000)
    assert (await rpc.refusal(request)).code == "RESOURCE_EXHAUSTED"
    four = spec_pb2.LaunchSpecRequest(description="x" * 4_400_000)
    assert (await rpc.refusal(four)).fields == ["description"], "below the limit the field is named"


async def test_an_unexpected_error_leaves_only_its_id(rpc: Rpc) -> None:
    """A row that cannot be shown: the log has everything, the caller an id."""
    await rows.add_project(rpc.office.db)
    spec_id = await rows.add_spec(rpc.office.db, labels={"secret": "hunter2"}, behind=2**31 - 1, gates=7)
    with structlog.testing.capture_logs() as logs:
        refusal = await rpc.refusal(spec_pb2.GetSpecRequest(spec_id=spec_id))
    assert (refusal.code, refusal.reason) == ("INTERNAL", "INTERNAL")
    error_id = refusal.metadata["error_id"]
    assert error_id in refusal.message
    assert "Error" not in refusal.message
    assert "hunter2" not in refusal.message
    (entry,) = [entry for entry in logs if entry["event"] == "rpc_failed"]
    assert entry["error_id"] == error_id
    assert isinstance(entry["exc_info"], TypeError)
    assert entry["method"] == "/omoi.v1.SpecService/GetSpec"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidArgument("title", "is long"), "INVALID_ARGUMENT"),
        (errors.NotFound("X", "x"), "NOT_FOUND"),
        (errors.AlreadyExists("X", "x"), "ALREADY_EXISTS"),
        (errors.FailedPrecondition("X", "x"), "FAILED_PRECONDITION"),
        (errors.RepositoryError("X", "x"), "FAILED_PRECONDITION"),
        (errors.PermissionDenied("X", "x"), "PERMISSION_DENIED"),
        (errors.Unauthenticated("X", "x"), "UNAUTHENTICATED"),
        (errors.ResourceExhausted("X", "x"), "RESOURCE_EXHAUSTED"),
        (errors.Aborted("X", "x"), "ABORTED"),
        (errors.OutOfRange("X", "x"), "OUT_OF_RANGE"),
        (errors.Unavailable("X", "x"), "UNAVAILABLE"),
        (errors.PushRejected("moved", "x"), "FAILED_PRECONDITION"),
        (errors.SandboxFileError("X", "x"), "INTERNAL"),
        (ValueError("x"), "INTERNAL"),
    ],
)
def test_each_error_has_its_status(error: Exception, code: str) -> None:
    status = status_of(error, "/m")
    assert status.code.name == code
    assert sum(len(key) + len(value) for key, value in status.trailing_metadata) < 6_000


def test_long_words_are_cut_to_fit_the_trailers() -> None:
    status = status_of(errors.NotFound("X", "ö" * 50_000, {"spec_id": "x" * 9_000}), "/m")
    assert len(status.details) == 1_000
    assert sum(len(key) + len(value) for key, value in status.trailing_metadata) < 4_000


async def test_a_port_in_use_and_a_bad_address_are_named(database: Database, tmp_path: Path) -> None:
    office = make_office(database, tmp_path / "home")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(errors.FailedPrecondition, match=f"127.0.0.1:{port}: another program listens there"):
            await build_server(office, RpcConfig(f"127.0.0.1:{port}")).start()
    for listen in ("", "50051", "127.0.0.1:x", "127.0.0.1:70000", "no.such.host.invalid:1"):
        with pytest.raises(errors.FailedPrecondition, match="OMOI_LISTEN"):
            await build_server(office, RpcConfig(listen)).start()


async def test_two_servers_do_not_share_a_port(rpc: Rpc) -> None:
    with pytest.raises(errors.FailedPrecondition, match="another program"):
        await build_server(rpc.office, RpcConfig(rpc.address)).start()


async def test_a_drain_ends_streams_with_unavailable(database: Database, tmp_path: Path) -> None:
    await rows.add_project(database)
    spec_id = await rows.add_spec(database)
    await rows.say(database, spec_id, "one")
    await auth.ensure_local_user(database, TOKEN)
    office = make_office(database, tmp_path / "home")
    server = build_server(office, RpcConfig("127.0.0.1:0"))
    client = Rpc(office, server, await server.start())
    request = spec_pb2.WatchSpecEventsRequest(spec_id=spec_id, until_settled=True)
    stream = client.method("WatchSpecEvents")(request, metadata=client.metadata)
    assert (await stream.read()).last_sequence == 1
    await server.drain(5)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    refusal = Refusal(caught.value)
    assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "DRAINING")
    await client.channel.close()
