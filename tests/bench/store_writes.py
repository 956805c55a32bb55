"""Measure durable writes: one event through Database.write against a bare single-row commit of the driver below it.

    python tests/bench/store_writes.py [--rounds 5] [--seconds 0.5] [--profile]

The ceiling inserts one row of the same columns and commits, nothing else: no number, no lock, no spec, no bell. On SQLite
that is one connection of the standard library in a loop (more callers would only wait for each other), on PostgreSQL
asyncpg in autocommit on as many connections as there are callers. `--profile` prints where the processor time of grouped
writes goes.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from omoi_server.domain.events import EventDraft
from omoi_server.store.database import Database
from omoi_server.store.migrate import migrate
from omoi_server.store.transaction import Transaction
from tests import postgres
from tests.bench.measuring import Series, announce, only_warnings, profiled, rounds, show
from tests.rows import prepare

CALLERS = (1, 16, 64)
MESSAGE = "reading shop/auth.py, 214 lines; a failed login is counted in login(), nothing locks an account yet"
SPECS = [f"spec-{number:03d}" for number in range(max(CALLERS))]
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""The tests' PostgreSQL flushes nothing. Here the flush is what is measured."""

COLUMNS = "spec_id, sequence, occurred_at, type, source, phase, message, payload"
BARE_TABLE = (
    "CREATE TABLE bare (spec_id text, sequence bigint, occurred_at text, type text, source text, phase text, "
    "message text, payload text, PRIMARY KEY (spec_id, sequence))"
)

Case = Callable[[float], Awaitable[tuple[int, float]]]
"""Runs for about so many seconds; (commits, seconds of processor time of this process)."""


def bare_row(spec_id: str, number: int) -> tuple[str, int, str, str, str, str, str, str]:
    return spec_id, number, "2026-01-01 00:00:00.000", "spec.note", "server", "EXPLORE", MESSAGE, "{}"


async def in_a_loop(callers: int, seconds: float, once: Callable[[int], Awaitable[None]]) -> tuple[int, float]:
    """`callers` that each wait for their answer before they call again."""
    end, busy, done = time.perf_counter() + seconds, time.process_time(), 0

    async def caller(number: int) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await once(number)
            done += 1

    await asyncio.gather(*(caller(number) for number in range(callers)))
    return done, time.process_time() - busy


def through_the_store(database: Database, callers: int, *, group: bool, hot: bool = False) -> Case:
    """Callers that write one event at a time, each to its own spec, or all to one (`hot`)."""

    async def once(number: int) -> None:
        spec_id = SPECS[0 if hot else number]

        async def work(tx: Transaction) -> None:
            tx.emit(EventDraft(spec_id, "spec.note", MESSAGE, phase="EXPLORE"))

        await database.write(work, group=group)

    async def case(seconds: float) -> tuple[int, float]:
        return await in_a_loop(callers, seconds, once)

    return case


