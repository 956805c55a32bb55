from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SpecPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPEC_PHASE_UNSPECIFIED: _ClassVar[SpecPhase]
    SPEC_PHASE_EXPLORE: _ClassVar[SpecPhase]
    SPEC_PHASE_REQUIREMENTS: _ClassVar[SpecPhase]
    SPEC_PHASE_DESIGN: _ClassVar[SpecPhase]
    SPEC_PHASE_TASKS: _ClassVar[SpecPhase]
    SPEC_PHASE_SYNC: _ClassVar[SpecPhase]
    SPEC_PHASE_COMPLETE: _ClassVar[SpecPhase]

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_CRITICAL: _ClassVar[Priority]
    PRIORITY_HIGH: _ClassVar[Priority]
    PRIORITY_MEDIUM: _ClassVar[Priority]
    PRIORITY_LOW: _ClassVar[Priority]
SPEC_PHASE_UNSPECIFIED: SpecPhase
SPEC_PHASE_EXPLORE: SpecPhase
SPEC_PHASE_REQUIREMENTS: SpecPhase
SPEC_PHASE_DESIGN: SpecPhase
SPEC_PHASE_TASKS: SpecPhase
SPEC_PHASE_SYNC: SpecPhase
SPEC_PHASE_COMPLETE: SpecPhase
PRIORITY_UNSPECIFIED: Priority
PRIORITY_CRITICAL: Priority
PRIORITY_HIGH: Priority
PRIORITY_MEDIUM: Priority
PRIORITY_LOW: Priority

class GatePolicy(_message.Message):
    __slots__ = ("approval_phases",)
    APPROVAL_PHASES_FIELD_NUMBER: _ClassVar[int]
    approval_phases: _containers.RepeatedScalarFieldContainer[SpecPhase]
    def __init__(self, approval_phases: _Optional[_Iterable[_Union[SpecPhase, str]]] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("kind", "label", "permalink")
    KIND_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PERMALINK_FIELD_NUMBER: _ClassVar[int]
    kind: str
    label: str
    permalink: str
    def __init__(self, kind: _Optional[str] = ..., label: _Optional[str] = ..., permalink: _Optional[str] = ...) -> None: ...

class ContextEntry(_message.Message):
    __slots__ = ("author", "time", "permalink", "text")
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    PERMALINK_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    author: str
    time: str
    permalink: str
    text: str
    def __init__(self, author: _Optional[str] = ..., time: _Optional[str] = ..., permalink: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class Attachment(_message.Message):
    __slots__ = ("name", "media_type", "content")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    media_type: str
    content: bytes
    def __init__(self, name: _Optional[str] = ..., media_type: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...
