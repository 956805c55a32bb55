"""Our own check refuses whatever is one too long, too many or misplaced."""

from __future__ import annotations

from typing import Any

import pytest

from omoi_bot.blocks import limits
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import button, choices, field, modal, mrkdwn, option, plain_text, section, select, text_input
from omoi_bot.blocks.limits import Surface, check

PLAIN = {"type": "plain_text", "text": "x"}


def message(*blocks: Any, text: str = "It is ready.") -> dict[str, Any]:
    return {"text": text, "blocks": list(blocks)}


def with_element(**fields: Any) -> dict[str, Any]:
    return message({"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": PLAIN, **fields}]})


def form(**fields: Any) -> dict[str, Any]:
    return {"type": "modal", "title": PLAIN, "blocks": [section("x")], **fields}


def plan(*tasks: Any) -> dict[str, Any]:
    return {"type": "plan", "title": "x", "tasks": list(tasks)}


def an_option(n: int = 0, **fields: Any) -> dict[str, Any]:
    return {"text": PLAIN, "value": f"v{n}", **fields}


def chosen(kind: str, options: list[Any], **fields: Any) -> dict[str, Any]:
    element = {"type": kind, "action_id": "a", "options": options, **fields}
    return form(blocks=[{"type": "input", "label": PLAIN, "element": element}], submit=PLAIN)


