"""Messages as plain data for JSON: numbers stay numbers, times are RFC 3339, enums are their names, keys never vary.

The standard mapping writes 64-bit numbers as strings and leaves empty fields out; a script wants neither.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp


def as_data(message: Message) -> Any:
    """`message` as dicts, lists and scalars. Unset messages are null; only the set member of a oneof is present."""
    if isinstance(message, Timestamp):
        return message.ToJsonString()
    if isinstance(message, Struct):
        return MessageToDict(message)
    data: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        choice = field.containing_oneof
        if choice is not None and message.WhichOneof(choice.name) != field.name:
            continue
        value = getattr(message, field.name)
        if field.is_repeated:
            data[field.name] = [_scalar(field, one) for one in value]
        elif field.message_type is not None and not message.HasField(field.name):
            data[field.name] = None
        else:
            data[field.name] = _scalar(field, value)
    return data


def _scalar(field: Any, value: Any) -> Any:
    if isinstance(value, Message):
        return as_data(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known is not None else value
    if isinstance(value, bytes):
        return value.hex()
    return value
