import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from omoi.v1 import common_pb2 as _common_pb2
from omoi.v1 import event_pb2 as _event_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SpecKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPEC_KIND_UNSPECIFIED: _ClassVar[SpecKind]
    SPEC_KIND_FULL: _ClassVar[SpecKind]
    SPEC_KIND_QUICK: _ClassVar[SpecKind]

class SpecStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPEC_STATUS_UNSPECIFIED: _ClassVar[SpecStatus]
    SPEC_STATUS_DRAFT: _ClassVar[SpecStatus]
    SPEC_STATUS_EXECUTING: _ClassVar[SpecStatus]
    SPEC_STATUS_AWAITING_REVIEW: _ClassVar[SpecStatus]
    SPEC_STATUS_PAUSED: _ClassVar[SpecStatus]
    SPEC_STATUS_COMPLETED: _ClassVar[SpecStatus]
    SPEC_STATUS_FAILED: _ClassVar[SpecStatus]
    SPEC_STATUS_CANCELLED: _ClassVar[SpecStatus]

class ExecutionOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXECUTION_OUTCOME_UNSPECIFIED: _ClassVar[ExecutionOutcome]
    EXECUTION_OUTCOME_OPEN: _ClassVar[ExecutionOutcome]
    EXECUTION_OUTCOME_SUCCEEDED: _ClassVar[ExecutionOutcome]
    EXECUTION_OUTCOME_FAILED: _ClassVar[ExecutionOutcome]
    EXECUTION_OUTCOME_CANCELLED: _ClassVar[ExecutionOutcome]

class ReviewDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REVIEW_DECISION_UNSPECIFIED: _ClassVar[ReviewDecision]
    REVIEW_DECISION_APPROVE: _ClassVar[ReviewDecision]
    REVIEW_DECISION_REQUEST_CHANGES: _ClassVar[ReviewDecision]
    REVIEW_DECISION_REJECT: _ClassVar[ReviewDecision]

class ExecuteSpecStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXECUTE_SPEC_STATUS_UNSPECIFIED: _ClassVar[ExecuteSpecStatus]
    EXECUTE_SPEC_STATUS_STARTED: _ClassVar[ExecuteSpecStatus]
    EXECUTE_SPEC_STATUS_ALREADY_RUNNING: _ClassVar[ExecuteSpecStatus]

