"""What is refused in blocks and views beside sizes, and what is taken."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.peers.slack.kit.payloads import message_faults, view_faults
from tests.unit.peers.oversize import button, modal, mrkdwn, option, options, plain, section

Json = dict[str, Any]

_RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}, {"type": "user", "user_id": "U1"}]},
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "link", "url": "https://x"}]}],
        },
    ],
}
_TASK = {"type": "task_card", "task_id": "1", "title": "x", "status": "in_progress", "details": _RICH}
_PLAN = {"type": "plan", "title": "x", "block_id": "p", "tasks": [_TASK]}


def test_a_rich_message_is_taken() -> None:
    blocks = [
        {"type": "header", "text": plain()},
        section(accessory={"type": "overflow", "action_id": "o", "options": options(2)}),
        _PLAN,
        _RICH,
        {
            "type": "actions",
            "elements": [
                button(1, style="primary", confirm={k: plain() for k in ("title", "text", "confirm", "deny")}),
                button(2, url="https://x"),
                {
                    "type": "multi_static_select",
                    "action_id": "m",
                    "options": options(3),
                    "initial_options": [option(1)],
                },
            ],
        },
        {"type": "context", "elements": [mrkdwn(), {"type": "image", "image_url": "https://x", "alt_text": "x"}]},
    ]
    assert message_faults(blocks) == []


@pytest.mark.parametrize(
    ("block", "pointer"),
    [
        ({"type": "sectoin", "text": mrkdwn()}, "/blocks/0/type"),
        ("text", "/blocks/0"),
        ({"type": "section"}, "/blocks/0"),
        (section(text={"type": "mrkdwn", "text": ""}), "/blocks/0/text/text"),
        (section(text={"type": "markdown", "text": "x"}), "/blocks/0/text/type"),
        (section(text={"type": "mrkdwn", "text": "x", "emoji": True}), "/blocks/0/text"),
        (section(text="x"), "/blocks/0/text"),
        (section(fields=[]), "/blocks/0/fields"),
        (section(accessory={"type": "plain_text_input", "action_id": "a"}), "/blocks/0/accessory/type"),
        ({"type": "header", "text": mrkdwn()}, "/blocks/0/text/type"),
        ({"type": "divider", "text": plain()}, "/blocks/0"),
        ({"type": "context", "elements": []}, "/blocks/0/elements"),
        ({"type": "context", "elements": [button()]}, "/blocks/0/elements/0/type"),
        ({"type": "actions", "elements": [button(1), button(1)]}, "/blocks/0/elements/1/action_id"),
        ({"type": "actions", "elements": [{**button(), "style": "green"}]}, "/blocks/0/elements/0/style"),
        ({"type": "actions", "elements": [{**button(), "text": mrkdwn()}]}, "/blocks/0/elements/0/text/type"),
        ({"type": "actions", "elements": [button(url="no address")]}, "/blocks/0/elements/0/url"),
        ({"type": "actions", "elements": [button(confirm={"title": plain()})]}, "/blocks/0/elements/0/confirm"),
        (section(accessory={"type": "static_select", "action_id": "a"}), "/blocks/0/accessory"),
        (
            section(accessory={"type": "static_select", "action_id": "a", "options": [option(1), option(1)]}),
            "/blocks/0/accessory/options",
        ),
        (
            section(accessory={"type": "checkboxes", "action_id": "a", "options": options(1), "initial_options": []}),
            "/blocks/0/accessory/initial_options",
        ),
        (
            section(accessory={"type": "overflow", "action_id": "a", "options": [option(1, text=mrkdwn())]}),
            "/blocks/0/accessory/options/0/text/type",
        ),
        ({"type": "actions", "elements": [button(colour="red")]}, "/blocks/0/elements/0"),
        (
            section(accessory={"type": "static_select", "action_id": "a", "options": [option(1, url="https://x")]}),
            "/blocks/0/accessory/options/0",
        ),
        ({"type": "image", "image_url": "https://x"}, "/blocks/0"),
        ({"type": "task_card", "task_id": "1", "title": "x", "status": "completed"}, "/blocks/0/status"),
        ({"type": "task_card", "task_id": "1", "title": "", "status": "error"}, "/blocks/0/title"),
        ({"type": "plan", "title": "x", "tasks": [{**_TASK, "status": "cancelled"}]}, "/blocks/0/tasks/0/status"),
        ({"type": "plan", "title": "x", "tasks": [_TASK, _TASK]}, "/blocks/0/tasks/1/task_id"),
        ({"type": "plan", "title": "x", "tasks": [{**_TASK, "output": "text"}]}, "/blocks/0/tasks/0/output"),
        ({"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}, "/blocks/0/elements/0/type"),
        ({"type": "table", "rows": [[{"type": "text", "text": "x"}]]}, "/blocks/0/rows/0/0/type"),
        ({"type": "markdown", "text": ""}, "/blocks/0/text"),
    ],
)
def test_a_faulty_block_is_refused_where_the_fault_is(block: Any, pointer: str) -> None:
    assert pointer in {fault.pointer for fault in message_faults([copy.deepcopy(block)])}


def test_a_block_id_stands_once() -> None:
    (fault,) = message_faults([section(block_id="same"), section(block_id="same")])
    assert fault.pointer == "/blocks/1/block_id"


def test_plan_and_task_card_exclude_each_other() -> None:
    (fault,) = message_faults([_PLAN, {**_TASK, "block_id": "t"}])
    assert "plan and task_card" in fault.message


@pytest.mark.parametrize("block", [_PLAN, _TASK])
def test_a_workspace_may_not_take_plan_blocks(block: Json) -> None:
    assert message_faults([block]) == []
    (fault,) = message_faults([block], takes_plan_blocks=False)
    assert fault.error == "invalid_blocks"


def test_blocks_must_be_a_list() -> None:
    (fault,) = message_faults({"type": "section"})
    assert fault.error == "invalid_blocks_format"


def test_a_refusal_is_in_the_words_of_slack() -> None:
    long, extra = message_faults([section(text=mrkdwn(3001)), section(colour="red")])
    assert str(long) == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert str(extra) == "[ERROR] invalid additional property: colour [json-pointer:/blocks/1]"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": None}, "/view"),
        ({"title": mrkdwn()}, "/view/title/type"),
        ({"type": "dialog"}, "/view/type"),
        ({"colour": "red"}, "/view"),
        ({"blocks": [{"type": "input", "label": plain(), "element": {"type": "plain_text_input"}}]}, "/view/submit"),
        ({"blocks": [{"type": "plan", "title": "x"}]}, "/view/blocks/0/type"),
    ],
)
def test_a_faulty_view_is_refused(change: Json, pointer: str) -> None:
    found = modal(**change)
    assert pointer in {fault.pointer for fault in found}
    assert {fault.error for fault in found} == {"invalid_arguments"}


def test_a_home_view_has_no_submit() -> None:
    assert view_faults({"type": "home", "blocks": []}) == []
    (fault,) = view_faults({"type": "home", "blocks": [], "submit": plain()})
    assert "submit" in fault.message
    assert view_faults({"type": "home", "blocks": []}, "modal") != []
