"""What Slack takes: the limits of the blocks that we send, and a check that a payload keeps them.

Numbers from https://docs.slack.dev/reference/block-kit and /reference/views (November 2026); `total` is not documented
(slackapi/bolt-js#2509). What is not in the tables is refused: we send nothing that was not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from omoi_bot.blocks.limits_elements import ACTIONS, INPUTS, SECTIONS, Fault, element_faults, text_faults

Surface = Literal["message", "modal", "home"]

BLOCKS = {"message": 50, "modal": 100, "home": 100}
TOTAL = 13_200
TEXT = 40_000
VIEW_BYTES = 250_000
SECTION = 3000
FIELDS = 10
FIELD = 2000
HEADER = 150
CONTEXT = 10
ACTION_ELEMENTS = 25
LABEL = 2000
BLOCK_ID = 255
VIEW_TITLE = 24
PRIVATE_METADATA = 3000
STATUSES = ("pending", "in_progress", "complete", "error")

_SURFACES = {
    "section": BLOCKS,
    "header": BLOCKS,
    "divider": BLOCKS,
    "actions": BLOCKS,
    "context": BLOCKS,
    "input": {"modal": 1, "home": 1},
    "plan": {"message": 1},
}
_FRAME = {
    "type", "title", "submit", "close", "blocks", "private_metadata", "callback_id", "clear_on_close",
    "notify_on_close", "external_id", "submit_disabled",
}  # fmt: skip
_NOT_SHOWN = {"type", "block_id", "action_id", "task_id", "style", "status", "value", "url", "callback_id"}


@dataclass(frozen=True)
class _Held:
    """A block and where it stands."""

    block: dict[str, Any]
    place: str


def check(payload: Any, surface: Surface) -> list[Fault]:
    """What Slack would refuse in `payload`: for a message `{"text", "blocks"}`, else a view. Empty means sendable."""
    if not isinstance(payload, dict):
        return [Fault("", f"a {surface} is an object")]
    faults = _message_faults(payload) if surface == "message" else _frame_faults(payload, surface)
    blocks = payload.get("blocks", [])
    if not isinstance(blocks, list):
        return [*faults, Fault("/blocks", "must be an array")]
    if len(blocks) > BLOCKS[surface]:
        faults.append(Fault("/blocks", f"{len(blocks)} blocks; at most {BLOCKS[surface]}"))
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        place = f"/blocks/{number}"
        if not isinstance(block, dict):
            faults.append(Fault(place, "must be an object"))
            continue
        faults += _block_faults(_Held(block, place), surface)
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id in seen:
            faults.append(Fault(f"{place}/block_id", f"{block_id} stands twice"))
        seen.add(str(block_id))
    return faults


def characters(found: Any) -> int:
    """Characters of text in blocks, as the total limit counts them."""
    if isinstance(found, dict):
        held = ((key, value) for key, value in found.items() if key not in _NOT_SHOWN)
        return sum(len(value) if isinstance(value, str) else characters(value) for _, value in held)
    return sum(characters(one) for one in found) if isinstance(found, list) else 0


def _message_faults(payload: dict[str, Any]) -> list[Fault]:
    text = payload.get("text")
    faults = []
    if not isinstance(text, str) or not text.strip():
        faults.append(Fault("/text", "every message says its state in one sentence"))
    elif len(text) > TEXT:
        faults.append(Fault("/text", f"{len(text)} characters; at most {TEXT}"))
    if (total := characters(payload.get("blocks"))) > TOTAL:
        faults.append(Fault("/blocks", f"{total} characters in all; at most {TOTAL}"))
    return faults


def _frame_faults(view: dict[str, Any], surface: str) -> list[Fault]:
    faults = [Fault(f"/{key}", "unknown field") for key in sorted(set(view) - _FRAME)]
    if view.get("type") != surface:
        faults.append(Fault("/type", f"must be {surface}"))
    for key in ("title", "submit", "close"):
        if surface == "home" and key in view:
            faults.append(Fault(f"/{key}", "a home view has none"))
        elif key in view or (key == "title" and surface == "modal"):
            faults += text_faults(view.get(key), f"/{key}", VIEW_TITLE, ("plain_text",))
    for key, most in (("private_metadata", PRIVATE_METADATA), ("callback_id", 255), ("external_id", 255)):
        if len(str(view.get(key, ""))) > most:
            faults.append(Fault(f"/{key}", f"more than {most} characters"))
    kinds = [one.get("type") for one in view.get("blocks") or [] if isinstance(one, dict)]
    if surface == "modal" and "input" in kinds and "submit" not in view:
        faults.append(Fault("/submit", "a form with inputs needs it"))
    if (size := len(json.dumps(view).encode())) > VIEW_BYTES:
        faults.append(Fault("", f"{size} bytes; at most {VIEW_BYTES}"))
    return faults


def _block_faults(held: _Held, surface: str) -> list[Fault]:
    kind = held.block.get("type")
    if kind not in _SURFACES:
        return [Fault(f"{held.place}/type", f"no block that we send: {kind}")]
    faults = []
    if surface not in _SURFACES[kind]:
        faults.append(Fault(f"{held.place}/type", f"{kind} is not allowed in a {surface}"))
    block_id = held.block.get("block_id", "-")
    if not isinstance(block_id, str) or not 0 < len(block_id) <= BLOCK_ID:
        faults.append(Fault(f"{held.place}/block_id", f"1 to {BLOCK_ID} characters"))
    return [*faults, *_RULES[kind](held)]


def _section(held: _Held) -> Iterator[Fault]:
    fields = held.block.get("fields") or []
    if held.block.get("text") is None and not fields:
        yield Fault(held.place, "a section needs text or fields")
    if held.block.get("text") is not None:
        yield from text_faults(held.block["text"], f"{held.place}/text", SECTION)
    yield from _most(fields, FIELDS, f"{held.place}/fields", least=0)
    for number, one in enumerate(fields):
        yield from text_faults(one, f"{held.place}/fields/{number}", FIELD)
    if held.block.get("accessory") is not None:
        yield from element_faults(held.block["accessory"], f"{held.place}/accessory", SECTIONS)


def _header(held: _Held) -> Iterator[Fault]:
    yield from text_faults(held.block.get("text"), f"{held.place}/text", HEADER, ("plain_text",))


def _divider(held: _Held) -> Iterator[Fault]:
    for key in sorted(set(held.block) - {"type", "block_id"}):
        yield Fault(f"{held.place}/{key}", "unknown field")


def _context(held: _Held) -> Iterator[Fault]:
    yield from _most(held.block.get("elements"), CONTEXT, f"{held.place}/elements")
    for number, one in enumerate(held.block.get("elements") or []):
        yield from text_faults(one, f"{held.place}/elements/{number}", SECTION)


def _actions(held: _Held) -> Iterator[Fault]:
    elements = held.block.get("elements") or []
    yield from _most(elements, ACTION_ELEMENTS, f"{held.place}/elements")
    ids = [one.get("action_id") for one in elements if isinstance(one, dict)]
    for number, one in enumerate(elements):
        yield from element_faults(one, f"{held.place}/elements/{number}", ACTIONS)
    if len(set(ids)) != len(ids):
        yield Fault(f"{held.place}/elements", "an action_id stands twice")


def _input(held: _Held) -> Iterator[Fault]:
    yield from text_faults(held.block.get("label"), f"{held.place}/label", LABEL, ("plain_text",))
    if "hint" in held.block:
        yield from text_faults(held.block["hint"], f"{held.place}/hint", LABEL, ("plain_text",))
    yield from element_faults(held.block.get("element"), f"{held.place}/element", INPUTS)


def _plan(held: _Held) -> Iterator[Fault]:
    if not held.block.get("title") or not isinstance(held.block["title"], str):
        yield Fault(f"{held.place}/title", "must be a text")
    ids = []
    for number, task in enumerate(held.block.get("tasks") or []):
        place = f"{held.place}/tasks/{number}"
        ids.append(task.get("task_id"))
        if not task.get("task_id") or not task.get("title"):
            yield Fault(place, "a task needs task_id and title")
        if task.get("status") not in STATUSES:
            yield Fault(f"{place}/status", f"must be one of {', '.join(STATUSES)}")
    if len(set(ids)) != len(ids):
        yield Fault(f"{held.place}/tasks", "a task_id stands twice")


def _most(found: Any, most: int, place: str, least: int = 1) -> Iterator[Fault]:
    if not isinstance(found, list):
        yield Fault(place, "must be an array")
    elif not least <= len(found) <= most:
        yield Fault(place, f"{len(found)} entries; {least} to {most}")


_RULES = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "plan": _plan,
}
