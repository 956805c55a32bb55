"""Layout blocks. https://docs.slack.dev/reference/block-kit/blocks"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.peers.slack.kit import composition, elements, fields
from tests.peers.slack.kit.checks import Checks
from tests.peers.slack.kit.composition import ANY_TEXT, PLAIN
from tests.peers.slack.kit.rich_text import rich_text
from tests.peers.slack.limits import BLOCKS, SURFACES, SURFACES_SOURCE
from tests.peers.slack.refusal import Json

STATUSES = ("pending", "in_progress", "complete", "error")
LEVELS = ("default", "info", "warning", "error", "success")


def blocks(checks: Checks, found: list[Any], pointer: str = "") -> None:
    """Every block of a message or view, what is inside it, and ids that stand twice."""
    for n, value in enumerate(found):
        block(checks, value, f"{pointer}/{n}")


def block(checks: Checks, value: Any, pointer: str) -> None:
    found = checks.thing(value, pointer)
    if found is None:
        return
    kind = found.get("type")
    if not isinstance(kind, str) or kind not in _RULES:
        checks.fault(f"{pointer}/type", f"unsupported type: {kind}")
        return
    if checks.surface not in SURFACES[kind]:
        checks.fault(f"{pointer}/type", f"{kind} is not allowed in a {checks.surface}", source=SURFACES_SOURCE)
    checks.known(found, fields.BLOCKS[kind], pointer)
    block_id = checks.string(found, "block_id", pointer, "block_id", required=False)
    if block_id:
        first = checks.block_ids.setdefault(block_id, pointer)
        if first != pointer:
            checks.fault(f"{pointer}/block_id", f"block_id {block_id} already exists at {first}")
    _RULES[kind](checks, found, pointer)


def _section(checks: Checks, found: Json, pointer: str) -> None:
    if found.get("text") is None and not found.get("fields"):
        checks.fault(pointer, "missing required field: text", source=BLOCKS + "section-block")
    composition.held_text(checks, found, "text", pointer, "section.text")
    if found.get("fields") is not None:
        for n, each in enumerate(checks.items(found, "fields", pointer, "section.fields")):
            composition.text(checks, each, f"{pointer}/fields/{n}", "section.field")
    if found.get("accessory") is not None:
        elements.element(checks, found["accessory"], f"{pointer}/accessory", elements.IN_SECTION)


def _header(checks: Checks, found: Json, pointer: str) -> None:
    composition.held_text(checks, found, "text", pointer, "header.text", PLAIN, required=True)


def _divider(checks: Checks, found: Json, pointer: str) -> None:
    """A line has nothing in it to check."""


def _actions(checks: Checks, found: Json, pointer: str) -> None:
    _group(checks, checks.items(found, "elements", pointer, "actions.elements"), pointer, elements.IN_ACTIONS)


def _context_actions(checks: Checks, found: Json, pointer: str) -> None:
    held = checks.items(found, "elements", pointer, "context_actions.elements")
    _group(checks, held, pointer, elements.IN_CONTEXT_ACTIONS)


def _group(checks: Checks, held: list[Any], pointer: str, allowed: set[str]) -> None:
    """The elements of one block; an action_id may stand once in it."""
    seen: set[str] = set()
    for n, each in enumerate(held):
        action_id = elements.element(checks, each, f"{pointer}/elements/{n}", allowed)
        if action_id and action_id in seen:
            checks.fault(f"{pointer}/elements/{n}/action_id", f"action_id {action_id} already exists in this block")
        seen.add(action_id)


def _context(checks: Checks, found: Json, pointer: str) -> None:
    for n, each in enumerate(checks.items(found, "elements", pointer, "context.elements")):
        place = f"{pointer}/elements/{n}"
        if isinstance(each, dict) and each.get("type") == "image":
            elements.element(checks, each, place, elements.IN_CONTEXT)
        else:
            composition.text(checks, each, place)


def _input(checks: Checks, found: Json, pointer: str) -> None:
    composition.held_text(checks, found, "label", pointer, "input.label", PLAIN, required=True)
    composition.held_text(checks, found, "hint", pointer, "input.hint", PLAIN)
    if found.get("element") is None:
        checks.fault(pointer, "missing required field: element", source=BLOCKS + "input-block")
        return
    elements.element(checks, found["element"], f"{pointer}/element", elements.IN_INPUT)


def _image(checks: Checks, found: Json, pointer: str) -> None:
    elements.image(checks, found, pointer)
    composition.held_text(checks, found, "title", pointer, "image.title", PLAIN)


def _markdown(checks: Checks, found: Json, pointer: str) -> None:
    checks.string(found, "text", pointer)


def _task_card(checks: Checks, found: Json, pointer: str) -> None:
    checks.string(found, "task_id", pointer)
    checks.string(found, "title", pointer)
    checks.choice(found, "status", STATUSES, pointer)
    for key in ("details", "output"):
        if found.get(key) is None:
            continue
        held = checks.thing(found[key], f"{pointer}/{key}")
        if held is not None and held.get("type") != "rich_text":
            checks.fault(f"{pointer}/{key}/type", "must be rich_text", source=BLOCKS + "task-card-block")
        elif held is not None:
            rich_text(checks, held, f"{pointer}/{key}")
    for n, source in enumerate(found.get("sources") or []):
        place = f"{pointer}/sources/{n}"
        held = checks.thing(source, place)
        if held is not None:
            checks.choice(held, "type", ("url",), place, required=True)
            checks.string(held, "url", place)
            checks.string(held, "text", place)


def _plan(checks: Checks, found: Json, pointer: str) -> None:
    checks.string(found, "title", pointer)
    seen: set[str] = set()
    for n, task in enumerate(found.get("tasks") or []):
        place = f"{pointer}/tasks/{n}"
        held = checks.thing(task, place)
        if held is None:
            continue
        if held.get("type", "task_card") != "task_card":
            checks.fault(f"{place}/type", "must be task_card", source=BLOCKS + "plan-block")
        checks.known(held, fields.BLOCKS["task_card"], place)
        _task_card(checks, held, place)
        task_id = str(held.get("task_id"))
        if task_id in seen:
            checks.fault(f"{place}/task_id", f"task_id {task_id} already exists", source=BLOCKS + "plan-block")
        seen.add(task_id)


def _table(checks: Checks, found: Json, pointer: str) -> None:
    for n, row in enumerate(checks.items(found, "rows", pointer, "table.rows")):
        place = f"{pointer}/rows/{n}"
        if not isinstance(row, list):
            checks.fault(place, "must be an array", source=BLOCKS + "table-block")
            continue
        checks.at_most("table.cells", len(row), place)
        for m, cell in enumerate(row):
            _cell(checks, cell, f"{place}/{m}")
    if found.get("column_settings") is not None:
        checks.items(found, "column_settings", pointer, "table.column_settings")


def _cell(checks: Checks, value: Any, pointer: str) -> None:
    cell = checks.thing(value, pointer)
    if cell is None:
        return
    if cell.get("type") == "rich_text":
        rich_text(checks, cell, pointer)
    elif cell.get("type") == "raw_text":
        checks.string(cell, "text", pointer)
    elif cell.get("type") != "raw_number":
        checks.fault(f"{pointer}/type", f"unsupported type: {cell.get('type')}", source=BLOCKS + "table-block")


def _alert(checks: Checks, found: Json, pointer: str) -> None:
    composition.held_text(checks, found, "text", pointer, "alert.text", ANY_TEXT, required=True)
    checks.choice(found, "level", LEVELS, pointer)


def _card(checks: Checks, found: Json, pointer: str) -> None:
    for key in ("title", "subtitle", "body"):
        composition.held_text(checks, found, key, pointer, f"card.{key}")
    if not any(found.get(key) for key in ("title", "body", "hero_image", "actions")):
        checks.fault(pointer, "at least one of title, body, hero_image and actions is required")
    for n, each in enumerate(found.get("actions") or []):
        elements.element(checks, each, f"{pointer}/actions/{n}", {"button"})


def _carousel(checks: Checks, found: Json, pointer: str) -> None:
    for n, each in enumerate(checks.items(found, "elements", pointer, "carousel.elements")):
        if isinstance(each, dict) and each.get("type") == "card":
            block(checks, each, f"{pointer}/elements/{n}")
        else:
            checks.fault(f"{pointer}/elements/{n}/type", "must be card", source=BLOCKS + "carousel-block")


def _container(checks: Checks, found: Json, pointer: str) -> None:
    composition.held_text(checks, found, "title", pointer, "container.title")
    blocks(checks, checks.items(found, "child_blocks", pointer, "container.child_blocks"), f"{pointer}/child_blocks")


def _file(checks: Checks, found: Json, pointer: str) -> None:
    checks.string(found, "external_id", pointer)
    checks.choice(found, "source", ("remote",), pointer, required=True)


def _video(checks: Checks, found: Json, pointer: str) -> None:
    composition.held_text(checks, found, "title", pointer, "video.title", PLAIN, required=True)
    checks.string(found, "author_name", pointer, "video.author_name", required=False)
    for key in ("video_url", "thumbnail_url", "alt_text"):
        checks.string(found, key, pointer)


_RULES: dict[str, Callable[[Checks, Json, str], None]] = {
    "actions": _actions,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "context": _context,
    "context_actions": _context_actions,
    "divider": _divider,
    "file": _file,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": rich_text,
    "section": _section,
    "table": _table,
    "task_card": _task_card,
    "video": _video,
}
