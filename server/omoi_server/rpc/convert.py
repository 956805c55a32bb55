"""Views of the store become messages of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from omoi.v1 import common_pb2, event_pb2, project_pb2, spec_pb2, ticket_pb2
from omoi_server.domain.approvers import ApproverRule
from omoi_server.domain.states import TaskStatus
from omoi_server.rpc import names
from omoi_server.store.views_counts import ExecutionView
from omoi_server.store.views_outputs import OutputView
from omoi_server.store.views_specs import PhaseLine, SpecView
from omoi_server.store.views_tasks import TaskView, TicketView


def timestamp(moment: datetime | None) -> Timestamp | None:
    """A stored time (naive UTC) as a Timestamp; None stays unset."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def parse(content: Mapping[str, Any], message: Message) -> str:
    """Fill the message from stored JSON; fields it does not know are passed over.

    Content that cannot be it leaves the message empty; returned is what was wrong, "" when nothing was.
    """
    try:
        json_format.ParseDict(dict(content), message, ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError, TypeError) as error:
        message.Clear()
        return str(error) or repr(error)
    return ""


def gates(phases: Iterable[str]) -> common_pb2.GatePolicy:
    return common_pb2.GatePolicy(approval_phases=[names.PHASE.number(phase) for phase in phases])


_SPEC_COLUMNS = (
    "spec_id",
    "project_id",
    "title",
    "description",
    "user_id",
    "settled",
    "branch_name",
    "branch_tip",
    "base_commit",
    "base_branch",
    "pull_request_url",
    "pull_request_number",
    "labels",
    "archived",
    "last_sequence",
    "reason",
    "engine",
    "behind",
    "work_dir",
)
"""Columns that go into fields of the same name."""


def spec(view: SpecView) -> spec_pb2.Spec:
    """A spec with everything computed."""
    row = view.row
    return spec_pb2.Spec(
        **{name: row[name] for name in _SPEC_COLUMNS},
        kind=names.KIND.number(row["kind"]),
        status=names.STATUS.number(row["status"]),
        current_phase=names.PHASE.number(row["current_phase"]),
        execution_status=_execution(view.execution),
        gates=gates(row["gates"]),
        sandbox_id=view.sandbox.sandbox_id,
        progress=spec_pb2.Progress(
            phases_done=view.phases_done,
            phases_total=view.phases_total,
            criteria_done=view.criteria.done,
            criteria_total=view.criteria.total,
            tasks_done=view.execution.by_status.get(TaskStatus.SUCCEEDED, 0),
            tasks_total=view.execution.total,
        ),
        last_work=_activity(row["last_work"], row["last_work_at"]),
        open_command=_activity(view.sandbox.open_command, view.sandbox.open_command_at),
        last_heartbeat=timestamp(view.sandbox.last_heartbeat),
        queue_position=view.queue_position,
        waiting_for=view.waiting_for,
        priority=names.priority(row["priority"]),
        source=_source(row["source"]),
        created_at=timestamp(row["created_at"]),
        updated_at=timestamp(row["updated_at"]),
        ticket_id=view.ticket_id,
        phases=[_phase(phase) for phase in view.phases],
    )


def _execution(view: ExecutionView) -> spec_pb2.ExecutionStatus:
    return spec_pb2.ExecutionStatus(
        total=view.total,
        queued=view.by_status.get(TaskStatus.QUEUED, 0),
        running=view.by_status.get(TaskStatus.RUNNING, 0),
        succeeded=view.by_status.get(TaskStatus.SUCCEEDED, 0),
        failed=view.by_status.get(TaskStatus.FAILED, 0),
        blocked=view.by_status.get(TaskStatus.BLOCKED, 0),
        paused=view.by_status.get(TaskStatus.PAUSED, 0),
        cancelled=view.by_status.get(TaskStatus.CANCELLED, 0),
        is_complete=view.is_complete,
        outcome=names.OUTCOME.number(view.outcome),
    )


def _activity(text: str, since: datetime | None) -> spec_pb2.Activity | None:
    return spec_pb2.Activity(text=text, time=timestamp(since)) if text else None


def _source(source: Mapping[str, Any]) -> common_pb2.Source:
    return common_pb2.Source(**{name: str(source.get(name, "")) for name in ("kind", "label", "permalink")})


def _phase(line: PhaseLine) -> spec_pb2.PhaseSummary:
    return spec_pb2.PhaseSummary(
        phase=names.PHASE.number(line.phase),
        version=line.version,
        score=line.score,
        digest=line.digest,
        gated=line.gated,
        decision=names.DECISION.number(line.decision),
        facts=[str(fact) for fact in line.facts],
        valid=line.valid,
    )


