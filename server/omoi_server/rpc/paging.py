"""Pages: sizes, and tokens that only fit the request they came from (AIP-158)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.protobuf.message import Message

from omoi_server.errors import InvalidArgument

MAX_PAGE_BYTES = 3 * 1024 * 1024
"""A page ends early rather than become larger than what gRPC clients take by default (4 MiB)."""

_REMEDY = "Take next_page_token of the previous answer and leave the filters as they were, or leave it empty."


def size(asked: int, default: int, most: int) -> int:
    """How many to return: the default for 0, never more than `most`. Negative ones were refused before."""
    return min(asked, most) if asked else default


def fitting(messages: Sequence[Message]) -> int:
    """How many of these, from the first on, fit into one answer; at least one."""
    total = 0
    for count, message in enumerate(messages):
        total += message.ByteSize()
        if total > MAX_PAGE_BYTES and count:
            return count
    return len(messages)


def token(request: Message, key: Any) -> str:
    """A token that goes on after `key` (plain JSON) for the same request, whatever its page size."""
    content = json.dumps([_fingerprint(request), key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def key_of(request: Message, *kinds: type) -> Any:
    """The key in the request's page_token, None without one. `kinds`: the types that its parts must have.

    InvalidArgument for a token that is none, or that belongs to another request.
    """
    text: str = getattr(request, "page_token")  # noqa: B009  # Message itself does not declare it
    if not text:
        return None
    try:
        mark, key = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise InvalidArgument("page_token", f"is not a token of this server. {_REMEDY}") from error
    if mark != _fingerprint(request):
        raise InvalidArgument("page_token", f"belongs to a request with other filters. {_REMEDY}")
    if not isinstance(key, list) or [type(part) for part in key] != [*kinds] or not all(map(_storable, key)):
        raise InvalidArgument("page_token", f"is damaged. {_REMEDY}")
    return key


def _storable(part: Any) -> bool:
    """A database takes it as a parameter: short plain text, or a number that fits its smallest integer."""
    if isinstance(part, str):
        return part.isascii() and part.isprintable()
    return not isinstance(part, int) or 0 <= part < 2**31


def moment(text: str) -> datetime:
    """A time out of a key. InvalidArgument if it is none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise InvalidArgument("page_token", f"is damaged. {_REMEDY}") from error


def _fingerprint(request: Message) -> str:
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("page_size")
    bare.ClearField("page_token")
    content = request.DESCRIPTOR.full_name.encode() + b"\n" + bare.SerializeToString(deterministic=True)
    return hashlib.sha256(content).hexdigest()[:16]
