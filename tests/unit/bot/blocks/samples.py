"""Specs in every state, and every screen built from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from omoi_bot.blocks.model import (
    CardView,
    ChannelView,
    ColumnView,
    Counts,
    EventView,
    GateView,
    HomeView,
    LaunchView,
    LogLine,
    Moment,
    PhaseOutput,
    PhaseView,
    ProjectView,
    PullRequestView,
    RequestView,
    RequirementView,
    SpecView,
    TaskView,
    Who,
)

NOW = datetime(2026, 11, 20, 10, 5, tzinfo=UTC)
MARA = Who("U0MARA00001", "mara")
JON = Who("U0JON000001", "jon")
TEAM = Who(group="S0REVIEW001", name="reviewers")
SPEC_ID = "spec-7f3a91c2-0000-4000-8000-000000000001"
DIGEST = "a1" * 32
LINK = "https://omoi.slack.com/archives/C0SHOP00001/p1763632920000100"
SHOP = ProjectView("prj-00000001-0000-4000-8000-000000000001", "shop", "/srv/git/shop")
WEB = ProjectView("prj-00000002-0000-4000-8000-000000000002", "web", "https://github.com/acme/web")

_EXPLORE = PhaseView("EXPLORE", "done", 1, facts=("34 files, Python, pytest",), duration_ms=400, digest=DIGEST)
_REQUIREMENTS = PhaseView(
    "REQUIREMENTS", "done", 1, 0.96, ("3 requirements, 9 criteria",), 2100, DIGEST, decision="", changes=()
)
_DESIGN = PhaseView("DESIGN", "done", 1, 0.91, ("2 components, 3 files touched",), 3100, DIGEST)
_TASKS = PhaseView("TASKS", "done", 1, 1.0, ("5 tasks in 3 waves",), 900, DIGEST, gated=True)
PLANNED = (_EXPLORE, _REQUIREMENTS, _DESIGN, _TASKS, PhaseView("SYNC", "done"), PhaseView("COMPLETE", "done"))

TASKS = tuple(
    TaskView(
        f"tsk-0000000{n}-0000-4000-8000-000000000000",
        f"TSK-00{n}",
        title,
        "SUCCEEDED" if n < 4 else "RUNNING" if n == 4 else "QUEUED",
        depends_on=(f"TSK-00{n - 1}",) if n > 1 else (),
        since=NOW - timedelta(minutes=2) if n == 4 else None,
        commit="4c1e9ab" if n < 4 else "",
    )
    for n, title in enumerate(
        ("Count failed logins", "Lock the account", "Email the owner", "Unlock after an hour", "Document it"), 1
    )
)

STARTING = SpecView(
    SPEC_ID,
    "Lock an account after five failed logins",
    NOW,
    short_id="spec-7f3a",
    description="Lock an account after five failed logins and email its owner",
    project_id=SHOP.project_id,
    project_name="shop",
    phases=tuple(PhaseView(one.name) for one in PLANNED),
    gates=("TASKS",),
    requester=MARA,
    live_since=NOW - timedelta(minutes=4),
    sequence=2,
)
DRAFT = replace(STARTING, status="DRAFT", settled=True)
QUEUED = replace(STARTING, queue_position=3, waiting_for="a free slot (limit 5)")
PLANNING = replace(
    STARTING,
    phase="DESIGN",
    phases=(
        _EXPLORE,
        _REQUIREMENTS,
        PhaseView("DESIGN", "running", since=NOW - timedelta(minutes=1)),
        PhaseView("TASKS"),
    ),
    last_work=Moment("read shop/auth.py", NOW - timedelta(seconds=30)),
    sequence=14,
)
SILENT = replace(
    PLANNING,
    open_command=Moment("pip install -r requirements.txt", NOW - timedelta(minutes=6)),
    last_heartbeat=NOW - timedelta(seconds=8),
    silent_since=NOW - timedelta(minutes=5),
)
REVIEW = replace(
    PLANNING,
    status="AWAITING_REVIEW",
    phase="TASKS",
    phases=(_EXPLORE, _REQUIREMENTS, _DESIGN, replace(_TASKS, state="review")),
    gate=GateView("TASKS", 1, DIGEST, (), ("5 tasks in 3 waves",), (JON, MARA), NOW - timedelta(minutes=1)),
    settled=True,
)
SECOND = replace(
    REVIEW,
    phases=(_EXPLORE, replace(_REQUIREMENTS, state="review", version=2), PhaseView("DESIGN"), PhaseView("TASKS")),
    gate=GateView(
        "REQUIREMENTS",
        2,
        DIGEST,
        ("REQ-002 changed", "1 criterion added"),
        ("3 requirements, 10 criteria",),
        (JON,),
        NOW,
    ),
    comments=2,
)
BUILDING = replace(
    STARTING,
    status="COMPLETED",
    phase="COMPLETE",
    phases=PLANNED,
    tasks=TASKS,
    counts=Counts(5, queued=1, running=1, succeeded=3),
    outcome="OPEN",
    open_command=Moment("pytest -q", NOW - timedelta(minutes=2)),
    branch="spec/7f3a91c2-lock-an-account-after-five",
    commits=4,
    sequence=48,
)
PAUSED = replace(
    BUILDING,
    tasks=(
        *TASKS[:3],
        replace(TASKS[3], status="PAUSED", reason="The branch is checked out in the repository."),
        TASKS[4],
    ),
    counts=Counts(5, paused=1, succeeded=3, blocked=1),
    open_command=None,
)
STUCK = replace(STARTING, status="PAUSED", waiting_for="a test command that runs: pytest is not installed")
FAILED = replace(
    PLANNING,
    status="FAILED",
    phases=(
        _EXPLORE,
        _REQUIREMENTS,
        PhaseView("DESIGN", "failed", reason="Three attempts: component Login has no file."),
        PhaseView("TASKS"),
    ),
    last_work=None,
)
INCOMPLETE = replace(
    BUILDING,
    tasks=(
        *TASKS[:3],
        replace(TASKS[3], status="FAILED", reason="2 tests fail: test_unlock, test_clock.", code="CHECK_FAILED"),
        replace(TASKS[4], status="BLOCKED"),
    ),
    counts=Counts(5, failed=1, succeeded=3, blocked=1),
    outcome="FAILED",
    open_command=None,
)
CANCELLED = replace(
    BUILDING,
    status="CANCELLED",
    counts=Counts(5, succeeded=3, cancelled=2),
    tasks=(*TASKS[:3], replace(TASKS[3], status="CANCELLED"), replace(TASKS[4], status="CANCELLED")),
    done="requirements, design, 3 of 5 tasks",
    kept="the branch and TSK-004's unfinished work",
    open_command=None,
)
READY = replace(
    BUILDING,
    tasks=tuple(replace(one, status="SUCCEEDED", commit="9d02f31") for one in TASKS),
    counts=Counts(5, succeeded=5),
    outcome="SUCCEEDED",
    commits=6,
    open_command=None,
    settled=True,
    live_since=NOW - timedelta(minutes=22),
    ended_at=NOW,
)
PUBLISHED = replace(READY, pull_request=PullRequestView("/srv/pull-requests/shop-1.md", 1))
PUBLISHED_WEB = replace(READY, pull_request=PullRequestView("https://github.com/acme/shop/pull/17", 17, "draft"))
FORCED = replace(
    INCOMPLETE, pull_request=PullRequestView("https://github.com/acme/shop/pull/18", 18, missing_tasks=("TSK-004",))
)
QUICK = replace(
    STARTING,
    kind="QUICK",
    status="COMPLETED",
    phase="COMPLETE",
    phases=(),
    gates=(),
    title="Fix the typo in the footer",
    tasks=(TaskView("tsk-9", "", "Fix the typo in the footer", "RUNNING", since=NOW - timedelta(minutes=1)),),
    counts=Counts(1, running=1),
    outcome="OPEN",
)

SPECS = {
    "draft": DRAFT,
    "starting": STARTING,
    "queued": QUEUED,
    "planning": PLANNING,
    "silent": SILENT,
    "review": REVIEW,
    "review_v2": SECOND,
    "building": BUILDING,
    "paused": PAUSED,
    "stuck": STUCK,
    "failed": FAILED,
    "incomplete": INCOMPLETE,
    "cancelled": CANCELLED,
    "ready": READY,
    "published": PUBLISHED,
    "published_web": PUBLISHED_WEB,
    "forced": FORCED,
    "quick": QUICK,
}

REQUEST = RequestView(
    "slack-0123456789abcdef0123456789abcdef",
    "Lock an account after five failed logins and email its owner",
    "Lock an account after five failed logins",
    MARA,
    NOW - timedelta(hours=3),
    NOW,
    "general",
)
CHANNEL = ChannelView("C0SHOP00001", "shop-dev", SHOP, members=23, linked_by=JON)
LAUNCH = LaunchView((SHOP, WEB), SHOP.project_id, "", "Lock an account", channel="C0SHOP00001", from_thread=4)
REQUIREMENTS = tuple(RequirementView(f"REQ-{n:03d}", f"Lock the account, part {n}") for n in range(1, 4))
MANY_REQUIREMENTS = tuple(RequirementView(f"REQ-{n:03d}", f"Requirement number {n}") for n in range(1, 251))
EVENTS = tuple(
    EventView(n, NOW - timedelta(minutes=60 - n), kind, f"{kind} happened", "DESIGN", MARA if n % 5 == 0 else None)
    for n, kind in enumerate(
        ("spec.created", "spec.phase_started", "task.failed", "review.approved", "command.started") * 12
    )
)
LOG = tuple(LogLine(NOW - timedelta(seconds=50 - n), f"line {n}: pytest -q") for n in range(50))
MARKDOWN = """# Requirements Document

