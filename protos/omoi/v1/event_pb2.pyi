import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from omoi.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SpecEvent(_message.Message):
    __slots__ = ("spec_id", "sequence", "occurred_at", "type", "source", "phase", "via", "message", "spec", "phase_progress", "review", "task", "sandbox", "command", "branch", "pull_request", "ticket", "comment")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    PHASE_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REVIEW_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    PULL_REQUEST_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    sequence: int
    occurred_at: _timestamp_pb2.Timestamp
    type: str
    source: str
    phase: _common_pb2.SpecPhase
    via: str
    message: str
    spec: SpecChange
    phase_progress: PhaseProgress
    review: Review
    task: TaskChange
    sandbox: SandboxChange
    command: Command
    branch: BranchChange
    pull_request: PullRequestChange
    ticket: TicketChange
    comment: CommentChange
    def __init__(self, spec_id: _Optional[str] = ..., sequence: _Optional[int] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., type: _Optional[str] = ..., source: _Optional[str] = ..., phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., via: _Optional[str] = ..., message: _Optional[str] = ..., spec: _Optional[_Union[SpecChange, _Mapping]] = ..., phase_progress: _Optional[_Union[PhaseProgress, _Mapping]] = ..., review: _Optional[_Union[Review, _Mapping]] = ..., task: _Optional[_Union[TaskChange, _Mapping]] = ..., sandbox: _Optional[_Union[SandboxChange, _Mapping]] = ..., command: _Optional[_Union[Command, _Mapping]] = ..., branch: _Optional[_Union[BranchChange, _Mapping]] = ..., pull_request: _Optional[_Union[PullRequestChange, _Mapping]] = ..., ticket: _Optional[_Union[TicketChange, _Mapping]] = ..., comment: _Optional[_Union[CommentChange, _Mapping]] = ...) -> None: ...

class SpecChange(_message.Message):
    __slots__ = ("status", "reused", "reason", "done", "left", "tasks")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REUSED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TASKS_FIELD_NUMBER: _ClassVar[int]
    status: str
    reused: _containers.RepeatedScalarFieldContainer[_common_pb2.SpecPhase]
    reason: str
    done: str
    left: str
    tasks: int
    def __init__(self, status: _Optional[str] = ..., reused: _Optional[_Iterable[_Union[_common_pb2.SpecPhase, str]]] = ..., reason: _Optional[str] = ..., done: _Optional[str] = ..., left: _Optional[str] = ..., tasks: _Optional[int] = ...) -> None: ...

class PhaseProgress(_message.Message):
    __slots__ = ("attempt", "version", "score", "digest", "facts", "findings", "changes", "duration_ms")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    attempt: int
    version: int
    score: float
    digest: str
    facts: _containers.RepeatedScalarFieldContainer[str]
    findings: _containers.RepeatedScalarFieldContainer[str]
    changes: _containers.RepeatedScalarFieldContainer[str]
    duration_ms: int
    def __init__(self, attempt: _Optional[int] = ..., version: _Optional[int] = ..., score: _Optional[float] = ..., digest: _Optional[str] = ..., facts: _Optional[_Iterable[str]] = ..., findings: _Optional[_Iterable[str]] = ..., changes: _Optional[_Iterable[str]] = ..., duration_ms: _Optional[int] = ...) -> None: ...

class Review(_message.Message):
    __slots__ = ("version", "digest", "decided_by", "comment")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    version: int
    digest: str
    decided_by: str
    comment: str
    def __init__(self, version: _Optional[int] = ..., digest: _Optional[str] = ..., decided_by: _Optional[str] = ..., comment: _Optional[str] = ...) -> None: ...

class TaskChange(_message.Message):
    __slots__ = ("task_id", "key", "title", "status", "commit", "evidence", "reason", "code")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    key: str
    title: str
    status: str
    commit: str
    evidence: Evidence
    reason: str
    code: str
    def __init__(self, task_id: _Optional[str] = ..., key: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[str] = ..., commit: _Optional[str] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ..., reason: _Optional[str] = ..., code: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("command", "exit_code", "tail", "duration_ms", "tree")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    TAIL_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    TREE_FIELD_NUMBER: _ClassVar[int]
    command: str
    exit_code: int
    tail: str
    duration_ms: int
    tree: str
    def __init__(self, command: _Optional[str] = ..., exit_code: _Optional[int] = ..., tail: _Optional[str] = ..., duration_ms: _Optional[int] = ..., tree: _Optional[str] = ...) -> None: ...

class SandboxChange(_message.Message):
    __slots__ = ("sandbox_id", "job_id", "task_id", "location", "reason")
    SANDBOX_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    sandbox_id: str
    job_id: str
    task_id: str
    location: str
    reason: str
    def __init__(self, sandbox_id: _Optional[str] = ..., job_id: _Optional[str] = ..., task_id: _Optional[str] = ..., location: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("id", "text", "exit_code", "duration_ms", "task_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    text: str
    exit_code: int
    duration_ms: int
    task_id: str
    def __init__(self, id: _Optional[int] = ..., text: _Optional[str] = ..., exit_code: _Optional[int] = ..., duration_ms: _Optional[int] = ..., task_id: _Optional[str] = ...) -> None: ...

class BranchChange(_message.Message):
    __slots__ = ("branch_name", "commit")
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    branch_name: str
    commit: str
    def __init__(self, branch_name: _Optional[str] = ..., commit: _Optional[str] = ...) -> None: ...

class PullRequestChange(_message.Message):
    __slots__ = ("number", "url", "missing_tasks")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    MISSING_TASKS_FIELD_NUMBER: _ClassVar[int]
    number: int
    url: str
    missing_tasks: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, number: _Optional[int] = ..., url: _Optional[str] = ..., missing_tasks: _Optional[_Iterable[str]] = ...) -> None: ...

class TicketChange(_message.Message):
    __slots__ = ("ticket_id", "phase")
    TICKET_ID_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    ticket_id: str
    phase: str
    def __init__(self, ticket_id: _Optional[str] = ..., phase: _Optional[str] = ...) -> None: ...

class CommentChange(_message.Message):
    __slots__ = ("comment_id", "author", "text", "task_id", "sandbox_id")
    COMMENT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_ID_FIELD_NUMBER: _ClassVar[int]
    comment_id: str
    author: str
    text: str
    task_id: str
    sandbox_id: str
    def __init__(self, comment_id: _Optional[str] = ..., author: _Optional[str] = ..., text: _Optional[str] = ..., task_id: _Optional[str] = ..., sandbox_id: _Optional[str] = ...) -> None: ...
