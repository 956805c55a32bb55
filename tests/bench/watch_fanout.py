"""Measure WatchSpecEvents: fan-out of one spec's events, and a reconnect storm, against a bare grpc.aio server.

    python tests/bench/watch_fanout.py [--rounds 3] [--storms 2] [--watchers 5000] [--profile]

Each server is a process of its own; this process is all the watchers, which parse every message and check that nothing is
missing, doubled or out of order. Paced: the time from before an event is written until a watcher has parsed it. Full
speed: events of one spec written 64 a transaction as fast as the store takes them. Storm: all watchers call at once, as
after a restart of the server, and each waits for its first batch.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import grpc

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from omoi.v1 import spec_pb2
from tests.bench.fanout_servers import TOKEN, WATCH, serve
from tests.bench.measuring import Series, announce, percentile, rounds, show

BURSTS = {1: 4096, 10: 4096, 100: 1024, 1000: 128}
"""Events for so many watchers at full speed."""
PACES = {1: 50.0, 10: 50.0, 100: 20.0, 1000: 4.0}
"""Events a second for so many watchers."""
PACED_SECONDS = 1.0
WATCHERS_PER_CHANNEL = 100
KINDS = ("bare", "omoi", "viewer")
PATIENCE = 60.0
"""Seconds after which a watcher that still waits is a fault, not a measurement."""


class Server:
    """A server process and the pipe that it takes orders from."""

    def __init__(self, orders: Connection) -> None:
        self._orders = orders
        self.address = str(orders.recv())

    async def __call__(self, *order: object) -> Any:
        self._orders.send(order)
        return await asyncio.to_thread(self._orders.recv)


@contextmanager
def running(kind: str, profile: bool) -> Iterator[Server]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory(prefix="omoi-bench-") as folder:
        process = context.Process(target=serve, args=(kind, folder, theirs, profile), daemon=True)
        process.start()
        theirs.close()
        try:
            yield Server(ours)
        finally:
            if process.is_alive():
                ours.send(None)
            process.join(20)


class Watcher:
    """One stream: what came, checked against the numbers it must have."""

    def __init__(self, channel: grpc.aio.Channel, log: str, after: int) -> None:
        self.last = after
        self.delays: list[float] = []
        self.greeted = asyncio.get_running_loop().create_future()
        self.refusal: grpc.aio.AioRpcError | None = None
        request = spec_pb2.WatchSpecEventsRequest(spec_id=log, after_sequence=after)
        method = channel.unary_stream(
            WATCH,
            request_serializer=spec_pb2.WatchSpecEventsRequest.SerializeToString,
            response_deserializer=spec_pb2.WatchSpecEventsResponse.FromString,
        )
        self._call = method(request, metadata=(("authorization", f"Bearer {TOKEN}"),))

    async def read(self, until: int) -> float:
        """Read up to the event of this number (-1: the greeting); the monotonic time when it was there."""
        while not (self.greeted.done() and (until < 0 or self.last >= until)):
            try:
                message = await self._call.read()
            except grpc.aio.AioRpcError as error:
                self.refusal = error
                return time.monotonic()
            now = time.monotonic_ns()
            if not isinstance(message, spec_pb2.WatchSpecEventsResponse):
                raise SystemExit(f"a stream ended after {self.last}")
            for event in message.events:
                if event.sequence != self.last + 1:
                    raise SystemExit(f"event {event.sequence} came after {self.last}")
                self.last = event.sequence
                self.delays.append((now - int(event.message.partition(" ")[0])) / 1e6)
            if not self.greeted.done():
                self.greeted.set_result(None)
        return time.monotonic()

    def stop(self) -> None:
        self._call.cancel()


def channels(address: str, watchers: int) -> list[grpc.aio.Channel]:
    """Connections of their own, one for each WATCHERS_PER_CHANNEL."""
    options = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1))
    count = -(-watchers // WATCHERS_PER_CHANNEL)
    return [grpc.aio.insecure_channel(address, options) for _ in range(count)]


async def opened(lines: Sequence[grpc.aio.Channel], log: str, count: int, after: int = 0) -> list[Watcher]:
    watchers = [Watcher(lines[number % len(lines)], log, after) for number in range(count)]
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(watcher.read(-1) for watcher in watchers))
    return watchers


async def ended(watchers: Sequence[Watcher], lines: Sequence[grpc.aio.Channel]) -> None:
    for watcher in watchers:
        watcher.stop()
    await asyncio.gather(*(line.close(None) for line in lines))


async def delivery(server: Server, count: int, events: int, per_second: float = 0.0) -> tuple[float, dict[str, float]]:
    """(delivered events a second, what else was seen) for `count` watchers on a fresh log."""
    log = await server("new")
    lines = channels(server.address, count)
    watchers = await opened(lines, log, count)
    before = await server("cpu")
    order = ("paced", log, events, per_second) if per_second else ("burst", log, events)
    async with asyncio.timeout(PATIENCE):
        (began, writing), *ends = await asyncio.gather(server(*order), *(one.read(events) for one in watchers))
    busy = await server("cpu") - before
    delivered = count * events
    delays = [delay for watcher in watchers for delay in watcher.delays]
    seen = {
        "p50": percentile(delays, 0.5),
        "p99": percentile(delays, 0.99),
        "cpu": 1e6 * busy / delivered,
        "written": events / writing,
    }
    await ended(watchers, lines)
    return delivered / (max(ends) - began), seen


async def storm(server: Server, count: int) -> tuple[float, dict[str, float]]:
    """(seconds until the last of `count` watchers was greeted, what else was seen)."""
    log = await server("new")
    await server("burst", log, 10)
    lines = channels(server.address, count)
    before, began = await server("cpu"), time.monotonic()
    watchers = await opened(lines, log, count, after=10)
    took = time.monotonic() - began
    busy = await server("cpu") - before
    refused = sum(watcher.refusal is not None for watcher in watchers)
    await ended(watchers, lines)
    return took, {"refused": refused, "cpu": 1e6 * busy / count}


Found = dict[str, Series]


async def measure(servers: dict[str, Server], count: int, storms: int, watchers: int) -> dict[str, Found]:
    found: dict[str, Found] = {"burst": {}, "paced": {}, "storm": {}}
    for kind in KINDS:
        await delivery(servers[kind], 10, 256)
    for _, case in rounds(count, [f"{kind} {number}" for number in BURSTS for kind in KINDS]):
        kind, _, number = case.partition(" ")
        many = int(number)
        rate, seen = await delivery(servers[kind], many, BURSTS[many])
        found["burst"].setdefault(case, Series()).add(rate, **seen)
        events = int(PACES[many] * PACED_SECONDS)
        _, seen = await delivery(servers[kind], many, events, PACES[many])
        found["paced"].setdefault(case, Series()).add(seen["p50"], **seen)
    for _, kind in rounds(storms, KINDS):
        took, seen = await storm(servers[kind], watchers)
        found["storm"].setdefault(kind, Series()).add(took, **seen)
    return found


async def profile(server: Server) -> None:
    """Let the product's server print where its time goes, with one watcher and with a hundred."""
    for many in (1, 100):
        await delivery(server, many, BURSTS[many])
        await delivery(server, many, 100, 50.0)