def bare_sqlite(path: Path) -> Case:
    """One connection, WAL and synchronous=FULL like the store's, BEGIN IMMEDIATE, one row, COMMIT."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(BARE_TABLE)
    insert = f"INSERT INTO bare ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    written = 0

    def run(seconds: float) -> tuple[int, float]:
        nonlocal written
        before, end, busy = written, time.perf_counter() + seconds, time.process_time()
        while time.perf_counter() < end:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(insert, bare_row(SPECS[0], written))
            connection.execute("COMMIT")
            written += 1
        return written - before, time.process_time() - busy

    async def case(seconds: float) -> tuple[int, float]:
        return await asyncio.to_thread(run, seconds)

    return case


async def bare_postgres(connections: list[asyncpg.Connection], callers: int) -> Case:
    """asyncpg in autocommit, a prepared single-row INSERT, one connection a caller."""
    insert = f"INSERT INTO bare ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    prepared = [await connection.prepare(insert) for connection in connections[:callers]]
    numbers = [int(time.time_ns())] * callers

    async def once(number: int) -> None:
        numbers[number] += 1
        await prepared[number].fetch(*bare_row(SPECS[number], numbers[number]))

    async def case(seconds: float) -> tuple[int, float]:
        return await in_a_loop(callers, seconds, once)

    return case


async def measure(cases: dict[str, Case], count: int, seconds: float) -> dict[str, Series]:
    """Every case in interleaved rounds, after one short warm-up each: commits a second, and CPU µs a commit."""
    result = {name: Series() for name in cases}
    for case in cases.values():
        await case(0.1)
    for _, name in rounds(count, list(cases)):
        began = time.perf_counter()
        commits, busy = await cases[name](seconds)
        result[name].add(commits / (time.perf_counter() - began), cpu=1e6 * busy / commits)
    return result


def table(found: dict[str, Series], ceilings: dict[str, str]) -> None:
    rows = []
    for name, series in found.items():
        low, high = series.spread
        ceiling = found[ceilings[name]] if name in ceilings else None
        ratio = f"{series.ratio_to(ceiling):.2f}" if ceiling else "(ceiling)"
        rows.append([name, series.median, f"{low:,.0f}-{high:,.0f}", ratio, series.other("cpu")])
    show(("what", "commits/s", "min-max", "of ceiling", "CPU µs"), rows)


async def on_sqlite(folder: Path, count: int, seconds: float, profile: bool) -> None:
    path = folder / "omoi.db"
    migrate(f"sqlite:///{path}", backup_dir=None)
    database = await Database.open(f"sqlite:///{path}")
    try:
        await prepare(database, *SPECS)
        cases: dict[str, Case] = {"bare sqlite3, one connection": bare_sqlite(folder / "bare.db")}
        for callers in CALLERS:
            cases[f"Database.write c={callers}"] = through_the_store(database, callers, group=True)
        ceiling = next(iter(cases))
        print("SQLite (every write is grouped with what is pending; `group` makes no difference)")
        table(await measure(cases, count, seconds), {name: ceiling for name in cases if name != ceiling})
        if profile:
            with profiled():
                await cases[f"Database.write c={CALLERS[-1]}"](2.0)
    finally:
        await database.close()


@contextmanager
def durable_postgres() -> Iterator[str]:
    """An address of a fresh database on a PostgreSQL that flushes, unless OMOI_TEST_POSTGRES_URL names another."""
    postgres.FAST.update(DURABLE)
    with postgres.running_server() as url:
        name = f"omoi_bench_{time.time_ns()}"
        postgres.execute(url, f'CREATE DATABASE "{name}"')
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            postgres.execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


async def on_postgres(address: str, count: int, seconds: float, profile: bool) -> None:
    await asyncio.to_thread(migrate, address, backup_dir=None)
    plain = address.replace("postgresql+asyncpg://", "postgresql://")
    connections = [await asyncpg.connect(plain) for _ in range(max(CALLERS))]
    database = await Database.open(address)
    try:
        await connections[0].execute(BARE_TABLE)
        await prepare(database, *SPECS)
        cases, ceilings = dict[str, Case](), dict[str, str]()
        for callers in CALLERS:
            bare = f"bare asyncpg c={callers}"
            cases[bare] = await bare_postgres(connections, callers)
            for words, group, hot in (
                ("own specs", False, False),
                ("own specs", True, False),
                ("one spec", True, True),
            ):
                if hot and callers == 1:
                    continue
                name = f"write({'group=True' if group else 'group=False'}) c={callers}, {words}"
                cases[name] = through_the_store(database, callers, group=group, hot=hot)
                ceilings[name] = bare
        print("PostgreSQL (fsync and synchronous_commit on)")
        table(await measure(cases, count, seconds), ceilings)
        if profile:
            for group in (True, False):
                with profiled():
                    await through_the_store(database, CALLERS[-1], group=group)(2.0)
    finally:
        await database.close()
        for connection in connections:
            await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure durable writes against bare single-row commits.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each case in each round")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    only_warnings()
    done = announce(
        "Durable writes of one event, callers that wait for each answer",
        {"ceiling": "one row, one commit, bare driver", "CPU µs": "processor time of this process for each commit"},
    )
    with tempfile.TemporaryDirectory(prefix="omoi-bench-") as folder:
        asyncio.run(on_sqlite(Path(folder), options.rounds, options.seconds, options.profile))
    with durable_postgres() as address:
        asyncio.run(on_postgres(address, options.rounds, options.seconds, options.profile))
    done()


if __name__ == "__main__":
    main()
