"""Other ways to use it in the playground: Home, direct messages, command, shortcut, two people, the phone's width."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.peers.playground.driver import visiting

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


async def test_home_direct_messages_command_and_shortcut(tmp_path: Path) -> None:
    async with visiting(tmp_path / "ground") as visitor:
        page = visitor.page
        await page.locator("#sidebar").get_by_role("button", name="Omoi").click()
        home = page.locator(".home")
        await expect(home).to_contain_text("Waiting for you")
        await visitor.shows("9-home")
        await visitor.becomes("mara")
        await expect(home).to_contain_text("Pull request #1")
        await visitor.becomes("jon")
        await page.get_by_role("tab", name="Messages").click()
        await visitor.says("Greet the customer by name")
        await visitor.opens_thread("Greet the customer by name")
        await expect(visitor.said("Plan v1 is ready for review")).to_be_visible()

        await page.locator("#sidebar").get_by_role("button", name="# shop").click()
        await visitor.says("/omoi list")
        await expect(page.locator("#main article.only").last).to_contain_text("Greet the customer by name")
        await visitor.says("/omoi new")
        await visitor.form.get_by_role("textbox", name="What should be built?").fill("Count the visitors")
        await visitor.form.get_by_role("button", name="Project").click()
        await page.get_by_role("combobox", name="Search").fill("SHO")
        await page.keyboard.press("Enter")
        await visitor.form.get_by_role("radio", name="Quick").check()
        await visitor.submits()
        await expect(page.locator("#main article", has_text="Count the visitors").last).to_contain_text("@jon")

        await visitor.says("The footer says 2019")
        said = page.locator("#main article", has_text="The footer says 2019").last
        await said.hover()
        await said.get_by_role("button", name="More actions of this message").click()
        await page.get_by_role("menuitem", name="Turn into a spec").click()
        await expect(visitor.form.get_by_role("textbox", name="What should be built?")).to_have_value(
            "The footer says 2019"
        )
        await page.keyboard.press("Escape")
        await expect(visitor.form).to_have_count(0)
        assert visitor.playground.slack.record.repeated() == []


async def test_two_people_and_the_width_of_a_phone(tmp_path: Path) -> None:
    async with visiting(tmp_path / "ground") as visitor:
        page = visitor.page
        await visitor.becomes("mara")
        await visitor.button("Approve plan v1").click()
        await visitor.question.get_by_role("button", name="Start").click()
        await expect(page.locator("article.only")).to_contain_text("Who may: jon")
        await visitor.becomes("jon")
        await expect(page.locator("article.only", has_text="Who may")).to_have_count(0)

        await visitor.phone(True)
        frame = await page.locator("#slack").bounding_box()
        assert frame is not None and frame["width"] == 375
        row = page.locator("#thread .block.actions").last
        widths = [
            (await each.bounding_box() or {"width": 0})["width"] for each in await row.get_by_role("button").all()
        ]
        assert len(widths) == 4 and len(set(widths)) == 1 and widths[0] > 260, "full-width rows"
        await page.get_by_role("button", name="Back to the channel").click()
        await expect(page.locator("#main article").first).to_be_visible()
        await page.get_by_role("button", name="Back to conversations").click()
        await expect(page.locator("#sidebar")).to_be_visible()
        overflow = await page.evaluate("document.querySelector('#slack').scrollWidth")
        assert overflow <= 375
        await page.locator("#sidebar").get_by_role("button", name="# shop").click()
        await visitor.opens_thread("Lock an account")
        await visitor.button("Approve plan v1").click()
        await visitor.question.get_by_role("button", name="Start").click()
        await expect(visitor.button("Create PR")).to_be_visible()
        await visitor.phone(False)
        await page.emulate_media(color_scheme="dark")
        ground = await page.locator("#slack").evaluate("each => getComputedStyle(each).backgroundColor")
        assert ground == "rgb(26, 29, 33)"
        await visitor.shows("10-dark")
