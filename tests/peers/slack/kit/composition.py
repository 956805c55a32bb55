"""Composition objects: text, option, option group, confirmation. https://docs.slack.dev/reference/block-kit/composition-objects"""

from __future__ import annotations

from typing import Any

from tests.peers.slack.kit import fields
from tests.peers.slack.kit.checks import Checks
from tests.peers.slack.limits import PARTS
from tests.peers.slack.refusal import Json

PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")


def text(checks: Checks, value: Any, pointer: str, limit: str = "", types: tuple[str, ...] = ANY_TEXT) -> None:
    """A text object of one of `types`, not empty, within `limit`."""
    found = checks.thing(value, pointer)
    if found is None:
        return
    if found.get("type") not in types:
        checks.fault(f"{pointer}/type", f"must be one of: {', '.join(types)}", source=PARTS + "text-object")
    checks.string(found, "text", pointer, limit or "text_object.text")
    checks.known(found, fields.MRKDWN if found.get("type") == "mrkdwn" else fields.PLAIN_TEXT, pointer)


def held_text(
    checks: Checks, holder: Json, key: str, pointer: str, limit: str, types: tuple[str, ...] = ANY_TEXT,
    required: bool = False,
) -> None:  # fmt: skip
    """The text object under `key`, which may be absent unless `required`."""
    if holder.get(key) is None:
        if required:
            checks.fault(pointer, f"missing required field: {key}")
        return
    text(checks, holder[key], f"{pointer}/{key}", limit, types)


def option(checks: Checks, value: Any, pointer: str, types: tuple[str, ...], known: frozenset[str]) -> str:
    """One option; its value is returned."""
    found = checks.thing(value, pointer)
    if found is None:
        return ""
    checks.known(found, known, pointer)
    held_text(checks, found, "text", pointer, "option.text", types, required=True)
    held_text(checks, found, "description", pointer, "option.description", types)
    return checks.string(found, "value", pointer, "option.value")


def options(
    checks: Checks,
    holder: Json,
    pointer: str,
    limit: str,
    types: tuple[str, ...] = PLAIN,
    known: frozenset[str] = fields.OPTION,
) -> set[str]:
    """The array `options` of `holder`: its values, each once."""
    values = [
        option(checks, each, f"{pointer}/options/{n}", types, known)
        for n, each in enumerate(checks.items(holder, "options", pointer, limit))
    ]
    for value in {v for v in values if v and values.count(v) > 1}:
        checks.fault(
            f"{pointer}/options", f"option values must be unique: {value[:40]}", source=PARTS + "option-object"
        )
    return set(values)


def confirm(checks: Checks, holder: Json, pointer: str) -> None:
    """The confirmation dialogue of an element, when it has one."""
    if holder.get("confirm") is None:
        return
    place = f"{pointer}/confirm"
    found = checks.thing(holder["confirm"], place)
    if found is None:
        return
    checks.known(found, fields.CONFIRM, place)
    held_text(checks, found, "title", place, "confirm.title", PLAIN, required=True)
    held_text(checks, found, "text", place, "confirm.text", ANY_TEXT, required=True)
    held_text(checks, found, "confirm", place, "confirm.confirm", PLAIN, required=True)
    held_text(checks, found, "deny", place, "confirm.deny", PLAIN, required=True)
    checks.choice(found, "style", ("primary", "danger"), place)
