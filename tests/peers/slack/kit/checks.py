"""What a check of Block Kit finds, and the checks that every part needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.peers.slack.kit.fields import SOURCE as FIELDS_SOURCE
from tests.peers.slack.limits import BLOCKS, LIMITS, Limit
from tests.peers.slack.refusal import Json


@dataclass(frozen=True)
class Fault:
    """One thing that Slack refuses: a JSON pointer, what is wrong, the error that it becomes, and the page."""

    pointer: str
    message: str
    error: str = "invalid_blocks"
    source: str = BLOCKS
    limit: str = ""

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


@dataclass
class Checks:
    """Collects faults while a payload is walked; `surface` is message, modal or home."""

    surface: str = "message"
    faults: list[Fault] = field(default_factory=list)
    block_ids: dict[str, str] = field(default_factory=dict)
    """Each block_id and where it stood first; a second one is a fault."""

    def fault(self, pointer: str, message: str, error: str = "invalid_blocks", source: str = BLOCKS) -> None:
        self.faults.append(Fault(pointer, message, error, source))

    def beyond(self, limit: Limit, pointer: str) -> None:
        self.faults.append(Fault(pointer, limit.say(), limit.error, limit.source, limit.name))

    def at_most(self, name: str, amount: int, pointer: str) -> None:
        limit = LIMITS[name]
        if amount > limit.value:
            self.beyond(limit, pointer)

    def string(self, holder: Json, key: str, pointer: str, limit: str = "", required: bool = True) -> str:
        """The string `holder[key]`; missing, empty or not a string is a fault."""
        value = holder.get(key)
        place = f"{pointer}/{key}"
        if value is None:
            if required:
                self.fault(pointer, f"missing required field: {key}")
            return ""
        if not isinstance(value, str):
            self.fault(place, "must be a string")
            return ""
        if not value and required:
            self.fault(place, "must be more than 0 characters")
        if limit:
            self.at_most(limit, len(value), place)
        return value

    def items(self, holder: Json, key: str, pointer: str, limit: str = "", least: int = 1) -> list[Any]:
        """The array `holder[key]`, with at least `least` and at most `limit` items."""
        value = holder.get(key)
        place = f"{pointer}/{key}"
        if value is None:
            self.fault(pointer, f"missing required field: {key}")
            return []
        if not isinstance(value, list):
            self.fault(place, "must be an array")
            return []
        if len(value) < least:
            self.fault(place, f"must have at least {least} items")
        if limit:
            self.at_most(limit, len(value), place)
        return value

    def known(self, found: Json, fields: frozenset[str], pointer: str) -> None:
        """Faults every field of `found` that Slack does not know there."""
        for key in sorted(set(found) - fields):
            self.fault(pointer, f"invalid additional property: {key}", source=FIELDS_SOURCE)

    def thing(self, value: Any, pointer: str) -> Json | None:
        """`value` when it is an object; anything else is a fault."""
        if isinstance(value, dict):
            return value
        self.fault(pointer, "must be an object")
        return None

    def choice(self, holder: Json, key: str, allowed: tuple[str, ...], pointer: str, required: bool = False) -> None:
        value = holder.get(key)
        if value is None and not required:
            return
        if value not in allowed:
            self.fault(f"{pointer}/{key}", f"must be one of: {', '.join(allowed)}")
