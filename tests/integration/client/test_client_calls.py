"""Calls: token, typed errors, repetition with one request_id."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import grpc
import pytest

import omoi_client
from omoi.v1 import common_pb2, spec_pb2
from omoi_client import OmoiClient
from tests.integration.client.client_peer import SHOP, TOKEN, Peer, event


async def test_a_lost_answer_is_asked_for_with_the_same_request_id(peer: Peer, client: OmoiClient) -> None:
    peer.lose_answers = 2

    launched = await client.launch_spec(SHOP.project_id, description="Lock accounts")

    asked = peer.asked_for(spec_pb2.LaunchSpecRequest)
    assert len(asked) == 3
    assert len({one.request_id for one in asked}) == 1
    assert asked[0].request_id
    assert launched.spec_id in peer.specs


async def test_two_launches_are_two_intents(peer: Peer, client: OmoiClient) -> None:
    await client.launch_spec(SHOP.project_id, description="A")
    await client.launch_spec(SHOP.project_id, description="B", request_id="mine")

    first, second = peer.asked_for(spec_pb2.LaunchSpecRequest)
    assert first.request_id != second.request_id == "mine"
    assert not first.HasField("gates")


async def test_gates_that_are_set_to_nothing_differ_from_gates_that_are_not_said(
    peer: Peer, client: OmoiClient
) -> None:
    await client.launch_spec(SHOP.project_id, description="A", gates=(), auto_execute=False)
    await client.launch_spec(SHOP.project_id, description="A", gates=("design",))

    none, one = peer.asked_for(spec_pb2.LaunchSpecRequest)
    assert none.HasField("gates") and not none.gates.approval_phases
    assert none.HasField("auto_execute") and not none.auto_execute
    assert list(one.gates.approval_phases) == [common_pb2.SPEC_PHASE_DESIGN]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, omoi_client.InvalidArgument),
        (grpc.StatusCode.NOT_FOUND, omoi_client.NotFound),
        (grpc.StatusCode.ALREADY_EXISTS, omoi_client.AlreadyExists),
        (grpc.StatusCode.FAILED_PRECONDITION, omoi_client.FailedPrecondition),
        (grpc.StatusCode.PERMISSION_DENIED, omoi_client.PermissionDenied),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, omoi_client.ResourceExhausted),
        (grpc.StatusCode.ABORTED, omoi_client.Aborted),
        (grpc.StatusCode.OUT_OF_RANGE, omoi_client.OutOfRange),
        (grpc.StatusCode.INTERNAL, omoi_client.ServerFault),
    ],
)
async def test_a_refusal_becomes_the_error_of_its_kind_and_is_not_repeated(
    peer: Peer, client: OmoiClient, code: grpc.StatusCode, kind: type[omoi_client.OmoiError]
) -> None:
    peer.refuse["GetSpecRequest"] = [(code, "THE_REASON", "It is wrong. Do the other thing.")]

    with pytest.raises(kind) as caught:
        await client.get_spec(peer.add_spec())

    error = caught.value
    assert type(error) is kind
    assert (error.code, error.reason, error.metadata) == (code.name, "THE_REASON", {"thing": "x"})
    assert (error.headline, error.remedy) == ("It is wrong.", "Do the other thing.")
    assert len(peer.asked_for(spec_pb2.GetSpecRequest)) == 1


async def test_field_violations_are_kept(peer: Peer, client: OmoiClient) -> None:
    peer.refuse["GetSpecRequest"] = [(grpc.StatusCode.INVALID_ARGUMENT, "BAD", "title: is too long")]

    with pytest.raises(omoi_client.InvalidArgument) as caught:
        await client.get_spec("spec-x")

    assert [one.field for one in caught.value.violations] == ["title", "page_size"]


async def test_a_wrong_token_is_unauthenticated(peer: Peer) -> None:
    async with OmoiClient(peer.address, "other") as client:
        with pytest.raises(omoi_client.Unauthenticated):
            await client.get_spec("spec-x")


async def test_nobody_there_is_said_with_the_address_after_some_patience(peer: Peer, client: OmoiClient) -> None:
    await peer.stop()
    begun = time.monotonic()

    with pytest.raises(omoi_client.Unavailable, match=peer.address) as caught:
        await client.get_spec("spec-x")

    assert time.monotonic() - begun < 5
    assert "omoi-server" in caught.value.remedy


async def test_a_server_that_comes_back_in_time_is_not_noticed(peer: Peer) -> None:
    spec_id = peer.add_spec()
    await peer.stop()
    async with OmoiClient(peer.address, TOKEN, patience=10) as client:
        asking = asyncio.create_task(client.get_spec(spec_id))
        while not asking.done() and not peer.asked:
            await asyncio.sleep(0.2)
            if peer._server is None:
                await peer.start()
        assert (await asking).spec_id == spec_id


async def test_an_unknown_call_is_explained(peer: Peer, client: OmoiClient) -> None:
    with pytest.raises(omoi_client.ServerFault, match="older than this client"):
        await client.list_spec_events(peer.add_spec())


async def test_too_large_a_request_never_leaves(peer: Peer, client: OmoiClient) -> None:
    with pytest.raises(omoi_client.InvalidArgument, match=r"description has 10,000,000 characters; at most 100,000"):
        await client.launch_spec(SHOP.project_id, description="x" * 10_000_000)

    assert not peer.asked


async def test_lists_turn_pages_and_stop_at_the_limit(peer: Peer, client: OmoiClient) -> None:
    made = [peer.add_spec(f"{number:04x}") for number in range(5)]

    assert [one.spec_id async for one in client.list_specs()] == made
    assert [one.spec_id async for one in client.list_specs(limit=3)] == made[:3]


async def test_a_cancelled_task_stays_cancelled(peer: Peer, client: OmoiClient) -> None:
    spec_id = peer.add_spec(settled=False, status="EXECUTING")
    peer.events[spec_id] = [event(1)]
    seen = asyncio.Event()

    async def watch() -> None:
        async with aclosing(client.watch(spec_id)) as events:
            async for _ in events:
                seen.set()

    watching = asyncio.create_task(watch())
    await seen.wait()
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