class MessageDelivery(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_DELIVERY_UNSPECIFIED: _ClassVar[MessageDelivery]
    MESSAGE_DELIVERY_QUEUED: _ClassVar[MessageDelivery]
    MESSAGE_DELIVERY_INTERRUPT: _ClassVar[MessageDelivery]
    MESSAGE_DELIVERY_COMMENT: _ClassVar[MessageDelivery]

class CommentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMMENT_STATE_UNSPECIFIED: _ClassVar[CommentState]
    COMMENT_STATE_WAITING: _ClassVar[CommentState]
    COMMENT_STATE_DELIVERED: _ClassVar[CommentState]
    COMMENT_STATE_TAKEN: _ClassVar[CommentState]
SPEC_KIND_UNSPECIFIED: SpecKind
SPEC_KIND_FULL: SpecKind
SPEC_KIND_QUICK: SpecKind
SPEC_STATUS_UNSPECIFIED: SpecStatus
SPEC_STATUS_DRAFT: SpecStatus
SPEC_STATUS_EXECUTING: SpecStatus
SPEC_STATUS_AWAITING_REVIEW: SpecStatus
SPEC_STATUS_PAUSED: SpecStatus
SPEC_STATUS_COMPLETED: SpecStatus
SPEC_STATUS_FAILED: SpecStatus
SPEC_STATUS_CANCELLED: SpecStatus
EXECUTION_OUTCOME_UNSPECIFIED: ExecutionOutcome
EXECUTION_OUTCOME_OPEN: ExecutionOutcome
EXECUTION_OUTCOME_SUCCEEDED: ExecutionOutcome
EXECUTION_OUTCOME_FAILED: ExecutionOutcome
EXECUTION_OUTCOME_CANCELLED: ExecutionOutcome
REVIEW_DECISION_UNSPECIFIED: ReviewDecision
REVIEW_DECISION_APPROVE: ReviewDecision
REVIEW_DECISION_REQUEST_CHANGES: ReviewDecision
REVIEW_DECISION_REJECT: ReviewDecision
EXECUTE_SPEC_STATUS_UNSPECIFIED: ExecuteSpecStatus
EXECUTE_SPEC_STATUS_STARTED: ExecuteSpecStatus
EXECUTE_SPEC_STATUS_ALREADY_RUNNING: ExecuteSpecStatus
MESSAGE_DELIVERY_UNSPECIFIED: MessageDelivery
MESSAGE_DELIVERY_QUEUED: MessageDelivery
MESSAGE_DELIVERY_INTERRUPT: MessageDelivery
MESSAGE_DELIVERY_COMMENT: MessageDelivery
COMMENT_STATE_UNSPECIFIED: CommentState
COMMENT_STATE_WAITING: CommentState
COMMENT_STATE_DELIVERED: CommentState
COMMENT_STATE_TAKEN: CommentState

class Spec(_message.Message):
    __slots__ = ("spec_id", "project_id", "kind", "title", "description", "user_id", "status", "current_phase", "settled", "execution_status", "gates", "branch_name", "branch_tip", "base_commit", "base_branch", "pull_request_url", "pull_request_number", "sandbox_id", "progress", "last_work", "open_command", "last_heartbeat", "queue_position", "waiting_for", "labels", "archived", "priority", "source", "created_at", "updated_at", "last_sequence", "ticket_id", "reason", "engine", "behind", "phases", "work_dir")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_PHASE_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_STATUS_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    BRANCH_TIP_FIELD_NUMBER: _ClassVar[int]
    BASE_COMMIT_FIELD_NUMBER: _ClassVar[int]
    BASE_BRANCH_FIELD_NUMBER: _ClassVar[int]
    PULL_REQUEST_URL_FIELD_NUMBER: _ClassVar[int]
    PULL_REQUEST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_ID_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    LAST_WORK_FIELD_NUMBER: _ClassVar[int]
    OPEN_COMMAND_FIELD_NUMBER: _ClassVar[int]
    LAST_HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_POSITION_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TICKET_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    BEHIND_FIELD_NUMBER: _ClassVar[int]
    PHASES_FIELD_NUMBER: _ClassVar[int]
    WORK_DIR_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    project_id: str
    kind: SpecKind
    title: str
    description: str
    user_id: str
    status: SpecStatus
    current_phase: _common_pb2.SpecPhase
    settled: bool
    execution_status: ExecutionStatus
    gates: _common_pb2.GatePolicy
    branch_name: str
    branch_tip: str
    base_commit: str
    base_branch: str
    pull_request_url: str
    pull_request_number: int
    sandbox_id: str
    progress: Progress
    last_work: Activity
    open_command: Activity
    last_heartbeat: _timestamp_pb2.Timestamp
    queue_position: int
    waiting_for: str
    labels: _containers.RepeatedScalarFieldContainer[str]
    archived: bool
    priority: _common_pb2.Priority
    source: _common_pb2.Source
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    last_sequence: int
    ticket_id: str
    reason: str
    engine: str
    behind: int
    phases: _containers.RepeatedCompositeFieldContainer[PhaseSummary]
    work_dir: str
    def __init__(self, spec_id: _Optional[str] = ..., project_id: _Optional[str] = ..., kind: _Optional[_Union[SpecKind, str]] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., user_id: _Optional[str] = ..., status: _Optional[_Union[SpecStatus, str]] = ..., current_phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., settled: _Optional[bool] = ..., execution_status: _Optional[_Union[ExecutionStatus, _Mapping]] = ..., gates: _Optional[_Union[_common_pb2.GatePolicy, _Mapping]] = ..., branch_name: _Optional[str] = ..., branch_tip: _Optional[str] = ..., base_commit: _Optional[str] = ..., base_branch: _Optional[str] = ..., pull_request_url: _Optional[str] = ..., pull_request_number: _Optional[int] = ..., sandbox_id: _Optional[str] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., last_work: _Optional[_Union[Activity, _Mapping]] = ..., open_command: _Optional[_Union[Activity, _Mapping]] = ..., last_heartbeat: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., queue_position: _Optional[int] = ..., waiting_for: _Optional[str] = ..., labels: _Optional[_Iterable[str]] = ..., archived: _Optional[bool] = ..., priority: _Optional[_Union[_common_pb2.Priority, str]] = ..., source: _Optional[_Union[_common_pb2.Source, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_sequence: _Optional[int] = ..., ticket_id: _Optional[str] = ..., reason: _Optional[str] = ..., engine: _Optional[str] = ..., behind: _Optional[int] = ..., phases: _Optional[_Iterable[_Union[PhaseSummary, _Mapping]]] = ..., work_dir: _Optional[str] = ...) -> None: ...

class PhaseSummary(_message.Message):
    __slots__ = ("phase", "version", "score", "digest", "gated", "decision", "facts", "valid")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    GATED_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    phase: _common_pb2.SpecPhase
    version: int
    score: float
    digest: str
    gated: bool
    decision: ReviewDecision
    facts: _containers.RepeatedScalarFieldContainer[str]
    valid: bool
    def __init__(self, phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., version: _Optional[int] = ..., score: _Optional[float] = ..., digest: _Optional[str] = ..., gated: _Optional[bool] = ..., decision: _Optional[_Union[ReviewDecision, str]] = ..., facts: _Optional[_Iterable[str]] = ..., valid: _Optional[bool] = ...) -> None: ...

class ExecutionStatus(_message.Message):
    __slots__ = ("total", "queued", "running", "succeeded", "failed", "blocked", "paused", "cancelled", "is_complete", "outcome")
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    QUEUED_FIELD_NUMBER: _ClassVar[int]
    RUNNING_FIELD_NUMBER: _ClassVar[int]
    SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    IS_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    total: int
    queued: int
    running: int
    succeeded: int
    failed: int
    blocked: int
    paused: int
    cancelled: int
    is_complete: bool
    outcome: ExecutionOutcome
    def __init__(self, total: _Optional[int] = ..., queued: _Optional[int] = ..., running: _Optional[int] = ..., succeeded: _Optional[int] = ..., failed: _Optional[int] = ..., blocked: _Optional[int] = ..., paused: _Optional[int] = ..., cancelled: _Optional[int] = ..., is_complete: _Optional[bool] = ..., outcome: _Optional[_Union[ExecutionOutcome, str]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("phases_done", "phases_total", "criteria_done", "criteria_total", "tasks_done", "tasks_total")
    PHASES_DONE_FIELD_NUMBER: _ClassVar[int]
    PHASES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_DONE_FIELD_NUMBER: _ClassVar[int]
    CRITERIA_TOTAL_FIELD_NUMBER: _ClassVar[int]
    TASKS_DONE_FIELD_NUMBER: _ClassVar[int]
    TASKS_TOTAL_FIELD_NUMBER: _ClassVar[int]
    phases_done: int
    phases_total: int
    criteria_done: int
    criteria_total: int
    tasks_done: int
    tasks_total: int
    def __init__(self, phases_done: _Optional[int] = ..., phases_total: _Optional[int] = ..., criteria_done: _Optional[int] = ..., criteria_total: _Optional[int] = ..., tasks_done: _Optional[int] = ..., tasks_total: _Optional[int] = ...) -> None: ...

class Activity(_message.Message):
    __slots__ = ("text", "time")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    text: str
    time: _timestamp_pb2.Timestamp
    def __init__(self, text: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LaunchSpecRequest(_message.Message):
    __slots__ = ("title", "description", "project_id", "auto_execute", "gates", "base_branch", "work_dir", "attachments", "context", "source", "request_id", "priority")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTO_EXECUTE_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    BASE_BRANCH_FIELD_NUMBER: _ClassVar[int]
    WORK_DIR_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    title: str
    description: str
    project_id: str
    auto_execute: bool
    gates: _common_pb2.GatePolicy
    base_branch: str
    work_dir: str
    attachments: _containers.RepeatedCompositeFieldContainer[_common_pb2.Attachment]
    context: _containers.RepeatedCompositeFieldContainer[_common_pb2.ContextEntry]
    source: _common_pb2.Source
    request_id: str
    priority: _common_pb2.Priority
    def __init__(self, title: _Optional[str] = ..., description: _Optional[str] = ..., project_id: _Optional[str] = ..., auto_execute: _Optional[bool] = ..., gates: _Optional[_Union[_common_pb2.GatePolicy, _Mapping]] = ..., base_branch: _Optional[str] = ..., work_dir: _Optional[str] = ..., attachments: _Optional[_Iterable[_Union[_common_pb2.Attachment, _Mapping]]] = ..., context: _Optional[_Iterable[_Union[_common_pb2.ContextEntry, _Mapping]]] = ..., source: _Optional[_Union[_common_pb2.Source, _Mapping]] = ..., request_id: _Optional[str] = ..., priority: _Optional[_Union[_common_pb2.Priority, str]] = ...) -> None: ...

class LaunchSpecResponse(_message.Message):
    __slots__ = ("spec_id", "status", "current_phase", "sandbox_id", "message")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CURRENT_PHASE_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    status: SpecStatus
    current_phase: _common_pb2.SpecPhase
    sandbox_id: str
    message: str
    def __init__(self, spec_id: _Optional[str] = ..., status: _Optional[_Union[SpecStatus, str]] = ..., current_phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., sandbox_id: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ExecuteSpecRequest(_message.Message):
    __slots__ = ("spec_id", "from_phase", "request_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_PHASE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    from_phase: _common_pb2.SpecPhase
    request_id: str
    def __init__(self, spec_id: _Optional[str] = ..., from_phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ExecuteSpecResponse(_message.Message):
    __slots__ = ("spec_id", "status", "message", "current_phase", "sandbox_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_PHASE_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    status: ExecuteSpecStatus
    message: str
    current_phase: _common_pb2.SpecPhase
    sandbox_id: str
    def __init__(self, spec_id: _Optional[str] = ..., status: _Optional[_Union[ExecuteSpecStatus, str]] = ..., message: _Optional[str] = ..., current_phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., sandbox_id: _Optional[str] = ...) -> None: ...

class WatchSpecEventsRequest(_message.Message):
    __slots__ = ("spec_id", "after_sequence", "until_settled")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_SETTLED_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    after_sequence: int
    until_settled: bool
    def __init__(self, spec_id: _Optional[str] = ..., after_sequence: _Optional[int] = ..., until_settled: _Optional[bool] = ...) -> None: ...

class WatchSpecEventsResponse(_message.Message):
    __slots__ = ("events", "last_sequence", "live")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_event_pb2.SpecEvent]
    last_sequence: int
    live: bool
    def __init__(self, events: _Optional[_Iterable[_Union[_event_pb2.SpecEvent, _Mapping]]] = ..., last_sequence: _Optional[int] = ..., live: _Optional[bool] = ...) -> None: ...

class GetSpecRequest(_message.Message):
    __slots__ = ("spec_id",)
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    def __init__(self, spec_id: _Optional[str] = ...) -> None: ...

class GetSpecResponse(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: Spec
    def __init__(self, spec: _Optional[_Union[Spec, _Mapping]] = ...) -> None: ...

class ListSpecsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "project_id", "statuses", "labels", "query", "include_archived", "user_id")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    project_id: str
    statuses: _containers.RepeatedScalarFieldContainer[SpecStatus]
    labels: _containers.RepeatedScalarFieldContainer[str]
    query: str
    include_archived: bool
    user_id: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., project_id: _Optional[str] = ..., statuses: _Optional[_Iterable[_Union[SpecStatus, str]]] = ..., labels: _Optional[_Iterable[str]] = ..., query: _Optional[str] = ..., include_archived: _Optional[bool] = ..., user_id: _Optional[str] = ...) -> None: ...

class ListSpecsResponse(_message.Message):
    __slots__ = ("specs", "next_page_token")
    SPECS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    specs: _containers.RepeatedCompositeFieldContainer[Spec]
    next_page_token: str
    def __init__(self, specs: _Optional[_Iterable[_Union[Spec, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Labels(_message.Message):
    __slots__ = ("values",)
    VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ...) -> None: ...

class UpdateSpecRequest(_message.Message):
    __slots__ = ("spec_id", "labels", "archived", "priority", "request_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    labels: Labels
    archived: bool
    priority: _common_pb2.Priority
    request_id: str
    def __init__(self, spec_id: _Optional[str] = ..., labels: _Optional[_Union[Labels, _Mapping]] = ..., archived: _Optional[bool] = ..., priority: _Optional[_Union[_common_pb2.Priority, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UpdateSpecResponse(_message.Message):
    __slots__ = ("spec",)
    SPEC_FIELD_NUMBER: _ClassVar[int]
    spec: Spec
    def __init__(self, spec: _Optional[_Union[Spec, _Mapping]] = ...) -> None: ...

class ListSpecEventsRequest(_message.Message):
    __slots__ = ("spec_id", "after_sequence", "page_size")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    after_sequence: int
    page_size: int
    def __init__(self, spec_id: _Optional[str] = ..., after_sequence: _Optional[int] = ..., page_size: _Optional[int] = ...) -> None: ...

class ListSpecEventsResponse(_message.Message):
    __slots__ = ("events", "last_sequence", "has_more")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[_event_pb2.SpecEvent]
    last_sequence: int
    has_more: bool
    def __init__(self, events: _Optional[_Iterable[_Union[_event_pb2.SpecEvent, _Mapping]]] = ..., last_sequence: _Optional[int] = ..., has_more: _Optional[bool] = ...) -> None: ...

class GetPhaseOutputRequest(_message.Message):
    __slots__ = ("spec_id", "phase", "version")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    phase: _common_pb2.SpecPhase
    version: int
    def __init__(self, spec_id: _Optional[str] = ..., phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., version: _Optional[int] = ...) -> None: ...

class GetPhaseOutputResponse(_message.Message):
    __slots__ = ("spec_id", "phase", "version", "newest_version", "markdown", "data", "score", "findings", "digest", "decision", "decided_by", "decided_at", "comment", "changes", "created_at", "provenance", "valid")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NEWEST_VERSION_FIELD_NUMBER: _ClassVar[int]
    MARKDOWN_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    VALID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    phase: _common_pb2.SpecPhase
    version: int
    newest_version: int
    markdown: str
    data: _struct_pb2.Struct
    score: float
    findings: _containers.RepeatedScalarFieldContainer[str]
    digest: str
    decision: ReviewDecision
    decided_by: str
    decided_at: _timestamp_pb2.Timestamp
    comment: str
    changes: _containers.RepeatedScalarFieldContainer[str]
    created_at: _timestamp_pb2.Timestamp
    provenance: Provenance
    valid: bool
    def __init__(self, spec_id: _Optional[str] = ..., phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., version: _Optional[int] = ..., newest_version: _Optional[int] = ..., markdown: _Optional[str] = ..., data: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., score: _Optional[float] = ..., findings: _Optional[_Iterable[str]] = ..., digest: _Optional[str] = ..., decision: _Optional[_Union[ReviewDecision, str]] = ..., decided_by: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., comment: _Optional[str] = ..., changes: _Optional[_Iterable[str]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ..., valid: _Optional[bool] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("engine", "engine_version", "prompt_version", "model", "commit")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    engine: str
    engine_version: str
    prompt_version: str
    model: str
    commit: str
    def __init__(self, engine: _Optional[str] = ..., engine_version: _Optional[str] = ..., prompt_version: _Optional[str] = ..., model: _Optional[str] = ..., commit: _Optional[str] = ...) -> None: ...

class ReviewPhaseRequest(_message.Message):
    __slots__ = ("spec_id", "phase", "digest", "decision", "comment", "request_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    phase: _common_pb2.SpecPhase
    digest: str
    decision: ReviewDecision
    comment: str
    request_id: str
    def __init__(self, spec_id: _Optional[str] = ..., phase: _Optional[_Union[_common_pb2.SpecPhase, str]] = ..., digest: _Optional[str] = ..., decision: _Optional[_Union[ReviewDecision, str]] = ..., comment: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReviewPhaseResponse(_message.Message):
    __slots__ = ("spec", "message")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    spec: Spec
    message: str
    def __init__(self, spec: _Optional[_Union[Spec, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class CancelSpecRequest(_message.Message):
    __slots__ = ("spec_id", "reason", "request_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    reason: str
    request_id: str
    def __init__(self, spec_id: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CancelSpecResponse(_message.Message):
    __slots__ = ("spec", "message")
    SPEC_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    spec: Spec
    message: str
    def __init__(self, spec: _Optional[_Union[Spec, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class GetTranscriptRequest(_message.Message):
    __slots__ = ("spec_id", "task_id", "page_size", "page_token")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    task_id: str
    page_size: int
    page_token: str
    def __init__(self, spec_id: _Optional[str] = ..., task_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetTranscriptResponse(_message.Message):
    __slots__ = ("lines", "next_page_token")
    LINES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[TranscriptLine]
    next_page_token: str
    def __init__(self, lines: _Optional[_Iterable[_Union[TranscriptLine, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class TranscriptLine(_message.Message):
    __slots__ = ("sandbox_id", "line", "time", "type", "text")
    SANDBOX_ID_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    sandbox_id: str
    line: int
    time: _timestamp_pb2.Timestamp
    type: str
    text: str
    def __init__(self, sandbox_id: _Optional[str] = ..., line: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., type: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class CreateBranchRequest(_message.Message):
    __slots__ = ("spec_id", "request_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    request_id: str
    def __init__(self, spec_id: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreateBranchResponse(_message.Message):
    __slots__ = ("branch_name", "already_exists")
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    ALREADY_EXISTS_FIELD_NUMBER: _ClassVar[int]
    branch_name: str
    already_exists: bool
    def __init__(self, branch_name: _Optional[str] = ..., already_exists: _Optional[bool] = ...) -> None: ...

class CreatePullRequestRequest(_message.Message):
    __slots__ = ("spec_id", "force", "draft", "request_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    force: bool
    draft: bool
    request_id: str
    def __init__(self, spec_id: _Optional[str] = ..., force: _Optional[bool] = ..., draft: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class CreatePullRequestResponse(_message.Message):
    __slots__ = ("pull_request_url", "pull_request_number", "already_exists")
    PULL_REQUEST_URL_FIELD_NUMBER: _ClassVar[int]
    PULL_REQUEST_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ALREADY_EXISTS_FIELD_NUMBER: _ClassVar[int]
    pull_request_url: str
    pull_request_number: int
    already_exists: bool
    def __init__(self, pull_request_url: _Optional[str] = ..., pull_request_number: _Optional[int] = ..., already_exists: _Optional[bool] = ...) -> None: ...

class Comment(_message.Message):
    __slots__ = ("comment_id", "spec_id", "task_id", "user_id", "author", "text", "delivery", "state", "sandbox_id", "created_at", "taken_at", "permalink")
    COMMENT_ID_FIELD_NUMBER: _ClassVar[int]
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SANDBOX_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    TAKEN_AT_FIELD_NUMBER: _ClassVar[int]
    PERMALINK_FIELD_NUMBER: _ClassVar[int]
    comment_id: str
    spec_id: str
    task_id: str
    user_id: str
    author: str
    text: str
    delivery: MessageDelivery
    state: CommentState
    sandbox_id: str
    created_at: _timestamp_pb2.Timestamp
    taken_at: _timestamp_pb2.Timestamp
    permalink: str
    def __init__(self, comment_id: _Optional[str] = ..., spec_id: _Optional[str] = ..., task_id: _Optional[str] = ..., user_id: _Optional[str] = ..., author: _Optional[str] = ..., text: _Optional[str] = ..., delivery: _Optional[_Union[MessageDelivery, str]] = ..., state: _Optional[_Union[CommentState, str]] = ..., sandbox_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., taken_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., permalink: _Optional[str] = ...) -> None: ...

class SendMessageRequest(_message.Message):
    __slots__ = ("spec_id", "text", "delivery", "task_id", "permalink", "request_id")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    PERMALINK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    text: str
    delivery: MessageDelivery
    task_id: str
    permalink: str
    request_id: str
    def __init__(self, spec_id: _Optional[str] = ..., text: _Optional[str] = ..., delivery: _Optional[_Union[MessageDelivery, str]] = ..., task_id: _Optional[str] = ..., permalink: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class SendMessageResponse(_message.Message):
    __slots__ = ("comment", "message")
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    comment: Comment
    message: str
    def __init__(self, comment: _Optional[_Union[Comment, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class ListCommentsRequest(_message.Message):
    __slots__ = ("spec_id", "page_size", "page_token")
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    page_size: int
    page_token: str
    def __init__(self, spec_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCommentsResponse(_message.Message):
    __slots__ = ("comments", "next_page_token")
    COMMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    comments: _containers.RepeatedCompositeFieldContainer[Comment]
    next_page_token: str
    def __init__(self, comments: _Optional[_Iterable[_Union[Comment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PullRequest(_message.Message):
    __slots__ = ("number", "url", "title", "branch_name", "base_branch", "draft", "body")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_BRANCH_FIELD_NUMBER: _ClassVar[int]
    DRAFT_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    number: int
    url: str
    title: str
    branch_name: str
    base_branch: str
    draft: bool
    body: str
    def __init__(self, number: _Optional[int] = ..., url: _Optional[str] = ..., title: _Optional[str] = ..., branch_name: _Optional[str] = ..., base_branch: _Optional[str] = ..., draft: _Optional[bool] = ..., body: _Optional[str] = ...) -> None: ...

class GetPullRequestRequest(_message.Message):
    __slots__ = ("spec_id",)
    SPEC_ID_FIELD_NUMBER: _ClassVar[int]
    spec_id: str
    def __init__(self, spec_id: _Optional[str] = ...) -> None: ...

class GetPullRequestResponse(_message.Message):
    __slots__ = ("pull_request",)
    PULL_REQUEST_FIELD_NUMBER: _ClassVar[int]
    pull_request: PullRequest
    def __init__(self, pull_request: _Optional[_Union[PullRequest, _Mapping]] = ...) -> None: ...
