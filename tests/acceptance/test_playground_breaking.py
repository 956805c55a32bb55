"""Break it, six ways, in a real browser: what was asked meanwhile is answered once, and the counters do not move."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.peers.playground.driver import Visitor, visiting

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]

PATIENCE = 150_000
"""Milliseconds: an outage of a minute, leases of half a minute, and Slack's minute between two attempts."""


async def _is_planned(visitor: Visitor, idea: str) -> None:
    """The idea has its thread, and in it its gate: once."""
    message = visitor.page.locator("#main article", has_text=idea).last
    await expect(message.locator("button.replies")).to_be_visible(timeout=PATIENCE)
    await visitor.opens_thread(idea)
    await expect(visitor.said("Plan v1 is ready for review")).to_have_count(1, timeout=PATIENCE)


async def _nothing_moved(visitor: Visitor) -> None:
    """After everything that was on its way arrived."""
    async with asyncio.timeout(PATIENCE / 1000):
        while (counters := await visitor.counters())["on its way"]:
            await asyncio.sleep(0.2)
    assert (counters["posted twice"], counters["lost"]) == (0, 0), visitor.playground.counts
    assert visitor.playground.slack.record.repeated() == []


async def test_programs_are_killed(tmp_path: Path) -> None:
    async with visiting(tmp_path / "ground") as visitor:
        for program, idea in (("bot", "Count the visitors of each page"), ("server", "Round prices to whole cents")):
            await visitor.says(f"@Omoi {idea}")
            await visitor.breaks(f"Kill the {program}")
            await expect(visitor.page.locator("#breaking .said")).to_contain_text(f"Killed the {program} (process")
            state = visitor.page.locator(f"#breaking dd[data-program={program}]")
            await expect(state).to_contain_text("up, started 2 times")
            await _is_planned(visitor, idea)
        await _nothing_moved(visitor)
        await visitor.shows("8-broken")


async def test_events_come_again_and_triggers_expire(tmp_path: Path) -> None:
    async with visiting(tmp_path / "ground") as visitor:
        posts = len(visitor.playground.slack.record.posts())
        await visitor.breaks("Last event three times")
        await expect(visitor.page.locator("#breaking .said")).to_contain_text("three more times")
        await visitor.says("@Omoi Sort orders by date")
        await _is_planned(visitor, "Sort orders by date")
        await visitor.breaks("Last event three times")
        await visitor.playground.slack.settled()
        await visitor.breaks("Expire triggers")
        await visitor.button("View requirements").click()
        await expect(visitor.page.locator("article.only").last).to_contain_text("did not let me open the form in time")
        await visitor.button("View requirements").click()
        await expect(visitor.form).to_contain_text("Requirement 1")
        await visitor.form.get_by_role("button", name="Close").last.click()
        await _nothing_moved(visitor)
        assert len(visitor.playground.slack.record.posts()) == posts + 4, "live message, two phases, one gate"


@pytest.mark.parametrize(
    ("label", "shown"), [("429 for 60 s", "429, "), ("Slack down for 60 s", "down, ")], ids=["limited", "down"]
)
async def test_slack_is_away_for_a_minute(tmp_path: Path, label: str, shown: str) -> None:
    async with visiting(tmp_path / "ground") as visitor:
        await visitor.says("@Omoi Show the basket's total before this")
        await _is_planned(visitor, "before this")
        await visitor.breaks(label)
        await expect(visitor.page.locator("#breaking dd[data-program=slack]")).to_contain_text(shown)
        # One asks, the other comments, while it is away.
        await visitor.says("@Omoi Show the number of orders")
        await visitor.becomes("mara")
        await visitor.replies("and with taxes, please")
        await expect(visitor.page.locator("#breaking dd[data-program=slack]")).to_have_text("up", timeout=PATIENCE)
        await _is_planned(visitor, "Show the number of orders")
        await _nothing_moved(visitor)
