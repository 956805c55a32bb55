"""Measure the main job: one idea from LaunchSpec until its spec is settled, and where the time goes.

    python tests/bench/idea_to_branch.py [--rounds 3] [--repository PATH]

A real server (`python -m omoi_server`, SQLite, local sandboxes, engine outline) works on a small repository, or on a clone
of the one named. The breakdown is that of the events' times. The ceiling is what no worker in a process of its own can
avoid: as many starts of Python and clones of the repository as there were sandboxes, one after the other by hand. Beside
it stands the same with `worker.pyz version`, which adds the worker's imports.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psutil

from omoi.v1 import common_pb2, event_pb2
from omoi_client import OmoiClient
from tests.bench.measuring import Series, announce, show
from tests.offices import IDEA, sample_repository

IDEAS = (
    IDEA,
    "Let a customer export the cart as CSV. Refuse a cart with more than 500 items and say why.",
    "Send a monthly report to every account owner by email. Skip accounts without an owner.",
    "Show the price of every item with tax. Round half up. Warn when a price is missing.",
    "Remember the last five carts of an account. Delete them after 30 days.",
)
SETTLED_SECONDS = 120.0

Events = Sequence[event_pb2.SpecEvent]


@contextmanager
def running_server(home: Path) -> Iterator[tuple[str, str, psutil.Process]]:
    """(address, token, process) of a server with its own home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMOI_", "GIT_", "DATABASE_"))}
    environment = {**kept, "OMOI_HOME": str(home), "OMOI_LISTEN": "127.0.0.1:0", "OMOI_LOG_LEVEL": "warning"}
    with (home.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "omoi_server"], env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise SystemExit((home.parent / "server.log").read_text(errors="replace"))
        address, token = ((home / name).read_text().strip() for name in ("address", "token"))
        yield address, token, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def at(event: event_pb2.SpecEvent) -> float:
    return event.occurred_at.ToNanoseconds() / 1e9


def first(events: Events, kind: str, phase: int | None = None) -> float:
    return min(at(one) for one in events if one.type == kind and phase in (None, one.phase))


def breakdown(events: Events, launched: float, ended: float) -> dict[str, float]:
    """Seconds by step, in the order of the flow; together they are the whole time. `launched`, `ended`: wall clock."""
    phases = list(dict.fromkeys(one.phase for one in events if one.type == "spec.phase_completed"))
    starts = [at(one) for one in events if one.type == "task.started"]
    made = [at(one) for one in events if one.type == "sandbox.created" and at(one) > min(starts)]
    ends = [at(one) for one in events if one.type == "task.succeeded"]
    marks = [("LaunchSpec → planning sandbox made", first(events, "sandbox.created"))]
    marks.append(("worker starts and clones", first(events, "spec.phase_started")))
    for phase in phases:
        words = (
            "SYNC, documents on the branch" if phase == common_pb2.SPEC_PHASE_SYNC else common_pb2.SpecPhase.Name(phase)
        )
        name = words.removeprefix("SPEC_PHASE_")
        marks.append((name, first(events, "spec.phase_completed", phase)))
    marks.append(("first task claimed", min(starts)))
    marks.append(("its sandbox made", min(made)))
    marks.append(("work, checks, rebases, pushes of all tasks", max(ends)))
    marks.append(("settled, stream ended", ended))
    result, before = dict[str, float](), launched
    for name, moment in marks:
        result[name] = moment - before
        before = moment
    return result


async def one_idea(client: OmoiClient, project_id: str, idea: str) -> tuple[float, dict[str, float], list[str]]:
    """(seconds until settled, breakdown, types of all events)."""
    launched = time.time()
    spec_id = (await client.launch_spec(project_id, description=idea)).spec_id
    async with asyncio.timeout(SETTLED_SECONDS):
        events = [event async for event in client.watch(spec_id, until_settled=True)]
    ended = time.time()
    types = [event.type for event in events]
    if "spec.execution_completed" not in types:
        told = "\n".join(f"{event.sequence} {event.type}: {event.message}" for event in events[-8:])
        raise SystemExit(f"the idea did not become a branch:\n{told}")
    return ended - launched, breakdown(events, launched, ended), types


