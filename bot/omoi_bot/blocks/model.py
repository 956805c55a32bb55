"""What the builders are given, and what they return. All values are frozen; times are UTC, naive or aware.

Every `str` here may hold anything that a person, a model or a repository wrote: builders escape it. The exceptions are
ids and enum words, which are escaped all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Block = dict[str, Any]
View = dict[str, Any]

PHASES = ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC", "COMPLETE")
"""Names of SpecPhase without prefix, in order."""

REVIEWED = PHASES[:4]
"""Phases that have a document and that a gate can stand behind before anything is written."""

DOCUMENT_PHASES = REVIEWED

_USER = re.compile(r"[UW][A-Z0-9]{2,30}")
_GROUP = re.compile(r"S[A-Z0-9]{2,30}")
_IDENTITY = re.compile(r"slack:[ET][A-Z0-9]+/([UW][A-Z0-9]+)")


@dataclass(frozen=True)
class Message:
    """A message for a channel, thread or DM: `text` is what phones and screen readers say, `blocks` what is drawn."""

    text: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Who:
    """A person or user group. With a Slack id it becomes a mention, else the escaped name."""

    slack_user: str = ""
    name: str = ""
    group: str = ""

    @classmethod
    def of(cls, identity: str, name: str = "") -> Who:
        """From `slack:<T or E>/<U>`; any other identity is shown by name, or as it is without one."""
        found = _IDENTITY.fullmatch(identity)
        return cls(slack_user=found.group(1), name=name) if found else cls(name=name or identity)

    @property
    def mention(self) -> str:
        """`<@U…>` or `<!subteam^S…>`; empty when the id is none of Slack's."""
        if _USER.fullmatch(self.slack_user):
            return f"<@{self.slack_user}>"
        return f"<!subteam^{self.group}>" if _GROUP.fullmatch(self.group) else ""


@dataclass(frozen=True)
class Moment:
    """Something done or being done, and when or since when."""

    text: str
    time: datetime | None = None


@dataclass(frozen=True)
class PhaseView:
    """One planning phase. `state` is pending, running, review, done, failed or skipped; `score` 0 to 1 or None."""

    name: str
    state: str = "pending"
    version: int = 0
    score: float | None = None
    facts: tuple[str, ...] = ()
    duration_ms: int = 0
    digest: str = ""
    gated: bool = False
    decision: str = ""
    decided_by: Who | None = None
    changes: tuple[str, ...] = ()
    since: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class TaskView:
    """One executable task; `status` is a TaskStatus without prefix, `depends_on` keys, `since` when it started."""

    task_id: str
    key: str = ""
    title: str = ""
    status: str = "QUEUED"
    reason: str = ""
    code: str = ""
    depends_on: tuple[str, ...] = ()
    since: datetime | None = None
    commit: str = ""


@dataclass(frozen=True)
class Counts:
    """Tasks of the current plan by state."""

    total: int = 0
    queued: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    blocked: int = 0
    paused: int = 0
    cancelled: int = 0


@dataclass(frozen=True)
class GateView:
    """The version that waits for a person. `tasks` is how many tasks approving starts; 0: read from `facts`."""

    phase: str
    version: int
    digest: str
    changes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    approvers: tuple[Who, ...] = ()
    since: datetime | None = None
    tasks: int = 0


@dataclass(frozen=True)
class PullRequestView:
    """`url` is https, or an absolute path for a forge on this host. `state` is open, draft, merged or closed."""

    url: str
    number: int = 0
    state: str = "open"
    missing_tasks: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpecView:
    """A spec as it is at `as_of`. `kind` FULL or QUICK; `status` a SpecStatus, `outcome` an ExecutionOutcome, no prefix."""

    spec_id: str
    title: str
    as_of: datetime
    short_id: str = ""
    description: str = ""
    project_id: str = ""
    project_name: str = ""
    kind: str = "FULL"
    status: str = "EXECUTING"
    phase: str = ""
    phases: tuple[PhaseView, ...] = ()
    tasks: tuple[TaskView, ...] = ()
    counts: Counts = Counts()
    outcome: str = ""
    gates: tuple[str, ...] = ()
    gate: GateView | None = None
    last_work: Moment | None = None
    open_command: Moment | None = None
    last_heartbeat: datetime | None = None
    queue_position: int = 0
    waiting_for: str = ""
    branch: str = ""
    commits: int = 0
    pull_request: PullRequestView | None = None
    reason: str = ""
    done: str = ""
    kept: str = ""
    requester: Who = Who()
    settled: bool = False
    live_since: datetime | None = None
    silent_since: datetime | None = None
    ended_at: datetime | None = None
    comments: int = 0
    sequence: int = 0

    def phase_named(self, name: str) -> PhaseView:
        """The phase, or a pending one of that name."""
        return next((one for one in self.phases if one.name == name), PhaseView(name))


