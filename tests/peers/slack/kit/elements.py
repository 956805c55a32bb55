"""Block elements: buttons, menus, pickers and inputs. https://docs.slack.dev/reference/block-kit/block-elements"""

from __future__ import annotations

import re
from typing import Any

from tests.peers.slack.kit import composition, fields
from tests.peers.slack.kit.checks import Checks
from tests.peers.slack.kit.composition import ANY_TEXT, PLAIN
from tests.peers.slack.limits import ELEMENTS
from tests.peers.slack.refusal import Json

LISTS = {"users", "conversations", "channels"}
SELECTS = {f"{kind}_select" for kind in LISTS | {"static", "external"}}
MULTI_SELECTS = {f"multi_{kind}" for kind in SELECTS}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
CHOICES = {"checkboxes", "radio_buttons"}
TEXT_INPUTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input"}

IN_ACTIONS = {"button", "overflow", "rich_text_input", "workflow_button"} | SELECTS | MULTI_SELECTS | PICKERS | CHOICES
IN_SECTION = {"button", "overflow", "image", "workflow_button"} | SELECTS | MULTI_SELECTS | PICKERS | CHOICES
IN_INPUT = SELECTS | MULTI_SELECTS | PICKERS | CHOICES | TEXT_INPUTS | {"file_input"}
IN_CONTEXT = {"image"}
IN_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def element(checks: Checks, value: Any, pointer: str, allowed: set[str]) -> str:
    """One element of a type in `allowed`; its action_id ("" without one) is returned."""
    found = checks.thing(value, pointer)
    if found is None:
        return ""
    kind = found.get("type")
    if kind not in allowed:
        checks.fault(f"{pointer}/type", f"unsupported type: {kind}", source=ELEMENTS)
        return ""
    checks.known(found, fields.ELEMENTS[str(kind)], pointer)
    action_id = checks.string(found, "action_id", pointer, "action_id", required=False)
    if "action_id" in found and not action_id:
        checks.fault(f"{pointer}/action_id", "must be more than 0 characters", source=ELEMENTS)
    composition.confirm(checks, found, pointer)
    composition.held_text(checks, found, "placeholder", pointer, "placeholder", PLAIN)
    _rules(checks, found, str(kind), pointer)
    return action_id


def _rules(checks: Checks, found: Json, kind: str, pointer: str) -> None:
    if kind == "button":
        _button(checks, found, pointer)
    elif kind == "overflow":
        composition.options(checks, found, pointer, "overflow.options", known=fields.MENU_OPTION)
    elif kind in CHOICES:
        _choices(checks, found, kind, pointer)
    elif kind in {"static_select", "multi_static_select"}:
        _static_select(checks, found, kind, pointer)
    elif kind == "image":
        image(checks, found, pointer)
    elif kind in PICKERS:
        _picker(checks, found, kind, pointer)
    elif kind in TEXT_INPUTS:
        _text_input(checks, found, kind, pointer)
    elif kind == "file_input":
        _file_input(checks, found, pointer)
    elif kind == "feedback_buttons":
        _feedback(checks, found, pointer)
    elif kind == "icon_button":
        composition.held_text(checks, found, "text", pointer, "button.text", PLAIN, required=True)
        checks.string(found, "icon", pointer)
    elif kind == "workflow_button":
        composition.held_text(checks, found, "text", pointer, "button.text", PLAIN, required=True)
    if kind in MULTI_SELECTS and "max_selected_items" in found:
        _least(checks, found, "max_selected_items", pointer, 1)


def _button(checks: Checks, found: Json, pointer: str) -> None:
    composition.held_text(checks, found, "text", pointer, "button.text", PLAIN, required=True)
    checks.string(found, "value", pointer, "button.value", required=False)
    checks.string(found, "url", pointer, "button.url", required=False)
    checks.string(found, "agent_prompt", pointer, "button.agent_prompt", required=False)
    checks.string(found, "accessibility_label", pointer, "button.accessibility_label", required=False)
    checks.choice(found, "style", ("primary", "danger"), pointer)
    url = found.get("url")
    if isinstance(url, str) and not re.match(r"[a-z][a-z0-9+.-]*:", url, re.IGNORECASE):
        checks.fault(f"{pointer}/url", "must be a valid URL", source=ELEMENTS + "button-element")


