"""The playground in a real browser: one idea from its mention to the pull request, as two people see it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from tests.peers.playground.driver import visiting
from tests.peers.playground.playground import Playground

IDEA = "Show the time left on the login page while an account is locked"


async def test_from_a_mention_to_the_pull_request(tmp_path: Path) -> None:
    async with visiting(tmp_path / "ground") as visitor:
        page = visitor.page
        await expect(visitor.button("Approve plan v1")).to_be_visible()
        await visitor.shows("1-waiting")

        await visitor.becomes("mara")
        await visitor.says(f"@Omoi {IDEA}")
        await visitor.opens_thread(IDEA)
        await expect(visitor.said(re.compile(r"✓\sExplore.*✓\sRequirements")).first).to_be_visible()
        await expect(visitor.said("Plan v1 is ready for review")).to_be_visible()
        await visitor.scrolls_up()
        await visitor.shows("2-live-message")
        await visitor.button("View requirements").click()
        await expect(visitor.form).to_contain_text("Requirement 1")
        await expect(visitor.form).to_contain_text("Acceptance Criteria")
        await visitor.shows("3-requirements")
        await visitor.form.get_by_role("button", name="Close").last.click()

        await visitor.becomes("jon")
        await visitor.button("Request changes").click()
        await visitor.form.get_by_role("textbox").fill("Say it in minutes, not in seconds")
        await visitor.form.get_by_role("checkbox").first.check()
        await visitor.shows("4-request-changes")
        await visitor.submits()
        await expect(visitor.said("Say it in minutes").first).to_be_visible()
        await expect(visitor.said("Plan v2 is ready for review")).to_be_visible()
        await visitor.shows("5-version-2")

        await visitor.button("Approve plan v2").click()
        await expect(visitor.question).to_contain_text("task")
        await visitor.question.get_by_role("button", name="Start").click()
        await expect(visitor.said("Approved by").first).to_be_visible()
        await expect(visitor.button("Approve plan v2")).to_have_count(0)
        await expect(visitor.button("Create PR")).to_be_visible()
        await visitor.shows("6-ready")
        await visitor.button("Create PR").click()
        await expect(visitor.said("Pull request #2").first).to_be_visible()
        await visitor.page.locator("#thread").get_by_role("button", name=re.compile("View pull request")).last.click()
        await expect(visitor.form).to_contain_text("pull-requests")
        await visitor.shows("7-pull-request")
        await visitor.form.get_by_role("button", name="Close").last.click()

        await expect(page.locator("#notices")).to_be_empty()
        counters = await visitor.counters()
        assert (counters["posted twice"], counters["lost"]) == (0, 0)
        assert visitor.playground.counts.events > 50 and visitor.playground.counts.posts > 10
        assert visitor.playground.slack.record.repeated() == []
        _moves_the_counters(visitor.playground)


def _moves_the_counters(playground: Playground) -> None:
    """They are 0 because nothing is wrong: a record that lacks a post, or holds one twice, is noticed."""
    record, counter = playground.slack.record, playground.counter
    assert counter is not None
    posts = [each for each in record.posts() if each.message and each.message.metadata]
    request = next(each for each in posts if each.message and "'pr:" in str(each.message.metadata))
    assert counter.count().waiting == 0
    record.remove(request)
    assert (counter.count().waiting, counter.count().lost) == (1, ()), "it may be on its way"
    counter.patience = 0
    (lost,) = counter.count().lost
    assert lost.startswith("pr:")
    record.extend([request, request])
    assert (counter.count().twice, counter.count().lost) == (1, ())
