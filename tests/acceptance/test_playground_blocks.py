"""Blocks and elements beyond the bot's golden payloads, what is unread, and the line under a thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import expect
from slack_sdk.web.async_client import AsyncWebClient

from tests.peers.playground.driver import Visitor, visiting

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def options(*names: str) -> list[Json]:
    return [{"text": plain(name), "value": name.lower()} for name in names]


IMAGE = {"image_url": "https://pictures.example/a.png", "alt_text": "a chart of logins"}
BLOCKS: list[Json] = [
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "*one*"}, {"type": "mrkdwn", "text": "two"}]},
    {"type": "section", "text": plain("with a picture"), "accessory": {"type": "image", **IMAGE}},
    {"type": "image", **IMAGE},
    {"type": "context", "elements": [{"type": "image", **IMAGE}, plain("small")]},
    {"type": "markdown", "text": "# Head\n\n- [x] done\n- **bold** and `code`\n\n```\na < b\n```"},
    {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "strong", "style": {"bold": True}}]},
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}],
            },
        ],
    },
    {
        "type": "actions",
        "elements": [
            {"type": "multi_static_select", "action_id": "many", "options": options("Red", "Green", "Blue")},
            {"type": "users_select", "action_id": "who", "placeholder": plain("Who?")},
            {"type": "checkboxes", "action_id": "boxes", "options": options("Left", "Right")},
            {"type": "radio_buttons", "action_id": "one_of", "options": options("Up", "Down")},
            {"type": "datepicker", "action_id": "when", "initial_date": "2026-01-02"},
        ],
    },
]


def _client(visitor: Visitor) -> AsyncWebClient:
    return AsyncWebClient(visitor.playground.slack.bot_token, visitor.playground.slack.api_url)


async def test_blocks_and_elements(tmp_path: Path) -> None:
    async with visiting(tmp_path, begin=False) as visitor:
        page, channel = visitor.page, visitor.playground.channel
        await _client(visitor).chat_postMessage(channel=channel.id, text="All of it", blocks=BLOCKS)
        article = page.locator("#main article")
        await expect(article.locator(".fields b")).to_have_text("one")
        assert await article.get_by_role("img", name="a chart of logins").count() == 3, "nothing is fetched"
        await expect(article.locator(".markdown h3")).to_have_text("Head")
        await expect(article.locator(".markdown pre")).to_have_text("a < b")
        await expect(article.locator(".rich-text b")).to_have_text("strong")
        assert await article.locator(".unknown").count() == 0
        await article.locator("[data-action=many]").click()
        await page.get_by_role("combobox").fill("e")
        await expect(page.get_by_role("option")).to_have_text(["Red", "Green", "Blue"])
        await page.get_by_role("combobox").fill("bl")
        await expect(page.get_by_role("option")).to_have_text(["Blue"])
        await page.get_by_role("option", name="Blue").click()
        # No app listens here, so that a touch goes out and the person is told as in Slack.
        await expect(page.locator("#notices")).to_contain_text("Omoi did not respond")
        await page.keyboard.press("Escape")
        await expect(article.locator("[data-action=many]")).to_have_attribute("aria-label", "Choose: Blue")
        await article.get_by_role("radio", name="Down").check()
        sent = [
            each.payload["actions"][0] for each in visitor.playground.slack.deliveries.sent if "actions" in each.payload
        ]
        assert sent[0]["selected_options"][0]["value"] == "blue"
        assert sent[-1]["selected_option"]["value"] == "down"


async def test_unread_and_status(tmp_path: Path) -> None:
    async with visiting(tmp_path, begin=False) as visitor:
        page, slack, jon = visitor.page, visitor.playground.slack, visitor.playground.jon
        client, channel = _client(visitor), visitor.playground.channel
        await client.chat_postMessage(channel=slack.dm(jon).id, text="Plan v1 waits for you")
        await expect(page.get_by_label("1 unread")).to_be_visible()
        await visitor.becomes("mara")
        await expect(page.get_by_label("1 unread")).to_have_count(0)
        await visitor.becomes("jon")
        await page.locator("#sidebar").get_by_role("button", name="Omoi").click()
        await page.get_by_role("tab", name="Messages").click()
        await expect(page.locator("#main article")).to_contain_text("Plan v1 waits for you")
        await expect(page.get_by_label("1 unread")).to_have_count(0)
        await page.locator("#sidebar").get_by_role("button", name="# shop").click()
        await visitor.says("Hello")
        article = page.locator("#main article").last
        await article.hover()
        await article.get_by_role("button", name="Reply in thread").click()
        await client.assistant_threads_setStatus(
            channel_id=channel.id, thread_ts=slack.messages(channel)[-1].ts, status="is thinking…"
        )
        await expect(page.locator("#thread .status")).to_have_text("Omoi is thinking…")
