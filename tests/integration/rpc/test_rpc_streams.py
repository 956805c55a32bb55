"""Watching over real connections: many, slow ones, reconnecting ones."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import grpc
import pytest

from omoi.v1 import spec_pb2, spec_pb2_grpc
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import Refusal, Rpc
from tests.integration.rpc.rpc_watchers import history


@pytest.fixture
async def spec_id(rpc: Rpc) -> str:
    await rows.add_project(rpc.office.db)
    return await rows.add_spec(rpc.office.db)


def watch(channel: Any, rpc: Rpc, spec_id: str, after: int = 0, until_settled: bool = True) -> Any:
    make: Any = spec_pb2_grpc.SpecServiceStub
    request = spec_pb2.WatchSpecEventsRequest(spec_id=spec_id, after_sequence=after, until_settled=until_settled)
    return make(channel).WatchSpecEvents(request, metadata=rpc.metadata)


async def everything(call: Any) -> list[bytes]:
    return [event.SerializeToString() async for batch in call for event in batch.events]


async def remaining(call: Any) -> list[bytes]:
    """What is left of a stream that was read from before."""
    seen: list[bytes] = []
    end: Any = vars(grpc.aio)["EOF"]  # the stubs lack it
    while (batch := await call.read()) is not end:
        seen += [event.SerializeToString() for event in batch.events]
    return seen


async def test_many_streams_get_the_same_and_end_together(rpc: Rpc, spec_id: str) -> None:
    channels = [rpc.new_channel(number) for number in range(4)]
    calls = [watch(channels[number % 4], rpc, spec_id, number % 3) for number in range(200)]
    await rows.say(rpc.office.db, spec_id, "first", "second", "third")
    readers = [asyncio.create_task(everything(call)) for call in calls]
    for number in range(60):
        await rows.say(rpc.office.db, spec_id, f"event {number}")
    await rows.change(rpc.office.db, spec_id, status="CANCELLED")
    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(*readers, return_exceptions=True)
    expected = await history(rpc.office.db, spec_id)
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, grpc.aio.AioRpcError):
            # Opened with a cursor before the log was that long.
            assert Refusal(outcome).code == "OUT_OF_RANGE" and number % 3
        else:
            assert outcome == expected[number % 3 :]
    assert [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    for channel in channels:
        await channel.close()


async def test_breaking_off_and_reconnecting_loses_and_doubles_nothing(rpc: Rpc, spec_id: str) -> None:
    """The connection breaks thirty times at any moment; the cursor is what the client read until then."""
    dice = random.Random(11)
    seen: list[bytes] = []
    calls: list[Any] = []

    async def write() -> None:
        for number in range(60):
            await rows.say(rpc.office.db, spec_id, *(f"{number} {n}" for n in range(dice.randrange(1, 9))))
            if number % 2:
                opened = len(calls)
                calls[-1].cancel()
                await rows.until(lambda opened=opened: len(calls) > opened)
        await rows.change(rpc.office.db, spec_id, status="CANCELLED")

    async def read(cursor: int) -> int:
        """Read until the connection breaks or the stream ends; the new cursor."""
        calls.append(watch(rpc.channel, rpc, spec_id, cursor))
        try:
            async for batch in calls[-1]:
                seen.extend(event.SerializeToString() for event in batch.events)
                cursor = batch.last_sequence
        except asyncio.CancelledError:
            if not calls[-1].cancelled():
                raise
        return cursor

    writing = asyncio.create_task(write())
    async with asyncio.timeout(60):
        cursor = await read(0)
        while calls[-1].cancelled():
            cursor = await read(cursor)
    await writing
    assert seen == await history(rpc.office.db, spec_id)
    assert len(calls) == 31
    await rows.until(lambda: rpc.server.watchroom.watched == 0)


async def test_a_watcher_that_does_not_read_holds_nobody_up(rpc: Rpc, spec_id: str) -> None:
    lazy_channel, quick_channel = rpc.new_channel(1), rpc.new_channel(2)
    lazy = watch(lazy_channel, rpc, spec_id)
    quick = watch(quick_channel, rpc, spec_id)
    await rows.say(rpc.office.db, spec_id, "first")
    while (await lazy.read()).last_sequence == 0:
        pass  # the greeting of a log that was still empty
    received = 0
    for number in range(30):
        await rows.say(rpc.office.db, spec_id, *(f"{number} {n} " + "x" * 100_000 for n in range(10)))
        async with asyncio.timeout(30):
            while received < 1 + (number + 1) * 10:
                received = (await quick.read()).last_sequence
    await rows.change(rpc.office.db, spec_id, status="FAILED")
    async with asyncio.timeout(30):
        assert await remaining(quick) == []
        rest = await remaining(lazy)
    assert rest == (await history(rpc.office.db, spec_id))[1:]
    await lazy_channel.close()
    await quick_channel.close()


@pytest.mark.parametrize("channels", [1, pytest.param(8, marks=pytest.mark.full)])
async def test_five_thousand_opened_in_a_burst(rpc: Rpc, spec_id: str, channels: int) -> None:
    """A reconnect storm: each from some cursor, none refused, all get the rest and the end."""
    opened = [rpc.new_channel(number) for number in range(channels)]
    await rows.say(rpc.office.db, spec_id, *(f"before {number}" for number in range(100)))
    calls = [watch(opened[number % channels], rpc, spec_id, number % 101) for number in range(5_000)]
    last: list[int] = [0] * len(calls)

    async def read(number: int, call: Any) -> int:
        count = 0
        async for batch in call:
            count += len(batch.events)
            last[number] = batch.last_sequence
        return count

    readers = [asyncio.create_task(read(number, call)) for number, call in enumerate(calls)]
    await rows.until(lambda: all(sequence >= 100 for sequence in last) or any(task.done() for task in readers), 60)
    await rows.say(rpc.office.db, spec_id, "during")
    await rows.change(rpc.office.db, spec_id, status="CANCELLED")
    async with asyncio.timeout(60):
        counts = await asyncio.gather(*readers)
    assert counts == [101 - number % 101 for number in range(5_000)]
    for channel in opened:
        await channel.close()
