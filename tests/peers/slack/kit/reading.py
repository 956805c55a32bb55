"""Walking through blocks that were checked: every block, every element, every piece of text."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from tests.peers.slack.refusal import Json

_NOT_SHOWN = {
    "type", "block_id", "action_id", "task_id", "style", "status", "external_id", "source", "level", "user_id",
    "usergroup_id", "channel_id", "range", "team_id", "value", "url", "image_url", "callback_id",
}  # fmt: skip


def every_block(blocks: list[Any]) -> Iterator[Json]:
    """Each block, outer before inner (containers, carousels, the tasks of a plan not)."""
    for block in blocks:
        if not isinstance(block, dict):
            continue
        yield block
        yield from every_block(block.get("child_blocks") or [])
        if block.get("type") == "carousel":
            yield from every_block(block.get("elements") or [])


def every_element(blocks: list[Any]) -> Iterator[tuple[Json, Json]]:
    """Each interactive element with its block."""
    for block in every_block(blocks):
        held: list[Any] = []
        if block.get("type") in {"actions", "context_actions"}:
            held = block.get("elements") or []
        elif block.get("type") == "section":
            held = [block.get("accessory")]
        elif block.get("type") == "input":
            held = [block.get("element")]
        elif block.get("type") == "card":
            held = block.get("actions") or []
        for element in held:
            if isinstance(element, dict) and element.get("type") != "image":
                yield block, element


def characters(found: Any) -> int:
    """How many characters of text stand in `found`, as far as the undocumented total limit counts them."""
    if isinstance(found, dict):
        return sum(
            len(value) if isinstance(value, str) else characters(value)
            for key, value in found.items()
            if key not in _NOT_SHOWN
        )
    if isinstance(found, list):
        return sum(characters(each) for each in found)
    return 0


def texts(found: Any) -> Iterator[tuple[str, str]]:
    """Every piece of text that people see: (kind, text), kind being plain_text, mrkdwn or markdown."""
    if isinstance(found, list):
        for each in found:
            yield from texts(each)
        return
    if not isinstance(found, dict):
        return
    kind = found.get("type")
    if kind in {"plain_text", "mrkdwn", "markdown"} and isinstance(found.get("text"), str):
        yield str(kind), found["text"]
        return
    for key, value in found.items():
        if isinstance(value, dict | list):
            yield from texts(value)
        elif isinstance(value, str) and key in {"text", "title", "alt_text"}:
            yield "plain_text", value


def with_block_ids(blocks: list[Any]) -> list[Json]:
    """The blocks as Slack keeps them: one without block_id gets a new one each time."""
    return [{**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)} for block in blocks]