**Feature:** Lock an account · `outline`

## Introduction

Accounts lock after *five* failed logins; see [the issue](https://example.com/1).

### Requirement 1: Count failed logins

**User Story:** As an owner, I want a limit, so that nobody guesses my password

#### Acceptance Criteria

1. WHEN a login fails, THE system SHALL count it
2. IF the count is five, THEN THE system SHALL lock the account
   and say so

- [x] 1. done
  - [ ] 1.1 open

```mermaid
graph LR; a-->b
```

| Requirement | Tasks |
|---|---|
| REQ-001 | TSK-001, TSK-002 |

---

> A quoted line
"""
OUTPUT = PhaseOutput(
    SPEC_ID, "REQUIREMENTS", 1, MARKDOWN, "Lock an account", "spec-7f3a", DIGEST, 0.96, "APPROVE", JON, NOW, LINK
)
HOME = HomeView(
    NOW,
    (REVIEW,),
    (BUILDING, PLANNING),
    (PUBLISHED, FAILED, CANCELLED),
    (SHOP, WEB),
    SHOP,
    (
        ColumnView("INITIAL", (CardView("tkt-1", "[Spec] Lock an account", SPEC_ID, "IN_PROGRESS"),)),
        ColumnView("IMPLEMENTATION", ()),
    ),
    "Europe/Berlin",
)


def long_markdown(requirements: int) -> str:
    """A document of many pages."""
    return "\n".join(_long(requirements))


def _long(requirements: int) -> Iterator[str]:
    yield "# Requirements Document\n"
    for n in range(1, requirements + 1):
        yield f"### Requirement {n}: number {n}\n\n**Statement:** THE system SHALL do {n}\n\n#### Acceptance Criteria\n"
        yield from (f"{m}. WHEN it is {m}, THE system SHALL answer within {m} s" for m in range(1, 6))
        yield ""
