"""For each limit of Block Kit: a payload whose measured part has exactly `n` characters or items."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.peers.slack.kit.checks import Fault
from tests.peers.slack.kit.payloads import message_faults, view_faults

Json = dict[str, Any]
Measure = Callable[[int], list[Fault]]


def plain(n: int = 1) -> Json:
    return {"type": "plain_text", "text": "x" * n}


def mrkdwn(n: int = 1) -> Json:
    return {"type": "mrkdwn", "text": "x" * n}


def button(number: int = 0, **more: Any) -> Json:
    return {"type": "button", "text": plain(), "action_id": f"a{number}", **more}


def option(number: int, **more: Any) -> Json:
    return {"text": plain(), "value": f"v{number}", **more}


def options(n: int) -> list[Json]:
    return [option(number) for number in range(n)]


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(), **more}


def image(**more: Any) -> Json:
    return {"type": "image", "alt_text": "x", "image_url": "https://x", **more}


def card(**more: Any) -> Json:
    return {"type": "card", "title": mrkdwn(), **more}


def video(**more: Any) -> Json:
    urls = {"video_url": "https://x", "thumbnail_url": "https://x", "alt_text": "x"}
    return {"type": "video", "title": plain(), **urls, **more}


def message(*blocks: Any) -> list[Fault]:
    return message_faults(list(blocks))


def actions(*elements: Json) -> list[Fault]:
    return message({"type": "actions", "elements": list(elements)})


def confirm(**more: Any) -> list[Fault]:
    dialogue = {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **more}
    return actions(button(confirm=dialogue))


def select(**more: Any) -> list[Fault]:
    return actions({"type": "static_select", "action_id": "a", **more})


def field(element: Json | None = None, **more: Any) -> list[Fault]:
    block = {
        "type": "input", "label": plain(), "element": element or {"type": "plain_text_input", "action_id": "a"}, **more,
    }  # fmt: skip
    return message(block)


def table(rows: int = 1, cells: int = 1, **more: Any) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * cells] * rows, **more}


def alert(n: int) -> list[Fault]:
    return modal(blocks=[{"type": "alert", "text": plain(n)}])


def modal(**more: Any) -> list[Fault]:
    return view_faults({"type": "modal", "title": plain(), "blocks": [section()], **more})


def container(n: int = 1, **more: Any) -> list[Fault]:
    return message({"type": "container", "title": plain(), "child_blocks": [section()] * n, **more})


def heavy(n: int) -> list[Fault]:
    """A view of exactly `n` bytes, none of its parts too long."""
    blocks = [{"type": "section", "text": plain(3000)} for _ in range(90)]
    view = {"type": "modal", "title": plain(), "blocks": blocks}
    missing = n - len(json.dumps(view, separators=(",", ":")).encode())
    for block in blocks:
        cut = min(2999, max(0, -missing))
        block["text"] = plain(3000 - cut)
        missing += cut
    return view_faults(view)


def long_blocks(n: int) -> list[Fault]:
    """Sections whose text is `n` characters together."""
    whole, rest = divmod(n, 3000)
    return message(*[section(text=mrkdwn(3000))] * whole, *([section(text=mrkdwn(rest))] if rest else []))


MEASURES: dict[str, Measure] = {
    "message.blocks": lambda n: message(*[{"type": "divider"}] * n),
    "message.all_blocks": long_blocks,
    "message.markdown_blocks": lambda n: message(
        {"type": "markdown", "text": "x" * 6000}, {"type": "markdown", "text": "x" * (n - 6000)}
    ),
    "message.tables": lambda n: message(*[table()] * n),
    "block_id": lambda n: message(section(block_id="x" * n)),
    "section.text": lambda n: message(section(text=mrkdwn(n))),
    "section.fields": lambda n: message(section(fields=[mrkdwn()] * n)),
    "section.field": lambda n: message(section(fields=[mrkdwn(n)])),
    "header.text": lambda n: message({"type": "header", "text": plain(n)}),
    "actions.elements": lambda n: actions(*[button(number) for number in range(n)]),
    "context.elements": lambda n: message({"type": "context", "elements": [mrkdwn()] * n}),
    "context_actions.elements": lambda n: message(
        {
            "type": "context_actions",
            "elements": [{"type": "icon_button", "icon": "trash", "text": plain()}] * n,
        }
    ),
    "input.label": lambda n: field(label=plain(n)),
    "input.hint": lambda n: field(hint=plain(n)),
    "image.alt_text": lambda n: message(image(alt_text="x" * n)),
    "image.image_url": lambda n: message(image(image_url="https://" + "x" * (n - 8))),
    "image.title": lambda n: message(image(title=plain(n))),
    "table.rows": lambda n: message(table(rows=n)),
    "table.cells": lambda n: message(table(cells=n)),
    "table.column_settings": lambda n: message(table(column_settings=[{"align": "left"}] * n)),
    "alert.text": alert,
    "card.title": lambda n: message(card(title=mrkdwn(n))),
    "card.subtitle": lambda n: message(card(subtitle=mrkdwn(n))),
    "card.body": lambda n: message(card(body=mrkdwn(n))),
    "container.title": lambda n: container(title=plain(n)),
    "container.child_blocks": container,
    "carousel.elements": lambda n: message({"type": "carousel", "elements": [card()] * n}),
    "video.title": lambda n: message(video(title=plain(n))),
    "video.author_name": lambda n: message(video(author_name="x" * n)),
    "action_id": lambda n: actions({**button(), "action_id": "x" * n}),
    "placeholder": lambda n: select(options=options(1), placeholder=plain(n)),
    "button.text": lambda n: actions({**button(), "text": plain(n)}),
    "button.value": lambda n: actions(button(value="x" * n)),
    "button.url": lambda n: actions(button(url="https://" + "x" * (n - 8))),
    "button.accessibility_label": lambda n: actions(button(accessibility_label="x" * n)),
    "overflow.options": lambda n: actions({"type": "overflow", "action_id": "a", "options": options(n)}),
    "checkboxes.options": lambda n: actions({"type": "checkboxes", "action_id": "a", "options": options(n)}),
    "radio_buttons.options": lambda n: actions({"type": "radio_buttons", "action_id": "a", "options": options(n)}),
    "select.options": lambda n: select(options=options(n)),
    "select.option_groups": lambda n: select(
        option_groups=[{"label": plain(), "options": options(1)} for _ in range(n)]
    ),
    "text_input.max_length": lambda n: field({"type": "plain_text_input", "action_id": "a", "max_length": n}),
    "file_input.max_files": lambda n: field({"type": "file_input", "action_id": "a", "max_files": n}),
    "text_object.text": lambda n: message({"type": "context", "elements": [mrkdwn(n)]}),
    "button.agent_prompt": lambda n: actions(button(agent_prompt="x" * n)),
    "option.text": lambda n: select(options=[option(0, text=plain(n))]),
    "option.value": lambda n: select(options=[option(0, value="x" * n)]),
    "option.description": lambda n: select(options=[option(0, description=plain(n))]),
    "option_group.label": lambda n: select(option_groups=[{"label": plain(n), "options": options(1)}]),
    "confirm.title": lambda n: confirm(title=plain(n)),
    "confirm.text": lambda n: confirm(text=mrkdwn(n)),
    "confirm.confirm": lambda n: confirm(confirm=plain(n)),
    "confirm.deny": lambda n: confirm(deny=plain(n)),
    "view.blocks": lambda n: modal(blocks=[{"type": "divider"}] * n),
    "view.title": lambda n: modal(title=plain(n)),
    "view.submit": lambda n: modal(submit=plain(n)),
    "view.close": lambda n: modal(close=plain(n)),
    "view.private_metadata": lambda n: modal(private_metadata="x" * n),
    "view.callback_id": lambda n: modal(callback_id="x" * n),
    "view.external_id": lambda n: modal(external_id="x" * n),
    "view.size": heavy,
}
