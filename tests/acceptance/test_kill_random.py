"""kill -9 at random moments. The seed is printed with a failure; OMOI_TEST_SEED=… repeats its moments."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.acceptance.conftest import Undisturbed
from tests.acceptance.end_results import check_done, check_phases, contents
from tests.acceptance.servers import Server
from tests.acceptance.stories import Story, story_of
from tests.offices import IDEA, sample_repository

DEATHS = 3
"""Per spec."""


@pytest.mark.full
@pytest.mark.timeout(1200)
async def test_thirty_random_deaths_three_in_each_spec(
    tmp_path: Path, undisturbed: Undisturbed, dice: random.Random
) -> None:
    for number in range(30 // DEATHS):
        place = tmp_path / str(number)
        place.mkdir()
        repository = sample_repository(place / "shop")
        server = Server(place / "home")
        try:
            async with story_of(server, repository) as story:
                for _ in range(DEATHS):
                    await asyncio.sleep(dice.uniform(0, undisturbed.seconds * 0.4))
                    server.kill()
                    await _begin_again(server, dice)
                result = await story.end()
            check_phases(result)
            check_done(server, result, repository)
            assert contents(repository, result.spec.branch_name) == undisturbed.files
        finally:
            await server.clear()


async def _begin_again(server: Server, dice: random.Random) -> None:
    """A new server; now and then it dies before it serves."""
    if dice.random() < 0.25:
        server.launch()
        await asyncio.sleep(dice.uniform(0, 1.0))
        server.kill()
    await server.start()


@pytest.mark.parametrize(("ideas", "deaths"), [(2, 3), pytest.param(10, 30, marks=pytest.mark.full)])
@pytest.mark.timeout(600)
async def test_many_specs_survive_random_deaths(
    server: Server, repository: Path, undisturbed: Undisturbed, dice: random.Random, ideas: int, deaths: int
) -> None:
    """All in one repository, so that their pushes and claims meet as well."""
    await server.start()
    async with server.client() as omoi, AsyncExitStack() as stack:
        stories: list[Story] = []
        project = (await omoi.create_project(str(repository))).project
        for _ in range(ideas):
            answer = await omoi.launch_spec(project.project_id, description=IDEA)
            stories.append(Story(server, omoi, answer.spec_id))
            stack.push_async_callback(stories[-1].close)
        for _ in range(deaths):
            await asyncio.sleep(dice.uniform(0, undisturbed.seconds * 0.6))
            server.kill()
            await _begin_again(server, dice)
        for story in stories:
            result = await story.end(120)
            check_phases(result)
            check_done(server, result, repository, alone=False)
            assert contents(repository, result.spec.branch_name) == undisturbed.files
    assert server.sandboxes() == [], "sandboxes are left"
