"""watch(): whatever the stream does, each event once and in order."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import grpc
import pytest

import omoi_client
from omoi.v1 import spec_pb2
from omoi_client import OmoiClient, OmoiError
from omoi_client.watching import batches
from tests.integration.client.client_peer import TOKEN, Cut, Peer, event

RETRYABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED)


def with_log(peer: Peer, length: int, settled: bool = True) -> str:
    spec_id = peer.add_spec(settled=settled)
    peer.events[spec_id] = [event(number) for number in range(1, length + 1)]
    return spec_id


async def collect(client: OmoiClient, spec_id: str, after: int = 0) -> list[int]:
    return [one.sequence async for one in client.watch(spec_id, after, until_settled=True)]


async def test_it_ends_when_everything_was_delivered(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 5)
    assert await collect(client, spec_id) == [1, 2, 3, 4, 5]
    assert await collect(client, spec_id, 3) == [4, 5]
    assert await collect(client, spec_id, 5) == []


@pytest.mark.parametrize("code", RETRYABLE)
async def test_a_broken_stream_is_resumed_behind_the_last_event(
    peer: Peer, client: OmoiClient, code: grpc.StatusCode
) -> None:
    spec_id = with_log(peer, 6)
    peer.cuts = [Cut([[1, 2]], code), Cut([[3]], code), Cut([], code)]

    assert await collect(client, spec_id) == [1, 2, 3, 4, 5, 6]
    assert [one.after_sequence for one in peer.asked_for(spec_pb2.WatchSpecEventsRequest)] == [0, 2, 3, 3]


async def test_events_that_come_again_are_not_shown_again(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 5)
    peer.cuts = [Cut([[1, 2], [1, 2, 3], [2, 3, 4]], grpc.StatusCode.UNAVAILABLE)]

    assert await collect(client, spec_id) == [1, 2, 3, 4, 5]


async def test_a_gap_is_asked_for_again_and_never_skipped(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 6)
    peer.cuts = [Cut([[1, 2, 5]], None), Cut([[4, 5, 6]], None)]

    assert await collect(client, spec_id) == [1, 2, 3, 4, 5, 6]


async def test_a_gap_that_stays_is_an_error(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 6)
    peer.cuts = [Cut([[1, 3]], None), *[Cut([[3]], None)] * 9]

    with pytest.raises(omoi_client.LogGap, match="Events 2 to 2 are missing"):
        await collect(client, spec_id)


async def test_faults_of_the_server_are_believed_after_some_tries(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 6)
    peer.cuts = [Cut([[1]], grpc.StatusCode.INTERNAL)] * 3
    assert await collect(client, spec_id) == [1, 2, 3, 4, 5, 6]

    peer.cuts = [Cut([], grpc.StatusCode.INTERNAL)] * 9
    with pytest.raises(omoi_client.ServerFault):
        await collect(client, spec_id)
    assert len(peer.cuts) == 4


async def test_what_waiting_cannot_mend_is_raised_at_once(peer: Peer, client: OmoiClient) -> None:
    with pytest.raises(omoi_client.NotFound):
        await collect(client, "spec-unknown")
    with pytest.raises(omoi_client.OutOfRange):
        await collect(client, with_log(peer, 2), after=9)
    assert len(peer.asked) == 2


async def test_silence_is_a_broken_stream(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 3)
    peer.cuts = [Cut([[1]], silent=True)]
    told: list[OmoiError] = []

    found = batches(client.calls, spec_id, 0, True, idle=0.3, on_interruption=lambda error, pause: told.append(error))
    assert [one.sequence async for batch in found for one in batch.events] == [1, 2, 3]
    assert [one.reason for one in told] == ["SILENT"]


async def test_without_until_settled_an_ended_stream_is_opened_again(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 3, settled=True)
    peer.cuts = [Cut([[1, 2]], None)]
    seen = []
    async with aclosing(client.watch(spec_id)) as events:
        async for one in events:
            seen.append(one.sequence)
            if one.sequence == 3:
                break
    assert seen == [1, 2, 3]


async def test_a_restart_of_the_server_shows_as_nothing_but_a_pause(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 3, settled=False)
    seen = []
    async for one in client.watch(spec_id, until_settled=True):
        seen.append(one.sequence)
        if one.sequence == 3:
            await peer.stop()
            peer.events[spec_id] += [event(4), event(5)]
            peer.specs[spec_id].settled = True
            await peer.start()
    assert seen == [1, 2, 3, 4, 5]


async def test_patience_ends(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 1, settled=False)
    with pytest.raises(omoi_client.Unavailable):
        async for _ in client.watch(spec_id, patience=0.3):
            await peer.stop()


async def test_a_watch_with_a_connection_of_its_own(peer: Peer) -> None:
    spec_id = with_log(peer, 3)
    found = omoi_client.watch(spec_id, until_settled=True, address=peer.address, token=TOKEN)
    assert [one.sequence async for one in found] == [1, 2, 3]


async def test_many_watchers_lose_nothing_over_a_cut(peer: Peer, client: OmoiClient) -> None:
    spec_id = with_log(peer, 40)
    peer.cuts = [Cut([list(range(1, 2 + number % 9))], RETRYABLE[number % 3]) for number in range(60)]
    found = await asyncio.gather(*(collect(client, spec_id) for _ in range(20)))
    assert found == [list(range(1, 41))] * 20
