"""The server's messages as what is shown: omoi.v1 in, blocks.model out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from omoi.v1 import auth_pb2, common_pb2, project_pb2, spec_pb2, ticket_pb2
from omoi_bot.blocks.model import (
    PHASES,
    REVIEWED,
    Counts,
    GateView,
    Moment,
    PhaseView,
    PullRequestView,
    SpecView,
    TaskView,
    Who,
)

_SHORT_DIGITS = 4
"""Digits of a spec's id that are shown; lists and answers resolve a unique prefix."""

Users = Mapping[str, auth_pb2.User]


def spec_view(
    spec: spec_pb2.Spec,
    tasks: Iterable[ticket_pb2.Task],
    project: project_pb2.Project,
    *,
    as_of: datetime,
    users: Users,
    approvers: tuple[Who, ...] = (),
    gate: spec_pb2.GetPhaseOutputResponse | None = None,
) -> SpecView:
    """A spec as it is shown. `gate` is the output that waits for a decision, `users` those whom the spec names."""
    counts = spec.execution_status
    return SpecView(
        spec_id=spec.spec_id,
        title=spec.title,
        as_of=as_of,
        short_id=short_id(spec.spec_id),
        description=spec.description,
        project_id=spec.project_id,
        project_name=project.name,
        kind=_word(spec_pb2.SpecKind, "SPEC_KIND_", spec.kind),
        status=_word(spec_pb2.SpecStatus, "SPEC_STATUS_", spec.status),
        phase=_phase(spec.current_phase),
        phases=_phases(spec),
        tasks=tuple(_task(task) for task in tasks),
        counts=Counts(
            counts.total, counts.queued, counts.running, counts.succeeded, counts.failed, counts.blocked,
            counts.paused, counts.cancelled,
        ),
        outcome=_word(spec_pb2.ExecutionOutcome, "EXECUTION_OUTCOME_", counts.outcome),
        gates=tuple(_phase(phase) for phase in spec.gates.approval_phases),
        gate=_gate(spec, gate, approvers),
        last_work=_moment(spec, "last_work"),
        open_command=_moment(spec, "open_command"),
        last_heartbeat=_time(spec, "last_heartbeat"),
        queue_position=spec.queue_position,
        waiting_for=spec.waiting_for,
        branch=spec.branch_name,
        pull_request=_pull_request(spec),
        reason=spec.reason,
        requester=who(users.get(spec.user_id), spec.user_id),
        settled=spec.settled,
        sequence=spec.last_sequence,
    )  # fmt: skip


def short_id(spec_id: str) -> str:
    """`spec-7f3a` of `spec-7f3a91c2-…`."""
    return spec_id[: len("spec-") + _SHORT_DIGITS]


def who(user: auth_pb2.User | None, user_id: str = "") -> Who:
    """A user as one who can be mentioned in Slack if they are there, else by name."""
    if user is None:
        return Who(name=user_id)
    identity = next((one for one in user.identities if one.startswith("slack:")), "")
    return Who.of(identity, user.name) if identity else Who(name=user.name or user.user_id)


def _phases(spec: spec_pb2.Spec) -> tuple[PhaseView, ...]:
    if spec.kind == spec_pb2.SPEC_KIND_QUICK:
        return ()
    summaries = {_phase(one.phase): one for one in spec.phases}
    return tuple(_phase_view(spec, name, summaries.get(name)) for name in PHASES)


def _phase_view(spec: spec_pb2.Spec, name: str, summary: spec_pb2.PhaseSummary | None) -> PhaseView:
    state = _phase_state(spec, name, summary)
    if summary is None:
        return PhaseView(name, state)
    return PhaseView(
        name, state, summary.version, summary.score if summary.version else None, tuple(summary.facts),
        digest=summary.digest, gated=summary.gated,
        decision=_word(spec_pb2.ReviewDecision, "REVIEW_DECISION_", summary.decision),
        reason=spec.reason if state == "failed" else "",
    )  # fmt: skip


def _phase_state(spec: spec_pb2.Spec, name: str, summary: spec_pb2.PhaseSummary | None) -> str:
    current = _phase(spec.current_phase) == name
    if spec.status == spec_pb2.SPEC_STATUS_COMPLETED:
        return "done"
    if current and spec.status == spec_pb2.SPEC_STATUS_AWAITING_REVIEW:
        return "review"
    if current and spec.status == spec_pb2.SPEC_STATUS_FAILED:
        return "failed"
    done = summary is not None and summary.valid and summary.version > 0
    if done and summary is not None and summary.decision == spec_pb2.REVIEW_DECISION_REQUEST_CHANGES:
        done = False
    if done and not (current and spec.status == spec_pb2.SPEC_STATUS_EXECUTING and name not in REVIEWED):
        return "done"
    return "running" if current and spec.status == spec_pb2.SPEC_STATUS_EXECUTING else "pending"


def _gate(
    spec: spec_pb2.Spec, output: spec_pb2.GetPhaseOutputResponse | None, approvers: tuple[Who, ...]
) -> GateView | None:
    if spec.status != spec_pb2.SPEC_STATUS_AWAITING_REVIEW:
        return None
    summary = next((one for one in spec.phases if one.phase == spec.current_phase), None)
    if summary is None:
        return None
    return GateView(
        _phase(summary.phase), summary.version, summary.digest,
        changes=tuple(output.changes) if output is not None and output.digest == summary.digest else (),
        facts=tuple(summary.facts), approvers=approvers,
        since=_time(output, "created_at") if output is not None else None,
    )  # fmt: skip


def _task(task: ticket_pb2.Task) -> TaskView:
    return TaskView(
        task.task_id, task.key, task.title, _word(ticket_pb2.TaskStatus, "TASK_STATUS_", task.status),
        reason=task.reason or task.waiting_for, code=task.code, depends_on=tuple(task.depends_on),
        since=_time(task, "updated_at"), commit=task.commit,
    )  # fmt: skip


def _pull_request(spec: spec_pb2.Spec) -> PullRequestView | None:
    if not spec.pull_request_url:
        return None
    return PullRequestView(spec.pull_request_url, spec.pull_request_number)


def _moment(spec: spec_pb2.Spec, field: str) -> Moment | None:
    if not spec.HasField(field):
        return None
    activity: spec_pb2.Activity = getattr(spec, field)
    return Moment(activity.text, _time(activity, "time"))


def _time(message: Any, field: str) -> datetime | None:
    if not message.HasField(field):
        return None
    stamp: Timestamp = getattr(message, field)
    return stamp.ToDatetime()


def _phase(value: int) -> str:
    return _word(common_pb2.SpecPhase, "SPEC_PHASE_", value)


def _word(kind: Any, prefix: str, value: int) -> str:
    """The value without its prefix; "" when it is not set; the number when it is newer than this bot."""
    if value == 0:
        return ""
    try:
        return str(kind.Name(value)).removeprefix(prefix)
    except ValueError:
        return str(value)
