"""A person at the page: a headless Chromium, and the few words that tests need to use it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright, expect

from tests.peers.playground.page import serving
from tests.peers.playground.place import taken
from tests.peers.playground.playground import Playground, Wishes, playground

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 30.0
WIDE = {"width": 1080, "height": 700}
SCREENS = "PLAYGROUND_SCREENS"
"""Names the folder that screenshots are written to; without it none is taken."""


@dataclass
class Visitor:
    """Somebody who looks at the page. `faults`: what the browser's console complained of."""

    page: Page
    playground: Playground
    faults: list[str] = field(default_factory=list)

    async def becomes(self, name: str) -> None:
        await self.page.get_by_role("button", name=f"@{name}", exact=True).first.click()

    async def says(self, text: str) -> None:
        """In the channel that is open."""
        box = self.page.locator("#main").get_by_role("textbox")
        await box.fill(text)
        await box.press("Enter")

    async def replies(self, text: str) -> None:
        """In the thread that is open."""
        box = self.page.locator("#thread").get_by_role("textbox")
        await box.fill(text)
        await box.press("Enter")

    async def opens_thread(self, text: str) -> None:
        """The thread below the message of the channel that says `text`."""
        message = self.page.locator("#main article", has_text=text).last
        await message.locator("button.replies").click()

    def said(self, text: str | re.Pattern[str]) -> Locator:
        """Messages of the open thread that say `text`."""
        return self.page.locator("#thread article", has_text=text)

    def button(self, label: str) -> Locator:
        """The newest button of that label in the open thread."""
        return self.page.locator("#thread").get_by_role("button", name=label, exact=True).last

    @property
    def form(self) -> Locator:
        return self.page.locator("dialog.modal")

    @property
    def question(self) -> Locator:
        """A confirmation dialogue."""
        return self.page.locator("dialog.confirm")

    async def submits(self) -> None:
        """Sends the form, which closes; what keeps it open is told."""
        await self.form.locator("[data-action=submit]").click()
        try:
            await expect(self.form).to_have_count(0)
        except AssertionError as error:
            raise AssertionError(f"the form stays open and says: {await self.form.inner_text()}") from error

    async def counters(self) -> dict[str, int]:
        """What the bar says: posted twice, lost, on its way."""
        found = await self.page.locator(".counter").all_inner_texts()
        split = (each.rsplit(" ", 1) for each in found)
        return {name.strip(): int(number) for name, number in split}

    async def scrolls_up(self) -> None:
        """To the beginning of the open thread."""
        await self.page.locator("#thread .messages").evaluate("list => { list.scrollTop = 0; }")

    async def breaks(self, label: str) -> None:
        """A button of the panel, and what it says it did."""
        panel = self.page.locator("#breaking")
        if not await panel.is_visible():
            await self.page.get_by_role("button", name="Break it", exact=True).click()
        await panel.get_by_role("button", name=label, exact=True).click()

    async def phone(self, on: bool) -> None:
        """The width of a phone, or not."""
        switch = self.page.get_by_role("button", name="Phone", exact=True)
        if (await switch.get_attribute("aria-pressed") == "true") != on:
            await switch.click()

    async def shows(self, name: str) -> None:
        """A screenshot, wide and 375 px, if any were asked for."""
        folder = os.environ.get(SCREENS)
        if not folder:
            return
        await self.page.wait_for_timeout(200)
        await self.page.screenshot(path=Path(folder) / f"{name}.png")
        await self.phone(True)
        await self.page.wait_for_timeout(200)
        await self.page.locator("#slack").screenshot(path=Path(folder) / f"{name}-375.png")
        await self.phone(False)


@asynccontextmanager
async def visiting(home: Path, *, idea: str = "", begin: bool = True) -> AsyncIterator[Visitor]:
    """A playground in `home` and somebody who looks at it from its first moment; both are gone afterwards.

    `begin` False: Slack alone, without server and bot.
    """
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert browser, "browser tests need Chromium on the PATH; install it (Debian, Ubuntu: apt-get install chromium)"
    async with AsyncExitStack() as stack:
        # Pictures show where the pull request lies: not in a folder that is named after a run of the tests.
        folder = Path(tempfile.gettempdir()) / "omoi-playground" if os.environ.get(SCREENS) else home
        ground = stack.enter_context(taken(str(folder)))
        found = await stack.enter_async_context(playground(ground, Wishes(idea)))
        address = await stack.enter_async_context(serving(found, "127.0.0.1", 0))
        drive = await stack.enter_async_context(async_playwright())
        chromium = await drive.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        stack.push_async_callback(chromium.close)
        page = await chromium.new_page(viewport={"width": WIDE["width"], "height": WIDE["height"]})
        page.set_default_timeout(SECONDS * 1000)
        expect.set_options(timeout=SECONDS * 1000)
        visitor = Visitor(page, found)
        page.on("pageerror", lambda error: visitor.faults.append(str(error)))
        page.on("console", lambda said: visitor.faults.append(said.text) if said.type == "error" else None)
        await page.goto(address)
        if begin:
            inside = await stack.enter_async_context(AsyncExitStack())
            await found.begin(inside)
            await stack.enter_async_context(_counting(found))
            await expect(page.locator("#progress")).to_be_hidden()
        yield visitor
        assert visitor.faults == [], visitor.faults


@asynccontextmanager
async def _counting(found: Playground) -> AsyncIterator[None]:
    """What goes wrong with the counting fails the test."""
    task = asyncio.create_task(found.keep_counting())
    try:
        yield
    finally:
        task.cancel()
        ended = (await asyncio.gather(task, return_exceptions=True))[0]
    if isinstance(ended, Exception):
        raise ended