def tables(found: dict[str, Found], watchers: int) -> None:
    for name, title in (("burst", "Full speed"), ("paced", "Paced")):
        series = found[name]
        rows = []
        for many in BURSTS:
            for kind in KINDS:
                mine, bare = series[f"{kind} {many}"], series[f"bare {many}"]
                ratio = f"{mine.ratio_to(bare):.2f}" if kind != "bare" else "(ceiling)"
                last = mine.other("written" if name == "burst" else "p99")
                rows.append([f"N={many} {kind}", mine.median, ratio, mine.other("cpu"), last])
        first = ("delivered/s", "of ceiling") if name == "burst" else ("p50 ms", "x ceiling")
        last_header = "written/s" if name == "burst" else "p99 ms"
        print(f"{title}: {dict(BURSTS if name == 'burst' else PACES)} {'events' if name == 'burst' else 'events/s'}")
        show(("watchers", *first, "server CPU µs/event", last_header), rows)
    print(f"Reconnect storm: {watchers:,} watchers in one burst on {-(-watchers // WATCHERS_PER_CHANNEL)} connections")
    rows = []
    for kind in KINDS:
        mine, bare = found["storm"][kind], found["storm"]["bare"]
        ratio = f"{mine.ratio_to(bare):.2f}" if kind != "bare" else "(ceiling)"
        refused = int(sum(mine.others["refused"]))
        rows.append([kind, mine.median, ratio, mine.other("cpu"), refused])
    show(("server", "seconds", "x ceiling", "server CPU µs/watcher", "refused"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the fan-out of WatchSpecEvents.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--storms", type=int, default=2)
    parser.add_argument("--watchers", type=int, default=5000, help="of a storm")
    parser.add_argument("--profile", action="store_true", help="only print where the server's time goes")
    options = parser.parse_args()
    if options.profile:
        with running("omoi", True) as omoi:
            asyncio.run(profile(omoi))
        return
    done = announce(
        "Watching one spec, on SQLite; watchers and server share the machine",
        {"ceiling": "grpc.aio that sends the same batches from memory: no store, no token"},
    )
    with running("bare", False) as bare, running("omoi", False) as omoi, running("viewer", False) as viewer:
        servers = {"bare": bare, "omoi": omoi, "viewer": viewer}
        tables(asyncio.run(measure(servers, options.rounds, options.storms, options.watchers)), options.watchers)
    done()


if __name__ == "__main__":
    main()
