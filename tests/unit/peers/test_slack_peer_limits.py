"""Every limit of the table is enforced where it is broken, and nowhere before."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.peers.slack.kit.payloads import message_faults, view_faults
from tests.peers.slack.limits import LIMITS, SURFACES
from tests.peers.slack.limits_page import page
from tests.unit.peers import oversize
from tests.unit.peers.oversize import MEASURES

ROOT = Path(__file__).resolve().parents[3]
HERE = "tests/unit/peers/test_slack_peer_limits.py::test_limit"


@pytest.mark.parametrize("name", [limit.name for limit in LIMITS.values() if limit.test == HERE])
def test_limit(name: str) -> None:
    limit = LIMITS[name]
    assert MEASURES[name](limit.value) == []
    (fault,) = MEASURES[name](limit.value + 1)
    assert (fault.limit, fault.error, fault.source) == (name, limit.error, limit.source)
    assert fault.pointer.startswith("/")


def test_every_limit_names_a_test_that_exists() -> None:
    for limit in LIMITS.values():
        path, _, name = limit.test.partition("::")
        defined = {
            node.name
            for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name in defined, f"{limit.name}: {limit.test} does not exist"
    assert set(MEASURES) == {limit.name for limit in LIMITS.values() if limit.test == HERE}


def test_the_page_is_the_table() -> None:
    written = (ROOT / "docs" / "slack-limits.md").read_text("utf-8")
    assert written == page(), "run: python -m tests.peers.slack.limits_page > docs/slack-limits.md"


_BLOCKS = {
    "actions": {"type": "actions", "elements": [oversize.button()]},
    "alert": {"type": "alert", "text": oversize.plain()},
    "card": oversize.card(),
    "carousel": {"type": "carousel", "elements": [oversize.card()]},
    "container": {"type": "container", "title": oversize.plain(), "child_blocks": [oversize.section()]},
    "context": {"type": "context", "elements": [oversize.mrkdwn()]},
    "context_actions": {
        "type": "context_actions",
        "elements": [{"type": "icon_button", "icon": "trash", "text": oversize.plain()}],
    },
    "divider": {"type": "divider"},
    "file": {"type": "file", "external_id": "x", "source": "remote"},
    "header": {"type": "header", "text": oversize.plain()},
    "image": oversize.image(),
    "input": {
        "type": "input",
        "label": oversize.plain(),
        "element": {"type": "plain_text_input", "action_id": "a"},
    },
    "markdown": {"type": "markdown", "text": "x"},
    "plan": {"type": "plan", "title": "x", "tasks": [{"task_id": "1", "title": "x", "status": "pending"}]},
    "rich_text": {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
    },
    "section": oversize.section(),
    "table": oversize.table(),
    "task_card": {"type": "task_card", "task_id": "1", "title": "x", "status": "complete"},
    "video": oversize.video(),
}


@pytest.mark.parametrize("kind", sorted(SURFACES))
def test_a_block_stands_only_where_slack_takes_it(kind: str) -> None:
    block = _BLOCKS[kind]
    assert (message_faults([block]) == []) == ("message" in SURFACES[kind])
    modal = {"type": "modal", "title": oversize.plain(), "submit": oversize.plain(), "blocks": [block]}
    assert (view_faults(modal) == []) == ("modal" in SURFACES[kind])
    assert (view_faults({"type": "home", "blocks": [block]}) == []) == ("home" in SURFACES[kind])
