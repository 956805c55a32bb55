"""Limits of what stands inside blocks: texts, buttons, menus, choices and inputs.

Source: https://docs.slack.dev/reference/block-kit/block-elements and /composition-objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BUTTON = 75
BUTTON_VALUE = 2000
URL = 3000
ACTION_ID = 255
OVERFLOW = 5
CHOICES = 10
OPTIONS = 100
OPTION = 75
OPTION_VALUE = 150
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
PLACEHOLDER = 150
INPUT = 3000

ACTIONS = frozenset({"button", "overflow", "static_select"})
SECTIONS = ACTIONS
INPUTS = frozenset(
    {"plain_text_input", "static_select", "multi_static_select", "checkboxes", "radio_buttons", "users_select"}
)

_TEXTS = ("mrkdwn", "plain_text")
_LIMITED = {"overflow": (2, OVERFLOW), "checkboxes": (1, CHOICES), "radio_buttons": (1, CHOICES)}
_URL = re.compile(r"https?://[^\s<>|]+")


@dataclass(frozen=True)
class Fault:
    """One thing that Slack would refuse: where (a JSON pointer) and what."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: {self.message}"


def text_faults(found: Any, place: str, most: int, types: tuple[str, ...] = _TEXTS) -> Iterator[Fault]:
    """A text object of one of `types`, 1 to `most` characters."""
    if not isinstance(found, dict) or found.get("type") not in types:
        yield Fault(place, f"must be a text object of type {' or '.join(types)}")
        return
    text = found.get("text")
    if not isinstance(text, str) or not text:
        yield Fault(f"{place}/text", "must not be empty")
    elif (length := len(text.encode("utf-16-le", "replace")) // 2) > most:
        yield Fault(f"{place}/text", f"{length} characters; at most {most}")
    if found["type"] == "mrkdwn" and "emoji" in found:
        yield Fault(f"{place}/emoji", "only for plain_text")


def element_faults(found: Any, place: str, allowed: frozenset[str]) -> Iterator[Fault]:
    """One element of a type in `allowed`."""
    if not isinstance(found, dict) or found.get("type") not in allowed:
        kind = found.get("type") if isinstance(found, dict) else found
        yield Fault(f"{place}/type", f"not allowed here: {kind}")
        return
    kind = str(found["type"])
    action_id = found.get("action_id")
    if not isinstance(action_id, str) or not 0 < len(action_id) <= ACTION_ID:
        yield Fault(f"{place}/action_id", f"1 to {ACTION_ID} characters")
    if "placeholder" in found:
        yield from text_faults(found["placeholder"], f"{place}/placeholder", PLACEHOLDER, ("plain_text",))
    if "confirm" in found:
        yield from _confirm(found["confirm"], f"{place}/confirm")
    if kind == "button":
        yield from _button(found, place)
    elif kind == "plain_text_input":
        yield from _text_input(found, place)
    elif kind != "users_select":
        yield from _choice(found, kind, place)


def _button(found: dict[str, Any], place: str) -> Iterator[Fault]:
    yield from text_faults(found.get("text"), f"{place}/text", BUTTON, ("plain_text",))
    if len(str(found.get("value", ""))) > BUTTON_VALUE:
        yield Fault(f"{place}/value", f"more than {BUTTON_VALUE} characters")
    url = found.get("url")
    if url is not None and (not _URL.fullmatch(str(url)) or len(str(url)) > URL):
        yield Fault(f"{place}/url", "must be an http or https address")
    if found.get("style", "primary") not in {"primary", "danger"}:
        yield Fault(f"{place}/style", "must be primary or danger")


def _text_input(found: dict[str, Any], place: str) -> Iterator[Fault]:
    most = found.get("max_length", INPUT)
    if not isinstance(most, int) or not 1 <= most <= INPUT:
        yield Fault(f"{place}/max_length", f"1 to {INPUT}")
    elif len(str(found.get("initial_value", "")).encode("utf-16-le", "replace")) // 2 > most:
        yield Fault(f"{place}/initial_value", f"more than {most} characters")


def _choice(found: dict[str, Any], kind: str, place: str) -> Iterator[Fault]:
    least, most = _LIMITED.get(kind, (1, OPTIONS))
    groups = found.get("option_groups")
    if groups is not None and not 1 <= len(groups) <= OPTIONS:
        yield Fault(f"{place}/option_groups", f"{len(groups)} groups; 1 to {OPTIONS}")
    if (groups is None) == (found.get("options") is None):
        yield Fault(place, "needs either options or option_groups")
    values: list[str] = []
    for number, group in enumerate(groups or [found]):
        options = group.get("options") or []
        inside = f"{place}/option_groups/{number}" if groups else place
        if groups:
            yield from text_faults(group.get("label"), f"{inside}/label", OPTION, ("plain_text",))
        if not least <= len(options) <= most:
            yield Fault(f"{inside}/options", f"{len(options)} options; {least} to {most}")
        for place_of, option in enumerate(options):
            yield from _option(option, f"{inside}/options/{place_of}", kind)
            values.append(str(option.get("value")))
    if len(set(values)) != len(values):
        yield Fault(place, "an option value stands twice")
    initial = found.get("initial_options", [found["initial_option"]] if "initial_option" in found else None)
    if initial is not None and (not initial or any(one.get("value") not in values for one in initial)):
        yield Fault(f"{place}/initial_options", "must be one of the options")


def _option(option: dict[str, Any], place: str, kind: str) -> Iterator[Fault]:
    types = _TEXTS if kind in {"checkboxes", "radio_buttons"} else ("plain_text",)
    yield from text_faults(option.get("text"), f"{place}/text", OPTION, types)
    if "description" in option:
        yield from text_faults(option["description"], f"{place}/description", OPTION, types)
    if not 0 < len(str(option.get("value", ""))) <= OPTION_VALUE:
        yield Fault(f"{place}/value", f"1 to {OPTION_VALUE} characters")


def _confirm(found: dict[str, Any], place: str) -> Iterator[Fault]:
    yield from text_faults(found.get("title"), f"{place}/title", CONFIRM_TITLE, ("plain_text",))
    yield from text_faults(found.get("text"), f"{place}/text", CONFIRM_TEXT)
    for key in ("confirm", "deny"):
        yield from text_faults(found.get(key), f"{place}/{key}", CONFIRM_BUTTON, ("plain_text",))