def by_hand(repository: Path, count: int, command: Sequence[str]) -> tuple[float, float]:
    """(seconds, processor seconds) of `count` times: clone the repository, start the command, wait."""
    used = _children()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="omoi-bench-") as folder:
        for number in range(count):
            target = f"{folder}/{number}"
            subprocess.run(["git", "clone", "-q", "--no-local", str(repository), target], check=True)
            subprocess.run(command, check=True, capture_output=True, cwd=target)
        return time.perf_counter() - began, _children() - used


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _used(server: psutil.Process) -> tuple[float, float]:
    """Processor seconds of the server itself, and of its ended children: workers and git."""
    times = server.cpu_times()
    return times.user + times.system, times.children_user + times.children_system


async def measure(folder: Path, repository: Path, count: int) -> None:
    home = folder / "home"
    home.mkdir()
    whole, bare, worker = Series(), Series(), Series()
    steps: dict[str, Series] = {}
    with running_server(home) as (address, token, server):
        async with OmoiClient(address, token) as client:
            project_id = (await client.create_project(str(repository), name="bench")).project.project_id
            await one_idea(client, project_id, IDEAS[-1])
            for number in range(count):
                before = _used(server)
                seconds, parts, types = await one_idea(client, project_id, f"{IDEAS[number % 4]} Round {number}.")
                own, children = (now - then for now, then in zip(_used(server), before, strict=True))
                made, tasks = types.count("sandbox.created"), types.count("task.succeeded")
                whole.add(seconds, server=own, children=children, sandboxes=made, tasks=tasks, events=len(types))
                for name, part in parts.items():
                    steps.setdefault(name, Series()).add(part)
                took, used = by_hand(repository, made, (sys.executable, "-I", "-c", "pass"))
                bare.add(took, cpu=used)
                archive = str(home / "worker" / "worker.pyz")
                took, used = by_hand(repository, made, (sys.executable, "-I", archive, "version"))
                worker.add(took, cpu=used)
    report(whole, bare, worker, steps)


def report(whole: Series, bare: Series, worker: Series, steps: dict[str, Series]) -> None:
    made, tasks, events = (int(whole.other(name)) for name in ("sandboxes", "tasks", "events"))
    print(f"One idea: {made} sandboxes, {tasks} tasks, {events} events (medians)")
    cpu = whole.other("server") + whole.other("children")
    rows: list[list[object]] = [
        ["clones and python starts by hand", bare.median, "(ceiling)", bare.other("cpu")],
        ["clones and worker.pyz starts by hand", worker.median, f"{worker.ratio_to(bare):.2f}", worker.other("cpu")],
        ["LaunchSpec until settled", whole.median, f"{whole.ratio_to(bare):.2f}", cpu],
        ["  of it the server process", "", "", whole.other("server")],
        ["  of it workers and git (only ended ones)", "", "", whole.other("children")],
    ]
    show(("what", "seconds", "x ceiling", "CPU seconds"), rows)
    rows = [[name, series.median, f"{100 * series.ratio_to(whole):.0f} %"] for name, series in steps.items()]
    show(("step", "seconds", "of the whole"), rows)


def cloned(source: Path, folder: Path) -> Path:
    """A clone to work on: the repository named is not touched."""
    target = folder / "repository"
    subprocess.run(["git", "clone", "-q", "--no-local", str(source.resolve()), str(target)], check=True)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure one idea from LaunchSpec until settled.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repository", type=Path, help="work on a clone of this one (default: a small sample)")
    options = parser.parse_args()
    done = announce("An idea becomes a branch: a real server, local sandboxes, engine outline")
    with tempfile.TemporaryDirectory(prefix="omoi-bench-") as name:
        folder = Path(name)
        chosen = cloned(options.repository, folder) if options.repository else sample_repository(folder / "shop")
        asyncio.run(measure(folder, chosen, options.rounds))
    done()


if __name__ == "__main__":
    main()
