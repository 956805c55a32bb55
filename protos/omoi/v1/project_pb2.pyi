import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from omoi.v1 import auth_pb2 as _auth_pb2
from omoi.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Project(_message.Message):
    __slots__ = ("project_id", "name", "repo_url", "default_branch", "work_dir", "setup_command", "test_command", "gates", "max_concurrent_jobs", "export_documents", "created_at", "updated_at", "approvers")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REPO_URL_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_BRANCH_FIELD_NUMBER: _ClassVar[int]
    WORK_DIR_FIELD_NUMBER: _ClassVar[int]
    SETUP_COMMAND_FIELD_NUMBER: _ClassVar[int]
    TEST_COMMAND_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENT_JOBS_FIELD_NUMBER: _ClassVar[int]
    EXPORT_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    name: str
    repo_url: str
    default_branch: str
    work_dir: str
    setup_command: str
    test_command: str
    gates: _common_pb2.GatePolicy
    max_concurrent_jobs: int
    export_documents: bool
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    approvers: ApproverRule
    def __init__(self, project_id: _Optional[str] = ..., name: _Optional[str] = ..., repo_url: _Optional[str] = ..., default_branch: _Optional[str] = ..., work_dir: _Optional[str] = ..., setup_command: _Optional[str] = ..., test_command: _Optional[str] = ..., gates: _Optional[_Union[_common_pb2.GatePolicy, _Mapping]] = ..., max_concurrent_jobs: _Optional[int] = ..., export_documents: _Optional[bool] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., approvers: _Optional[_Union[ApproverRule, _Mapping]] = ...) -> None: ...

class ApproverRule(_message.Message):
    __slots__ = ("min_role", "user_ids", "requester_excluded")
    MIN_ROLE_FIELD_NUMBER: _ClassVar[int]
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_EXCLUDED_FIELD_NUMBER: _ClassVar[int]
    min_role: _auth_pb2.Role
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    requester_excluded: bool
    def __init__(self, min_role: _Optional[_Union[_auth_pb2.Role, str]] = ..., user_ids: _Optional[_Iterable[str]] = ..., requester_excluded: _Optional[bool] = ...) -> None: ...

class CreateProjectRequest(_message.Message):
    __slots__ = ("name", "repo_url", "default_branch", "work_dir", "setup_command", "test_command", "gates", "max_concurrent_jobs", "export_documents", "request_id", "approvers")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REPO_URL_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_BRANCH_FIELD_NUMBER: _ClassVar[int]
    WORK_DIR_FIELD_NUMBER: _ClassVar[int]
    SETUP_COMMAND_FIELD_NUMBER: _ClassVar[int]
    TEST_COMMAND_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENT_JOBS_FIELD_NUMBER: _ClassVar[int]
    EXPORT_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    name: str
    repo_url: str
    default_branch: str
    work_dir: str
    setup_command: str
    test_command: str
    gates: _common_pb2.GatePolicy
    max_concurrent_jobs: int
    export_documents: bool
    request_id: str
    approvers: ApproverRule
    def __init__(self, name: _Optional[str] = ..., repo_url: _Optional[str] = ..., default_branch: _Optional[str] = ..., work_dir: _Optional[str] = ..., setup_command: _Optional[str] = ..., test_command: _Optional[str] = ..., gates: _Optional[_Union[_common_pb2.GatePolicy, _Mapping]] = ..., max_concurrent_jobs: _Optional[int] = ..., export_documents: _Optional[bool] = ..., request_id: _Optional[str] = ..., approvers: _Optional[_Union[ApproverRule, _Mapping]] = ...) -> None: ...

class CreateProjectResponse(_message.Message):
    __slots__ = ("project", "message")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    project: Project
    message: str
    def __init__(self, project: _Optional[_Union[Project, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...

class GetProjectRequest(_message.Message):
    __slots__ = ("project_id",)
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    def __init__(self, project_id: _Optional[str] = ...) -> None: ...

class GetProjectResponse(_message.Message):
    __slots__ = ("project",)
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    project: Project
    def __init__(self, project: _Optional[_Union[Project, _Mapping]] = ...) -> None: ...

class ListProjectsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProjectsResponse(_message.Message):
    __slots__ = ("projects", "next_page_token")
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    projects: _containers.RepeatedCompositeFieldContainer[Project]
    next_page_token: str
    def __init__(self, projects: _Optional[_Iterable[_Union[Project, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateProjectRequest(_message.Message):
    __slots__ = ("project_id", "default_branch", "work_dir", "setup_command", "test_command", "gates", "max_concurrent_jobs", "export_documents", "request_id", "approvers")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_BRANCH_FIELD_NUMBER: _ClassVar[int]
    WORK_DIR_FIELD_NUMBER: _ClassVar[int]
    SETUP_COMMAND_FIELD_NUMBER: _ClassVar[int]
    TEST_COMMAND_FIELD_NUMBER: _ClassVar[int]
    GATES_FIELD_NUMBER: _ClassVar[int]
    MAX_CONCURRENT_JOBS_FIELD_NUMBER: _ClassVar[int]
    EXPORT_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    default_branch: str
    work_dir: str
    setup_command: str
    test_command: str
    gates: _common_pb2.GatePolicy
    max_concurrent_jobs: int
    export_documents: bool
    request_id: str
    approvers: ApproverRule
    def __init__(self, project_id: _Optional[str] = ..., default_branch: _Optional[str] = ..., work_dir: _Optional[str] = ..., setup_command: _Optional[str] = ..., test_command: _Optional[str] = ..., gates: _Optional[_Union[_common_pb2.GatePolicy, _Mapping]] = ..., max_concurrent_jobs: _Optional[int] = ..., export_documents: _Optional[bool] = ..., request_id: _Optional[str] = ..., approvers: _Optional[_Union[ApproverRule, _Mapping]] = ...) -> None: ...

class UpdateProjectResponse(_message.Message):
    __slots__ = ("project",)
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    project: Project
    def __init__(self, project: _Optional[_Union[Project, _Mapping]] = ...) -> None: ...
