"""Stored events become messages, and messages become the bytes that watchers get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from omoi.v1 import event_pb2
from omoi_server.rpc import names
from omoi_server.rpc.convert import parse

MAX_BATCH_EVENTS = 64
MAX_BATCH_BYTES = 1024 * 1024
"""Sixty-four events in one message cost a tenth of sixty-four messages; more gain nothing (measured)."""

_EVENTS_TAG = b"\x0a"
_LAST_SEQUENCE_TAG = b"\x10"
_LIVE = b"\x18\x01"
"""Fields 1 to 3 of WatchSpecEventsResponse on the wire; a test compares them with the generated message."""

_log = structlog.get_logger(__name__)


def event(row: Mapping[Any, Any]) -> event_pb2.SpecEvent:
    """A row of spec_events as a message. A payload that this version does not understand is left out, and logged."""
    message = event_pb2.SpecEvent()
    if row["payload"] and (fault := parse(row["payload"], message)):
        where = {"spec": row["spec_id"], "sequence": row["sequence"], "type": row["type"]}
        _log.warning("event_payload_unknown", error=fault, **where)
    # Set after the payload, so that nothing in it can pass for the event itself.
    message.spec_id = row["spec_id"]
    message.sequence = row["sequence"]
    message.type = row["type"]
    message.source = row["source"]
    message.via = row["via"]
    message.phase = names.PHASE.number(row["phase"])
    message.message = row["message"]
    message.occurred_at.FromDatetime(row["occurred_at"])
    return message


def framed(row: Mapping[Any, Any]) -> bytes:
    """The event as an element of `repeated SpecEvent events`: tag, length, bytes. Frames only need concatenation."""
    content = event(row).SerializeToString()
    return b"".join((_EVENTS_TAG, varint(len(content)), content))


def batch(frames: Sequence[bytes]) -> list[bytes]:
    """As many of these, from the first on, as one message may hold; one larger than that goes alone."""
    taken: list[bytes] = []
    total = 0
    for frame in frames[:MAX_BATCH_EVENTS]:
        total += len(frame)
        if total > MAX_BATCH_BYTES and taken:
            break
        taken.append(frame)
    return taken


def response(frames: Iterable[bytes], last_sequence: int, live: bool) -> bytes:
    """A serialized WatchSpecEventsResponse."""
    parts = [*frames]
    if last_sequence:
        parts += (_LAST_SEQUENCE_TAG, varint(last_sequence))
    if live:
        parts.append(_LIVE)
    return b"".join(parts)


def varint(number: int) -> bytes:
    """A non-negative number in protobuf's base-128 encoding."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
