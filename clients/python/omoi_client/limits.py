"""Sizes that the contract fixes, checked before anything is sent.

A request over the transport's limit is refused without a word about which field was too large; here the field is named.
The numbers are those of the comments in protos/omoi/v1.
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message

from omoi.v1 import spec_pb2, ticket_pb2
from omoi_client.errors import InvalidArgument, Violation

TITLE = 200
DESCRIPTION = 100_000
COMMENT = 10_000
REASON = 2_000
REQUEST_ID = 128
QUERY = 200
ATTACHMENTS = 10
ATTACHMENT_NAME = 200
ATTACHMENT_BYTES = 3 * 1024 * 1024
CONTEXT_ENTRIES = 50
CONTEXT_TEXT = 20_000

_TEXT = {
    "title": TITLE,
    "description": DESCRIPTION,
    "comment": COMMENT,
    "reason": REASON,
    "request_id": REQUEST_ID,
    "query": QUERY,
    "setup_command": 2_000,
    "test_command": 2_000,
}


def check(request: Message) -> None:
    """Raises InvalidArgument (TOO_LARGE or EMPTY) with every violation when `request` cannot be accepted."""
    found = list(_violations(request))
    if found:
        first = found[0]
        reason = "EMPTY" if first.description.startswith("is empty") else "TOO_LARGE"
        raise InvalidArgument(f"{first.field} {first.description}", reason=reason, violations=found)


def _violations(request: Message) -> Iterator[Violation]:
    for field, limit in _TEXT.items():
        value = getattr(request, field, "") if field in request.DESCRIPTOR.fields_by_name else ""
        if len(value) > limit:
            yield Violation(field, f"has {len(value):,} characters; at most {limit:,} are taken. {_shorter(field)}")
    if isinstance(request, (spec_pb2.LaunchSpecRequest, ticket_pb2.CreateTicketRequest)):
        yield from _idea(request)


def _shorter(field: str) -> str:
    return "Attach the rest as a file." if field == "description" else "Shorten it."


def _idea(request: spec_pb2.LaunchSpecRequest | ticket_pb2.CreateTicketRequest) -> Iterator[Violation]:
    if not request.title.strip() and not request.description.strip():
        yield Violation("description", "is empty, and so is the title. Say what you want in a sentence.")
    if len(request.attachments) > ATTACHMENTS:
        yield Violation(
            "attachments", f"are {len(request.attachments)}; at most {ATTACHMENTS} are taken. Leave some out."
        )
    size = sum(len(one.content) for one in request.attachments)
    if size > ATTACHMENT_BYTES:
        largest = max(request.attachments, key=lambda one: len(one.content))
        yield Violation(
            "attachments",
            f"have {size:,} bytes together; at most {ATTACHMENT_BYTES:,} are taken. "
            f"The largest is {largest.name} with {len(largest.content):,}.",
        )
    for index, one in enumerate(request.attachments):
        if len(one.name) > ATTACHMENT_NAME:
            yield Violation(
                f"attachments[{index}].name", f"has more than {ATTACHMENT_NAME} characters. Rename the file."
            )
    if len(request.context) > CONTEXT_ENTRIES:
        yield Violation("context", f"has {len(request.context)} entries; at most {CONTEXT_ENTRIES} are taken.")
    for index, entry in enumerate(request.context):
        if len(entry.text) > CONTEXT_TEXT:
            yield Violation(f"context[{index}].text", f"has more than {CONTEXT_TEXT:,} characters. Shorten it.")
