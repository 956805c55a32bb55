"""The page by itself: everything that the bot sends is drawn, nothing that people write is markup, the keyboard works."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.async_api import expect
from slack_sdk.web.async_client import AsyncWebClient

from tests.peers.playground.driver import Visitor, visiting
from tests.peers.slack import Message

GOLDEN = Path(__file__).parents[1] / "unit" / "bot" / "blocks" / "golden"
HOSTILE = "<img src=x onerror=alert(1)> <script>alert(1)</script> <javascript:alert(1)|here> *b* `<b>`"

# Wire text, and the HTML that it must become.
MRKDWN = [
    ("*bold* _it_ ~gone~ `x*y*`", "<b>bold</b> <i>it</i> <s>gone</s> <code>x*y*</code>"),
    ("2*3*4 snake_case_word a~b~c", "2*3*4 snake_case_word a~b~c"),
    ("&lt;b&gt; &amp;amp; &amp;lt;", "&lt;b&gt; &amp;amp; &amp;lt;"),
    ("&gt; one\n&gt; two\nthree", "<blockquote>one<br>two</blockquote>three"),
    ("```a *b*\n&lt;c&gt;```", "<pre><code>a *b*\n&lt;c&gt;</code></pre>"),
    ("<javascript:alert(1)|x>", '<span title="javascript:alert(1)">x</span>'),
    (
        "<https://a.example/?a=1&amp;b=2|a>",
        '<a href="https://a.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer" '
        'title="https://a.example/?a=1&amp;b=2">a</a>',
    ),
    ("<!channel> <!here|here>", '<span class="mention me">@channel</span> <span class="mention me">@here</span>'),
    ("<!date^0^{nonsense}|then>", None),
]


async def test_every_payload_of_the_bot_is_drawn(tmp_path: Path) -> None:
    async with visiting(tmp_path, begin=False) as visitor:
        slack, page = visitor.playground.slack, visitor.page
        slack.rates.on = False
        client = AsyncWebClient(slack.bot_token, slack.api_url)
        jon, channel = visitor.playground.jon, visitor.playground.channel
        seen = {"message": 0, "modal": 0, "home": 0}
        for path in sorted(GOLDEN.glob("*.json")):
            held = json.loads(path.read_text())
            surface, payload = held["surface"], held["payload"]
            if surface == "message":
                await client.chat_postMessage(channel=channel.id, text=payload["text"], blocks=payload.get("blocks"))
            elif surface == "modal":
                trigger = slack.workspace.new_trigger(jon.user, slack.team.id)
                await client.views_open(trigger_id=trigger, view=payload)
                await expect(visitor.form.locator("h2")).to_have_text(payload["title"]["text"])
                await expect(visitor.form.locator(".block")).not_to_have_count(0)
                await _drawn_whole(visitor, payload, "dialog.modal")
                await visitor.form.get_by_role("button", name="Close").first.click()
                await expect(visitor.form).to_have_count(0)
            else:
                await client.views_publish(user_id=jon.id, view=payload)
            seen[surface] += 1
        assert all(seen.values()), seen
        await expect(page.locator("#main article")).to_have_count(seen["message"])
        await _drawn_whole(visitor, {}, "#main")
        await page.get_by_role("button", name="Omoi", exact=True).click()
        await expect(page.locator(".home")).to_contain_text("Waiting for you")
        await _drawn_whole(visitor, payload, "#main")


async def _drawn_whole(visitor: Visitor, payload: dict[str, Any], place: str) -> None:
    """Nothing unknown, and of a payload every title of a button."""
    where = visitor.page.locator(place)
    assert await where.locator(".unknown").all_inner_texts() == []
    if place == "dialog.modal":
        rows = [block["elements"] for block in payload["blocks"] if block["type"] == "actions"]
        for button in (each for row in rows for each in row if each["type"] == "button"):
            await expect(where.get_by_role("button", name=button["text"]["text"], exact=True).first).to_be_visible()


async def test_words_become_text_and_never_markup(tmp_path: Path) -> None:
    async with visiting(tmp_path, begin=False) as visitor:
        page, slack = visitor.page, visitor.playground.slack
        drawn = """async text => {
            const {mrkdwn} = await import("/page/js/mrkdwn.js");
            const box = document.createElement("div");
            box.append(...mrkdwn(text));
            return box.innerHTML;
        }"""
        for text, html in MRKDWN:
            found = await page.evaluate(drawn, text)
            if html is not None:
                assert found == html, text
            else:
                assert "<time datetime=" in found and "{nonsense}" in found
        await visitor.says(HOSTILE)
        await expect(page.locator("#main article")).to_contain_text("<script>alert(1)</script>")
        assert await page.locator("#main article img, #main article script").count() == 0
        said = slack.messages(visitor.playground.channel)[-1]
        assert said.text.startswith("&lt;img"), "typed text is escaped as Slack's client does it"
        blocks = [{"type": "markdown", "text": f"# {HOSTILE}\n\n| a | b |\n|---|---|\n| {HOSTILE} | 2 |"}]
        await AsyncWebClient(slack.bot_token, slack.api_url).chat_postMessage(
            channel=visitor.playground.channel.id, text="x", blocks=blocks
        )
        await expect(page.locator("#main .markdown td")).to_have_count(3)
        assert await page.locator("#main .markdown img, #main .markdown script").count() == 0


async def test_messages_of_people(tmp_path: Path) -> None:
    """Edit, delete, react, reply, attach, switch the person, look at the JSON, all by role and keyboard."""
    async with visiting(tmp_path, begin=False) as visitor:
        page, slack = visitor.page, visitor.playground.slack
        channel, jon = visitor.playground.channel, visitor.playground.jon
        (tmp_path / "notes.txt").write_text("round half up")
        await page.locator("#main input[type=file]").set_input_files(tmp_path / "notes.txt")
        await visitor.says("Look at this, @mara")
        article = page.locator("#main article").last
        await expect(article).to_contain_text("notes.txt")
        said = _last(visitor)
        assert (said.user, said.files[0].content) == (jon.id, b"round half up")
        assert visitor.playground.mara.id in said.notified
        answer = await page.request.get(f"{page.url.rstrip('/')}/files/{said.files[0].id}")
        assert await answer.body() == b"round half up"

        menu = article.get_by_role("button", name="More actions of this message")
        await menu.focus()
        await page.keyboard.press("Enter")
        await page.get_by_role("menuitem", name="Edit message").click()
        await visitor.question.get_by_role("textbox").fill("Look at that, @mara")
        await visitor.question.get_by_role("button", name="Save").click()
        await expect(article).to_contain_text("Look at that, @mara (edited)")

        await visitor.becomes("mara")
        await expect(article).to_have_class(re.compile("named"))
        await menu.click()
        assert await page.get_by_role("menuitem", name="Edit message").count() == 0, "it is @jon's"
        await page.get_by_role("menuitem", name="React with :+1:").click()
        await expect(article.locator(".reaction")).to_have_attribute("aria-pressed", "true")
        await article.hover()
        await article.get_by_role("button", name="Reply in thread").click()
        await visitor.replies("Seen")
        await expect(article.locator(".replies")).to_contain_text("1 reply")
        await menu.click()
        await page.get_by_role("menuitem", name="Show JSON").click()
        await expect(page.locator("dialog.box pre")).to_contain_text('"text": "Look at that')
        link = await page.locator("dialog.box").get_by_role("link").get_attribute("href")
        assert link is not None and link.startswith("https://app.slack.com/block-kit-builder/#%7B%22blocks%22")
        await page.keyboard.press("Escape")

        await visitor.becomes("jon")
        await menu.click()
        await page.get_by_role("menuitem", name="Delete message").click()
        await expect(page.locator("#main article")).to_have_count(0)
        assert slack.messages(channel)[0].text == "Seen"


def _last(visitor: Visitor) -> Message:
    return visitor.playground.slack.messages(visitor.playground.channel)[-1]