def _choices(checks: Checks, found: Json, kind: str, pointer: str) -> None:
    values = composition.options(checks, found, pointer, f"{kind}.options", ANY_TEXT)
    initial = found.get("initial_options") if kind == "checkboxes" else found.get("initial_option")
    _initial(checks, initial, values, pointer)


def _static_select(checks: Checks, found: Json, kind: str, pointer: str) -> None:
    if ("options" in found) == ("option_groups" in found):
        checks.fault(pointer, "exactly one of options and option_groups is required", source=ELEMENTS)
        return
    values: set[str] = set()
    if "options" in found:
        values = composition.options(checks, found, pointer, "select.options")
    else:
        for n, group in enumerate(checks.items(found, "option_groups", pointer, "select.option_groups")):
            place = f"{pointer}/option_groups/{n}"
            held = checks.thing(group, place)
            if held is not None:
                checks.known(held, fields.OPTION_GROUP, place)
                composition.held_text(checks, held, "label", place, "option_group.label", PLAIN, required=True)
                values |= composition.options(checks, held, place, "select.options")
    initial = found.get("initial_options") if kind.startswith("multi_") else found.get("initial_option")
    _initial(checks, initial, values, pointer)


def _initial(checks: Checks, initial: Any, values: set[str], pointer: str) -> None:
    """What is chosen at first is one of the options; an empty list is refused."""
    if initial is None:
        return
    chosen = initial if isinstance(initial, list) else [initial]
    if not chosen:
        checks.fault(f"{pointer}/initial_options", "must have at least 1 items", source=ELEMENTS)
    for each in chosen:
        if not isinstance(each, dict) or each.get("value") not in values:
            checks.fault(f"{pointer}/initial_options", "must be one of the options", source=ELEMENTS)


def image(checks: Checks, found: Json, pointer: str) -> None:
    """An image, as block or as element: alt_text, and one of image_url and slack_file."""
    checks.string(found, "alt_text", pointer, "image.alt_text")
    if ("image_url" in found) == ("slack_file" in found):
        checks.fault(pointer, "exactly one of image_url and slack_file is required")
    checks.string(found, "image_url", pointer, "image.image_url", required=False)


def _picker(checks: Checks, found: Json, kind: str, pointer: str) -> None:
    if kind == "datepicker" and "initial_date" in found and not _DATE.fullmatch(str(found["initial_date"])):
        checks.fault(f"{pointer}/initial_date", "must be of the form YYYY-MM-DD", source=ELEMENTS)
    if kind == "timepicker" and "initial_time" in found and not _TIME.fullmatch(str(found["initial_time"])):
        checks.fault(f"{pointer}/initial_time", "must be of the form HH:mm", source=ELEMENTS)


def _text_input(checks: Checks, found: Json, kind: str, pointer: str) -> None:
    if kind == "number_input" and not isinstance(found.get("is_decimal_allowed"), bool):
        checks.fault(pointer, "missing required field: is_decimal_allowed", source=ELEMENTS + "number-input-element")
    if kind == "plain_text_input":
        most = found.get("max_length")
        if most is not None:
            _least(checks, found, "max_length", pointer, 1)
            if isinstance(most, int):
                checks.at_most("text_input.max_length", most, f"{pointer}/max_length")
        initial = found.get("initial_value")
        if initial is not None and not isinstance(initial, str):
            checks.fault(f"{pointer}/initial_value", "must be a string", source=ELEMENTS)
        elif initial and len(initial) > (most if isinstance(most, int) else 3000):
            checks.fault(f"{pointer}/initial_value", "longer than max_length", source=ELEMENTS)


def _file_input(checks: Checks, found: Json, pointer: str) -> None:
    if "max_files" in found:
        _least(checks, found, "max_files", pointer, 1)
        if isinstance(found["max_files"], int):
            checks.at_most("file_input.max_files", found["max_files"], f"{pointer}/max_files")


def _feedback(checks: Checks, found: Json, pointer: str) -> None:
    for key in ("positive_button", "negative_button"):
        held = checks.thing(found.get(key), f"{pointer}/{key}")
        if held is not None:
            composition.held_text(checks, held, "text", f"{pointer}/{key}", "button.text", PLAIN, required=True)
            checks.string(held, "value", f"{pointer}/{key}", "button.value")


def _least(checks: Checks, found: Json, key: str, pointer: str, least: int) -> None:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        checks.fault(f"{pointer}/{key}", f"must be a number of at least {least}", source=ELEMENTS)