REFUSED: dict[str, tuple[Surface, Any]] = {
    "/text no sentence": ("message", message(section("x"), text=" ")),
    "/text too long": ("message", message(text="x" * 40_001)),
    "/blocks 51": ("message", message(*[{"type": "divider"}] * 51)),
    "/blocks total": ("message", message(*[section("x" * 2900)] * 5)),
    "/blocks/0/text/text": ("message", message(section("x" * 3001))),
    "/blocks/0/text/text empty": ("message", message({"type": "section", "text": {"type": "mrkdwn", "text": ""}})),
    "/blocks/0 no text": ("message", message({"type": "section"})),
    "/blocks/0/fields": ("message", message({"type": "section", "fields": [mrkdwn("x")] * 11})),
    "/blocks/0/fields/0/text": ("message", message({"type": "section", "fields": [mrkdwn("x" * 2001)]})),
    "/blocks/0/type unknown": ("message", message({"type": "markdown", "text": "x"})),
    "/blocks/0/type input": ("message", message(field("f", "F", text_input()))),
    "/blocks/0/block_id": ("message", message({"type": "divider", "block_id": "x" * 256})),
    "/blocks/1/block_id twice": ("message", message(*[{"type": "divider", "block_id": "x"}] * 2)),
    "/blocks/0/text/text header": ("message", message({"type": "header", "text": {**PLAIN, "text": "x" * 151}})),
    "/blocks/0/elements context": ("message", message({"type": "context", "elements": [mrkdwn("x")] * 11})),
    "/blocks/0/elements actions": (
        "message",
        message({"type": "actions", "elements": [button(str(n), f"a{n}", Target()) for n in range(26)]}),
    ),
    "/blocks/0/elements twice": ("message", message({"type": "actions", "elements": [button("x", "a", Target())] * 2})),
    "/blocks/0/elements/0/text/text": ("message", with_element(text={**PLAIN, "text": "x" * 76})),
    "/blocks/0/elements/0/value": ("message", with_element(value="x" * 2001)),
    "/blocks/0/elements/0/url": ("message", with_element(url="/srv/pull-requests/1.md")),
    "/blocks/0/elements/0/action_id": ("message", with_element(action_id="x" * 256)),
    "/blocks/0/elements/0/style": ("message", with_element(style="loud")),
    "/blocks/0/elements/0/confirm/text": ("message", with_element(confirm={"title": PLAIN, "text": PLAIN | {"text": "x" * 301}, "confirm": PLAIN, "deny": PLAIN})),
    "/blocks/0/elements/0/options": (
        "message",
        message({"type": "actions", "elements": [{"type": "overflow", "action_id": "a", "options": [an_option(n) for n in range(6)]}]}),
    ),
    "/blocks/0/elements/0/type": ("message", message({"type": "actions", "elements": [{"type": "image"}]})),
    "/blocks/0/tasks/0/status": ("message", message(plan({"task_id": "1", "title": "x", "status": "completed"}))),
    "/blocks/0/tasks twice": ("message", message(plan(*[{"task_id": "1", "title": "x", "status": "complete"}] * 2))),
    "/blocks/0/tasks/0": ("message", message(plan({"task_id": "1", "title": "", "status": "complete"}))),
    "/blocks 101": ("modal", form(blocks=[{"type": "divider"}] * 101)),
    "/blocks/0/type plan": ("modal", form(blocks=[plan()])),
    "/title/text": ("modal", form(title={**PLAIN, "text": "x" * 25})),
    "/title missing": ("modal", {"type": "modal", "blocks": []}),
    "/submit/text": ("modal", form(submit={**PLAIN, "text": "x" * 25})),
    "/submit needed": ("modal", form(blocks=[field("f", "F", text_input())])),
    "/private_metadata": ("modal", form(private_metadata="x" * 3001)),
    "/callback_id": ("modal", form(callback_id="x" * 256)),
    "/extra": ("modal", form(extra=1)),
    "/type": ("modal", form(type="home")),
    " bytes": ("modal", form(blocks=[section("思" * 2900)] * 90)),
    "/blocks/0/element/options eleven": ("modal", chosen("checkboxes", [an_option(n) for n in range(11)])),
    "/blocks/0/element/options 101": ("modal", chosen("static_select", [an_option(n) for n in range(101)])),
    "/blocks/0/element twice": ("modal", chosen("static_select", [an_option(), an_option()])),
    "/blocks/0/element/options/0/text": ("modal", chosen("static_select", [an_option(text={**PLAIN, "text": "x" * 76})])),
    "/blocks/0/element/options/0/value": ("modal", chosen("static_select", [an_option(value="x" * 151)])),
    "/blocks/0/element/options/0/description": (
        "modal",
        chosen("static_select", [an_option(description={**PLAIN, "text": "x" * 76})]),
    ),
    "/blocks/0/element/initial_options": ("modal", chosen("static_select", [an_option()], initial_option=an_option(7))),
    "/blocks/0/element/placeholder": ("modal", chosen("static_select", [an_option()], placeholder={**PLAIN, "text": "x" * 151})),
    "/blocks/0/element/initial_value": (
        "modal",
        form(blocks=[field("f", "F", {**text_input(most=5), "initial_value": "123456"})], submit=PLAIN),
    ),
    "/close": ("home", {"type": "home", "blocks": [], "close": PLAIN}),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_where_it_stands(name: str) -> None:
    surface, payload = REFUSED[name]
    faults = check(payload, surface)
    assert [one for one in faults if one.pointer.startswith(name.split(" ")[0])], [str(one) for one in faults]


@pytest.mark.parametrize("payload", [None, [], "x", {"text": "x", "blocks": "x"}, {"text": "x", "blocks": [None]}])
def test_what_is_no_payload_is_refused_too(payload: Any) -> None:
    assert check(payload, "message")


def test_the_parts_keep_the_limits_by_themselves() -> None:
    long = "x " * 5000
    options = [option(long, f"v{n}", long) for n in range(250)]
    blocks = [
        field("a", long, text_input(long, most=200, placeholder=long), hint=long),
        field("b", long, select(options, "a", long, several=True, chosen_values=["v3", "v249", "v999"])),
        field("c", long, choices("checkboxes", options, ["v1", "v99"])),
        {"type": "header", "text": plain_text(long, limits.HEADER)},
    ]
    view = modal(long, blocks, "form", Target(spec_id=long), submit=long, close=long)
    assert check(view, "modal") == []
    held = view["blocks"][1]["element"]
    assert [len(group["options"]) for group in held["option_groups"]] == [100, 100, 50]
    assert [one["value"] for one in held["initial_options"]] == ["v3", "v249"]
    assert view["private_metadata"] == "{}"
