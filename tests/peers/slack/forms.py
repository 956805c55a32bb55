"""A person's hands on blocks: which element they touch, and what a form's fields hold when it is submitted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.peers.slack.kit import elements
from tests.peers.slack.kit.reading import every_block, every_element
from tests.peers.slack.refusal import Json


class StaleClick(AssertionError):
    """The test touches something that is not on the screen (any more)."""


class FormIncomplete(AssertionError):
    """Slack's own client would not send this form: a required field is empty, or an entry is too long or short.

    `errors`: what it says below each such field, by block id.
    """

    def __init__(self, message: str, errors: Mapping[str, str]) -> None:
        super().__init__(message)
        self.errors = dict(errors)


def find(blocks: list[Json], action_id: str, value: str | None) -> tuple[Json, Json]:
    """The block and the element with `action_id` (and, for a button, that value). StaleClick names what is there."""
    there = list(every_element(blocks))
    for block, element in there:
        if element.get("action_id") != action_id:
            continue
        if value is None or element.get("type") != "button" or element.get("value") == value:
            return block, element
    known = ", ".join(f"{e.get('action_id')}={e.get('value', '')!s:.40}" for _, e in there) or "nothing to click"
    raise StaleClick(f"{action_id}{'' if value is None else f' with value {value}'} is not there; there is: {known}")


def action(block: Json, element: Json, option: Any, value: Any) -> Json:
    """The entry of `actions` for one touch."""
    found: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block.get("block_id", ""),
        "action_ts": f"{time.time():.6f}",
    }
    if element["type"] == "button":
        found["text"] = element["text"]
        return found | ({"value": element["value"]} if "value" in element else {})
    return found | content(element, option if option is not None else value)


def state(blocks: list[Json], entered: Mapping[str, Any]) -> Json:
    """`state.values` of a form: what stood in the fields at first, and over it what was entered.

    `entered` maps "block_id/action_id" (or the action_id alone, when only one field has it) to text, an option's value
    or label, or a list of them. StaleClick for a field that is not there.
    """
    fields = [(b, e) for b, e in every_element(blocks) if e["type"] in elements.IN_INPUT]
    values: Json = {}
    left = dict(entered)
    for block, element in fields:
        place = f"{block['block_id']}/{element.get('action_id')}"
        key = place if place in left else str(element.get("action_id"))
        found = content(element, left.pop(key)) if key in left else initial(element)
        values.setdefault(block["block_id"], {})[element.get("action_id")] = {"type": element["type"], **found}
    if left:
        known = ", ".join(f"{b['block_id']}/{e.get('action_id')}" for b, e in fields) or "none"
        raise StaleClick(f"no such field: {', '.join(left)}; the form has: {known}")
    return values


def check_complete(blocks: list[Json], values: Json) -> None:
    """What Slack's client checks before it sends a form. FormIncomplete names every field that is not right."""
    found: dict[str, tuple[str, str]] = {}
    for block in every_block(blocks):
        if block.get("type") != "input":
            continue
        element = block["element"]
        if fault := _fault(block, element, values[block["block_id"]][element.get("action_id")]):
            found[block["block_id"]] = (f"{block['block_id']}/{element.get('action_id')}", fault)
    if found:
        raise FormIncomplete(
            "; ".join(f"{name}: {fault}" for name, fault in found.values()),
            {block_id: fault for block_id, (_, fault) in found.items()},
        )


def _fault(block: Json, element: Json, held: Json) -> str:
    """What the client says below the field; "" when it would send it."""
    if not block.get("optional") and not any(v not in (None, "", []) for key, v in held.items() if key != "type"):
        return "Please complete this required field."
    text = held.get("value") or ""
    if element["type"] != "plain_text_input" or not text:
        return ""
    most, fewest = element.get("max_length", 3000), element.get("min_length", 0)
    if len(text) > most:
        return f"This has {len(text)} characters; {most} are allowed."
    if len(text) < fewest:
        return f"This has {len(text)} characters; {fewest} are needed."
    return ""


def initial(element: Json) -> Json:
    """What a field holds before anybody touches it."""
    kind = element["type"]
    if kind in elements.TEXT_INPUTS:
        key = "rich_text_value" if kind == "rich_text_input" else "value"
        return {key: element.get("initial_value")}
    if kind == "checkboxes" or kind in {"multi_static_select", "multi_external_select"}:
        return {"selected_options": element.get("initial_options") or []}
    if kind in {"static_select", "external_select", "radio_buttons"}:
        return {"selected_option": element.get("initial_option")}
    if kind in elements.PICKERS:
        part = {"datepicker": "date", "timepicker": "time", "datetimepicker": "date_time"}[kind]
        return {f"selected_{part}": element.get(f"initial_{part}")}
    if kind == "file_input":
        return {"files": []}
    many, thing = _list_of(kind)
    return {f"selected_{thing}s": element.get(f"initial_{thing}s") or []} if many else {
        f"selected_{thing}": element.get(f"initial_{thing}")
    }  # fmt: skip


def content(element: Json, entered: Any) -> Json:
    """What a field holds after `entered`: text, the value (or label) of an option, an id, or a list of these."""
    kind = element["type"]
    if kind in elements.TEXT_INPUTS:
        return {"rich_text_value" if kind == "rich_text_input" else "value": entered}
    if kind == "checkboxes" or kind in {"multi_static_select", "multi_external_select"}:
        wanted = entered if isinstance(entered, list | tuple) else [entered]
        return {"selected_options": [option(element, each) for each in wanted]}
    if kind in {"static_select", "external_select", "radio_buttons", "overflow"}:
        return {"selected_option": None if entered is None else option(element, entered)}
    if kind in elements.PICKERS:
        part = {"datepicker": "date", "timepicker": "time", "datetimepicker": "date_time"}[kind]
        return {f"selected_{part}": entered}
    if kind == "file_input":
        return {"files": entered}
    many, thing = _list_of(kind)
    return {f"selected_{thing}s": list(entered)} if many else {f"selected_{thing}": entered}


def option(element: Json, wanted: Any) -> Json:
    """The option with this value or label. StaleClick names those that are there."""
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    there: list[Json] = [each for group in groups for each in group["options"]]
    for each in there:
        if wanted in (each["value"], each["text"]["text"]) or wanted == each:
            return each
    known = ", ".join(f"{each['text']['text']}={each['value']}" for each in there)
    raise StaleClick(f"{element.get('action_id')} has no option {wanted}; it has: {known}")


def _list_of(kind: str) -> tuple[bool, str]:
    """multi_users_select → (True, "user")."""
    return kind.startswith("multi_"), kind.removeprefix("multi_").removesuffix("s_select")
