"""Rich text blocks. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block"""

from __future__ import annotations

from typing import Any

from tests.peers.slack.kit.checks import Checks
from tests.peers.slack.limits import BLOCKS

SOURCE = BLOCKS + "rich-text-block"

_NEEDS = {
    "text": ("text",),
    "link": ("url",),
    "user": ("user_id",),
    "usergroup": ("usergroup_id",),
    "channel": ("channel_id",),
    "broadcast": ("range",),
    "emoji": ("name",),
    "color": ("value",),
    "date": ("timestamp", "format"),
    "team": ("team_id",),
}
"""The inline elements and the fields that each cannot be without."""


def rich_text(checks: Checks, block: dict[str, Any], pointer: str) -> None:
    for n, part in enumerate(checks.items(block, "elements", pointer)):
        _part(checks, part, f"{pointer}/elements/{n}", nested=False)


def _part(checks: Checks, value: Any, pointer: str, nested: bool) -> None:
    found = checks.thing(value, pointer)
    if found is None:
        return
    kind = found.get("type")
    if kind == "rich_text_list" and not nested:
        checks.choice(found, "style", ("bullet", "ordered"), pointer, required=True)
        for n, each in enumerate(checks.items(found, "elements", pointer)):
            _part(checks, each, f"{pointer}/elements/{n}", nested=True)
    elif kind == "rich_text_section" or (kind in {"rich_text_quote", "rich_text_preformatted"} and not nested):
        for n, each in enumerate(checks.items(found, "elements", pointer, least=0)):
            _inline(checks, each, f"{pointer}/elements/{n}")
    else:
        checks.fault(f"{pointer}/type", f"unsupported type: {kind}", source=SOURCE)


def _inline(checks: Checks, value: Any, pointer: str) -> None:
    found = checks.thing(value, pointer)
    if found is None:
        return
    kind = str(found.get("type"))
    if kind not in _NEEDS:
        checks.fault(f"{pointer}/type", f"unsupported type: {kind}", source=SOURCE)
        return
    for key in _NEEDS[kind]:
        if found.get(key) in (None, ""):
            checks.fault(pointer, f"missing required field: {key}", source=SOURCE)
    if kind == "broadcast":
        checks.choice(found, "range", ("here", "channel", "everyone"), pointer, required=True)
    style = found.get("style")
    if style is not None and not isinstance(style, dict):
        checks.fault(f"{pointer}/style", "must be an object", source=SOURCE)