def output(view: OutputView, markdown: str) -> spec_pb2.GetPhaseOutputResponse:
    """A version of a phase output with its document."""
    row = view.row
    provenance = row["provenance"]
    fields = ("engine", "engine_version", "prompt_version", "model", "commit")
    return spec_pb2.GetPhaseOutputResponse(
        **{name: row[name] for name in ("spec_id", "version", "score", "digest", "decided_by", "comment", "valid")},
        phase=names.PHASE.number(row["phase"]),
        newest_version=view.newest_version,
        markdown=markdown,
        data=json_format.ParseDict(row["data"], Struct()),
        findings=[str(finding) for finding in row["findings"]],
        decision=names.DECISION.number(row["decision"]),
        decided_at=timestamp(row["decided_at"]),
        changes=[str(change) for change in row["changes"]],
        created_at=timestamp(row["created_at"]),
        provenance=spec_pb2.Provenance(**{name: str(provenance.get(name) or "") for name in fields}),
    )


def transcript_line(row: Mapping[Any, Any]) -> spec_pb2.TranscriptLine:
    """A journal line."""
    return spec_pb2.TranscriptLine(
        **{name: row[name] for name in ("sandbox_id", "line", "type", "text")}, time=timestamp(row["at"])
    )


def ticket(view: TicketView) -> ticket_pb2.Ticket:
    """A ticket with its tasks counted."""
    row = view.row
    return ticket_pb2.Ticket(
        **{name: row[name] for name in ("ticket_id", "project_id", "spec_id", "title", "moved_by_hand")},
        phase=names.TICKET_PHASE.number(row["phase"]),
        tasks_total=view.tasks_total,
        tasks_done=view.tasks_done,
        created_at=timestamp(row["created_at"]),
        updated_at=timestamp(row["updated_at"]),
    )


_TASK_COLUMNS = (
    "task_id",
    "ticket_id",
    "spec_id",
    "key",
    "title",
    "description",
    "depends_on",
    "requirements",
    "files",
    "reason",
    "code",
    "sandbox_id",
    "attempts",
    "summary",
)


def task(view: TaskView) -> ticket_pb2.Task:
    """A task."""
    row = view.row
    return ticket_pb2.Task(
        **{name: row[name] for name in _TASK_COLUMNS},
        status=names.TASK_STATUS.number(row["status"]),
        priority=names.priority(row["priority"]),
        check=row["check_command"],
        commit=row["commit_sha"],
        evidence=_evidence(row["evidence"]),
        created_at=timestamp(row["created_at"]),
        updated_at=timestamp(row["updated_at"]),
        waiting_for=view.waiting_for,
    )


def _evidence(evidence: Mapping[str, Any]) -> event_pb2.Evidence | None:
    """Evidence as far as it fits the contract; a worker wrote it."""
    if not evidence:
        return None
    message = event_pb2.Evidence()
    parse(evidence, message)
    return message


_PROJECT_COLUMNS = (
    "project_id",
    "name",
    "repo_url",
    "default_branch",
    "work_dir",
    "setup_command",
    "test_command",
    "max_concurrent_jobs",
    "export_documents",
)


def project(row: Mapping[Any, Any]) -> project_pb2.Project:
    """A project."""
    return project_pb2.Project(
        **{name: row[name] for name in _PROJECT_COLUMNS},
        gates=gates(row["gates"]),
        created_at=timestamp(row["created_at"]),
        updated_at=timestamp(row["updated_at"]),
        approvers=_approvers(row["approvers"]),
    )


def _approvers(stored: Mapping[str, Any]) -> project_pb2.ApproverRule | None:
    """The rule; not set when there is none."""
    if not stored:
        return None
    rule = ApproverRule.of(stored)
    return project_pb2.ApproverRule(
        min_role=names.ROLE.number(rule.min_role),
        user_ids=rule.user_ids,
        requester_excluded=rule.requester_excluded,
    )


def comment(row: Any) -> spec_pb2.Comment:
    """A row of `tables.comments`."""
    return spec_pb2.Comment(
        comment_id=row.comment_id,
        spec_id=row.spec_id,
        task_id=row.task_id,
        user_id=row.user_id,
        author=row.author,
        text=row.text,
        delivery=names.DELIVERY.number(row.delivery),
        state=names.COMMENT_STATE.number(row.state),
        sandbox_id=row.sandbox_id,
        created_at=timestamp(row.created_at),
        taken_at=timestamp(row.taken_at),
        permalink=row.permalink,
    )
