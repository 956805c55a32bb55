"""Whole payloads: the blocks of a message together, and a view."""

from __future__ import annotations

import json
from typing import Any

from tests.peers.slack.kit import composition, fields
from tests.peers.slack.kit.blocks import blocks
from tests.peers.slack.kit.checks import Checks, Fault
from tests.peers.slack.kit.composition import PLAIN
from tests.peers.slack.kit.reading import characters, every_block
from tests.peers.slack.limits import BLOCKS, DOCS
from tests.peers.slack.refusal import Json, Refusal

VIEWS = DOCS + "reference/views"


def message_faults(found: Any, takes_plan_blocks: bool = True) -> list[Fault]:
    """What Slack refuses in the `blocks` of a message; an empty list is fine."""
    checks = Checks("message")
    if not isinstance(found, list):
        checks.fault("/blocks", "must be an array", "invalid_blocks_format")
        return checks.faults
    checks.at_most("message.blocks", len(found), "/blocks")
    blocks(checks, found, "/blocks")
    if checks.faults:
        return checks.faults
    kinds = [each["type"] for each in every_block(found)]
    checks.at_most("message.tables", kinds.count("table"), "/blocks")
    if "plan" in kinds and "task_card" in kinds:
        checks.fault("/blocks", "plan and task_card cannot be in one message", source=BLOCKS + "plan-block")
    if not takes_plan_blocks and {"plan", "task_card"} & set(kinds):
        checks.fault("/blocks", "unsupported type: plan", source=BLOCKS + "plan-block")
    markdown = sum(len(each["text"]) for each in every_block(found) if each["type"] == "markdown")
    checks.at_most("message.markdown_blocks", markdown, "/blocks")
    checks.at_most("message.all_blocks", characters(found), "/blocks")
    return checks.faults


def view_faults(view: Any, surface: str = "") -> list[Fault]:
    """What Slack refuses in a view; `surface` modal or home when the method takes only that."""
    checks = Checks(surface or "modal")
    found = checks.thing(view, "")
    if found is None:
        return [Fault("", "view must be an object", "invalid_arguments", VIEWS)]
    kind = str(found.get("type"))
    if kind not in {"modal", "home"} or (surface and kind != surface):
        return [Fault("/view/type", f"must be {surface or 'modal or home'}", "invalid_arguments", VIEWS)]
    checks.surface = kind
    _frame(checks, found, kind)
    held = checks.items(found, "blocks", "/view", "view.blocks", least=0)
    blocks(checks, held, "/view/blocks")
    if kind == "modal":
        inputs = any(isinstance(each, dict) and each.get("type") == "input" for each in held)
        if inputs and not found.get("submit"):
            checks.fault("/view/submit", "a modal with input blocks needs submit", source=VIEWS)
    _size(checks, found)
    return [Fault(f.pointer, f.message, _view_error(f), f.source, f.limit) for f in checks.faults]


def _frame(checks: Checks, found: Json, kind: str) -> None:
    if kind == "modal":
        composition.held_text(checks, found, "title", "/view", "view.title", PLAIN, required=True)
        composition.held_text(checks, found, "submit", "/view", "view.submit", PLAIN)
        composition.held_text(checks, found, "close", "/view", "view.close", PLAIN)
    elif found.get("submit") or found.get("close"):
        checks.fault("/view", "a home view cannot have submit or close", source=VIEWS)
    for key in ("private_metadata", "callback_id", "external_id"):
        checks.string(found, key, "/view", f"view.{key}", required=False)
    checks.known(found, fields.VIEW, "/view")


def _size(checks: Checks, found: Json) -> None:
    checks.at_most("view.size", len(json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode()), "/view")


def _view_error(fault: Fault) -> str:
    """Slack answers invalid_arguments to a bad view, whatever is wrong in it, but for its size."""
    return "view_too_large" if fault.error == "view_too_large" else "invalid_arguments"


def refuse(faults: list[Fault]) -> None:
    """Raises the refusal that `faults` are, if any; its first fault names error and page."""
    if faults:
        first = faults[0]
        said = [f"{each.message} [json-pointer:{each.pointer}]" for each in faults]
        raise Refusal(first.error, *(f"[ERROR] {each}" for each in said), source=first.source, errors=said)
