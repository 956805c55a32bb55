"""kill -9 at named points: before, inside and after the commits, pushes, claims and events that make a spec."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.conftest import Undisturbed
from tests.acceptance.end_results import check_done, check_phases, contents
from tests.acceptance.servers import Fault, Server
from tests.acceptance.stories import story_of
from tests.offices import sample_repository

WALK = (
    "claim.inside",
    "sandbox.after",
    "create.after",
    "output.inside",
    "output.after",
    "sync.after",
    "push.after",
    "complete.inside",
    "create.before",
    "journal.after",
    "intent.after",
    "record.inside",
    "record.after",
    "remove.before",
)
"""One death at each, in the order in which a spec passes them. The full matrix has every point."""


async def test_one_spec_survives_a_death_at_every_kind_of_point(
    server: Server, repository: Path, undisturbed: Undisturbed
) -> None:
    faults = [Fault(point) for point in WALK]
    async with story_of(server, repository, faults=faults) as story:
        met = await story.survive()
        result = await story.end()
    assert met == list(WALK)
    check_phases(result)
    check_done(server, result, repository)
    assert contents(repository, result.spec.branch_name) == undisturbed.files


def matrix(points: list[str]) -> list[list[Fault]]:
    """Three deaths in each spec. Together they hit each reaching of a commit, and each other point at the first
    reaching, in the middle and at the last."""
    counts = Counter(points)
    plans = []
    for point in ("commit.before", "commit.after"):
        third = -(-counts.pop(point) // 3)
        plans += [[Fault(point, first), Fault(point, third), Fault(point, third)] for first in range(1, third + 1)]
    for point, times in sorted(counts.items()):
        plans.append([Fault(point), Fault(point), Fault(point)])
        if times > 3:
            plans.append([Fault(point, times // 2), Fault(point), Fault(point, max(1, times // 3))])
    return plans


@pytest.mark.full
@pytest.mark.timeout(3600)
async def test_every_point_three_times_in_one_spec(tmp_path: Path, undisturbed: Undisturbed) -> None:
    plans = matrix([point for point in undisturbed.points if not point.startswith(("project.", "adopt."))])
    free = asyncio.Semaphore(SIDE_BY_SIDE)
    met: Counter[str] = Counter()

    async def one(number: int, faults: list[Fault]) -> None:
        async with free:
            met.update(await _survive(tmp_path / str(number), faults, undisturbed))

    async with asyncio.TaskGroup() as group:
        for number, faults in enumerate(plans):
            group.create_task(one(number, faults))
    print(f"{len(plans)} specs, {met.total()} deaths at {len(met)} points")
    missed = {point for point in set(undisturbed.points) - set(met) if not point.startswith(ELSEWHERE)}
    assert not missed


SIDE_BY_SIDE = 3
"""Specs at a time, each on a server of its own: they wait for processes more than they compute."""

ELSEWHERE = ("project.", "adopt.", "moved.")
"""Before the first death; below; only when two tasks end at the same time."""

ADOPTION = {"adopt.before", "adopt.inside", "adopt.after"}
"""Reached at every start: a server that dies there each time never gets further; once each is enough."""


@pytest.mark.full
async def test_a_death_while_adopting(tmp_path: Path, undisturbed: Undisturbed) -> None:
    faults = [Fault("create.after"), *(Fault(point) for point in sorted(ADOPTION)), Fault("output.after")]
    await _survive(tmp_path, faults, undisturbed)


async def _survive(place: Path, faults: list[Fault], undisturbed: Undisturbed) -> Counter[str]:
    place.mkdir(exist_ok=True)
    repository = sample_repository(place / "shop")
    server = Server(place / "home")
    try:
        async with story_of(server, repository, faults=faults) as story:
            met = await story.survive()
            result = await story.end()
        check_phases(result)
        check_done(server, result, repository)
        assert contents(repository, result.spec.branch_name) == undisturbed.files
    except BaseException:
        print(f"deaths planned: {faults}\n{server.told()}")
        raise
    finally:
        await server.clear()
    return Counter(met)