@dataclass(frozen=True)
class PhaseOutput:
    """One version of a phase's document, as GetPhaseOutput answers."""

    spec_id: str
    phase: str
    version: int
    markdown: str
    title: str = ""
    short_id: str = ""
    digest: str = ""
    score: float | None = None
    decision: str = ""
    decided_by: Who | None = None
    decided_at: datetime | None = None
    file_link: str = ""


@dataclass(frozen=True)
class RequirementView:
    """One requirement to tick: `REQ-001` and its title."""

    requirement_id: str
    title: str = ""


@dataclass(frozen=True)
class ProjectView:
    """A project to choose."""

    project_id: str
    name: str
    repository: str = ""


@dataclass(frozen=True)
class RequestView:
    """A request that waits: for a project, a person, a role, a confirmation or a room."""

    request_id: str
    text: str
    title: str = ""
    requester: Who = Who()
    asked_at: datetime | None = None
    as_of: datetime | None = None
    channel: str = ""
    project_name: str = ""
    quick: bool = False


@dataclass(frozen=True)
class EventView:
    """One event of the log: its number, time, dotted type, subject (phase or task), sentence and author."""

    sequence: int
    time: datetime
    type: str
    message: str
    subject: str = ""
    who: Who | None = None


@dataclass(frozen=True)
class LogLine:
    """One line of a worker's transcript."""

    time: datetime | None
    text: str


@dataclass(frozen=True)
class ChannelView:
    """A channel's link and settings. `listening` mention, requester or all; `verbosity` quiet, normal or everything.
    `gates` None follows the project's, which always asks after `project_gates`; `members` None is unknown. `usergroup` is an
    id ("S…"), `bots` are ids of apps whose messages are taken as comments ("B…")."""

    channel: str
    name: str = ""
    project: ProjectView | None = None
    listening: str = "requester"
    verbosity: str = "normal"
    broadcast: bool = False
    gates: tuple[str, ...] | None = None
    members: int | None = None
    shared: bool = False
    linked_by: Who | None = None
    usergroup: str = ""
    bots: tuple[str, ...] = ()
    project_gates: tuple[str, ...] = ()


@dataclass(frozen=True)
class LaunchView:
    """What the launch form starts with. `project_id` is chosen at first; `errors` names are block ids of the form."""

    projects: tuple[ProjectView, ...] = ()
    project_id: str = ""
    title: str = ""
    description: str = ""
    base_branch: str = ""
    quick: bool = False
    gates: tuple[str, ...] = ("TASKS",)
    channel: str = ""
    thread_ts: str = ""
    message_ts: str = ""
    from_thread: int = 0
    private: bool = False


@dataclass(frozen=True)
class CardView:
    """A ticket on the board."""

    ticket_id: str
    title: str
    spec_id: str = ""
    status: str = ""


@dataclass(frozen=True)
class ColumnView:
    """A column of the board; `name` is a TicketPhase without prefix."""

    name: str
    cards: tuple[CardView, ...] = ()


@dataclass(frozen=True)
class HomeView:
    """What one person's Home shows. `notice` is said on top: why nothing can be shown, or that no admin is there yet."""

    as_of: datetime
    waiting: tuple[SpecView, ...] = ()
    running: tuple[SpecView, ...] = ()
    recent: tuple[SpecView, ...] = ()
    projects: tuple[ProjectView, ...] = ()
    project: ProjectView | None = None
    board: tuple[ColumnView, ...] = ()
    timezone: str = ""
    reminders: bool = True
    notice: str = ""
