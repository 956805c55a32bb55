"""What the forms to read show: documents, timeline, log, details of a failure, a local pull request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from omoi_bot.blocks import actions, documents, ending, history
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.model import EventView, LogLine, PhaseOutput, Who
from omoi_bot.blocks.words import failing_phase
from omoi_bot.listeners import long_documents
from omoi_bot.listeners.filling import Fill
from omoi_bot.listeners.turn import Told, Turn
from omoi_client import OmoiClient

Json = dict[str, Any]

MOST_EVENTS = 5_000
"""Of the log that Timeline pages through; 125 pages of it."""

MOST_LINES = 20_000
"""Of transcripts that are read to find the last 40."""

_DECISIONS = {1: "APPROVE", 2: "REQUEST_CHANGES", 3: "REJECT"}
"""ReviewDecision by number in spec.proto."""


async def document(turn: Turn, target: Target) -> Json:
    """A phase's document in the version that was clicked, at the page that was asked for."""
    omoi = await turn.omoi()
    output = await omoi.get_phase_output(target.spec_id, target.phase, target.version)
    spec = await omoi.get_spec(target.spec_id)
    decider = None
    if output.decided_by:
        users = await turn.desk.backend.users([output.decided_by])
        user = users.get(output.decided_by)
        decider = Who(name=user.name if user else output.decided_by)
    shown = PhaseOutput(
        spec_id=target.spec_id,
        phase=target.phase,
        version=output.version,
        markdown=output.markdown,
        title=spec.title,
        short_id=target.spec_id[: len("spec-") + 4],
        digest=output.digest,
        score=output.score,
        decision=_DECISIONS.get(output.decision, ""),
        decided_by=decider,
        decided_at=_time(output.decided_at) if output.HasField("decided_at") else None,
    )
    return documents.view(await long_documents.with_file(turn, shown), target.page or 1)


async def timeline(turn: Turn, target: Target) -> Json:
    """The event log, newest first."""
    omoi = await turn.omoi()
    events = await _events(turn, omoi, target.spec_id)
    view = await turn.desk.backend.snapshot(target.spec_id)
    return history.timeline(view, events, target.page or 1, target.key or "all")


async def log(turn: Turn, target: Target) -> Json:
    """The last lines that workers wrote."""
    omoi = await turn.omoi()
    lines = await _lines(omoi, target.spec_id, target.task_id)
    return history.log(await turn.desk.backend.snapshot(target.spec_id), lines)


async def details(turn: Turn, target: Target) -> Json:
    """A failure in full: the task's that was clicked, else the first failed or paused one, else planning's."""
    omoi = await turn.omoi()
    await omoi.get_spec(target.spec_id)
    view = await turn.desk.backend.snapshot(target.spec_id)
    stopped = [one for one in view.tasks if one.status in ("FAILED", "PAUSED")]
    task = next((one for one in view.tasks if one.task_id == target.task_id), stopped[0] if stopped else None)
    lines = await _lines(omoi, target.spec_id, task.task_id if task else "")
    failed = failing_phase(view)
    findings: tuple[str, ...] = ()
    if task is None and failed is not None and failed.version:
        findings = tuple((await omoi.get_phase_output(target.spec_id, failed.name)).findings)
    return history.details(view, task, findings, "\n".join(one.text for one in lines[-15:]))


async def pull_request(turn: Turn, target: Target) -> Json:
    """A pull request that is a file on the server's machine: its text, and where it lies."""
    omoi = await turn.omoi()
    await omoi.get_spec(target.spec_id)
    view = await turn.desk.backend.snapshot(target.spec_id)
    if view.pull_request is None:
        raise Told("There is no pull request yet.")
    return ending.pull_request_view(view, (await omoi.get_pull_request(target.spec_id)).body)


PAGES: dict[str, tuple[str, Fill]] = {
    actions.DOCUMENT: (actions.VIEW_OUTPUT, document),
    actions.TIMELINE_VIEW: (actions.TIMELINE, timeline),
    actions.LOG_VIEW: (actions.LOG, log),
}
"""By callback_id: what turns the pages of an open form."""


async def _events(turn: Turn, omoi: OmoiClient, spec_id: str) -> tuple[EventView, ...]:
    found: list[Any] = []
    after = 0
    while len(found) < MOST_EVENTS:
        page = await omoi.list_spec_events(spec_id, after, 1000)
        found += page.events
        after = page.last_sequence
        if not page.has_more:
            break
    people = [one.source.removeprefix("user:") for one in found if one.source.startswith("user:")]
    users = await turn.desk.backend.users(people)
    return tuple(_event(one, {key: user.name for key, user in users.items()}) for one in found)


def _event(event: Any, names: dict[str, str]) -> EventView:
    user = event.source.removeprefix("user:") if event.source.startswith("user:") else ""
    return EventView(
        event.sequence, _time(event.occurred_at), event.type, event.message,
        subject=event.task.key if event.HasField("task") else "",
        who=Who(name=names.get(user, user)) if user else None,
    )  # fmt: skip


async def _lines(omoi: OmoiClient, spec_id: str, task_id: str) -> tuple[LogLine, ...]:
    """The last lines; the transcript is paged from its beginning, and only the end is kept."""
    last: list[LogLine] = []
    token, read = "", 0
    while read < MOST_LINES:
        page = await omoi.get_transcript(spec_id, task_id, token, 1000)
        if not page.lines:
            break
        read += len(page.lines)
        found = [LogLine(_time(one.time) if one.HasField("time") else None, one.text) for one in page.lines if one.text]
        last = [*last, *found][-history.LOG_LINES :]
        token = page.next_page_token
    return tuple(last)


def _time(stamp: Any) -> datetime:
    """Naive UTC, like every time in the bot."""
    found: datetime = stamp.ToDatetime()
    return found
