"""The live message: one per spec, edited in place; what state it is in, since when, and what a person can do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from omoi_bot.blocks import buttons
from omoi_bot.blocks.kit import context, section
from omoi_bot.blocks.model import REVIEWED, Message, SpecView
from omoi_bot.blocks.rail import FAILED, counts_line, plan_block, rail
from omoi_bot.blocks.text import at, code, count, escape, lasted, push, utc
from omoi_bot.blocks.words import (
    State,
    document,
    facts,
    failing_phase,
    people,
    phase_word,
    short,
    state_of,
    task_word,
    title,
    unfinished,
    where,
    who,
)  # fmt: skip

ANSWERS = timedelta(seconds=60)
"""A heartbeat comes every 10 s; one that is younger than this means that the sandbox answers."""


def message(view: SpecView, plan: bool = True, agent: bool = False, origin: str = "") -> Message:
    """The live message of a spec.

    `plan` draws the tasks as Slack's plan block as well. With `agent` Slack itself shows that work goes on and how to stop
    it, so the row without a decision in it is left out while the spec runs. `origin` quotes the request where no message of
    the requester stands above (slash command, shortcut, form, Home): their words.
    """
    state = state_of(view)
    lines = [f"*{title(view)}*", rail(view)]
    if origin:
        lines.insert(0, f"{who(view.requester)} asked: “{escape(origin, 300)}”")
    lines += status_lines(view)
    blocks = [section("\n".join(lines)), context(_about(view))]
    if plan and (drawn := plan_block(view)) is not None:
        blocks.append(drawn)
    native = agent and state in {State.QUEUED, State.STARTING}
    return Message(sentence(view), blocks if native else [*blocks, *buttons.of_spec(view)])


def sentence(view: SpecView) -> str:
    """The state as one sentence of at most 150 characters, for phones and screen readers."""
    before, after = _SENTENCES[state_of(view)](view)
    if view.silent_since is not None and state_of(view) in _WORKING:
        after = f"” shows no sign of work since {at(view.silent_since, view.as_of)}."
    return push(before, view.title or view.description or "(no title)", after)


def status_lines(view: SpecView) -> list[str]:
    """One to three lines below the rail: what happens, since when, what is left."""
    state = state_of(view)
    lines = [line for line in _LINES[state](view) if line]
    if view.silent_since is not None and state in _WORKING:
        lines = [_silent(view), *([counts_line(view)] if state is State.BUILDING else [])]
    return [line for line in lines if line]


def _about(view: SpecView) -> str:
    parts = [escape(view.project_name, 80), short(view)]
    if view.comments:
        parts.append(count(view.comments, "comment"))
    if view.requester.mention or view.requester.name:
        parts.append(f"asked by {who(view.requester)}")
    return " · ".join(filter(None, [*parts, f"as of {at(view.as_of, view.as_of)}"]))


def _draft(view: SpecView) -> list[str]:
    return ["A draft: nothing runs until somebody presses Start."]


def _queued(view: SpecView) -> list[str]:
    reason = f": waiting for {escape(view.waiting_for, 200)}" if view.waiting_for else ""
    return [f"Place {view.queue_position} in the queue of {where(view)}{reason}", counts_line(view)]


def _starting(view: SpecView) -> list[str]:
    if view.kind == "QUICK":
        return [f"Working on {where(view)}. Starts without asking."]
    asks = any(name in REVIEWED for name in view.gates)
    promise = "; I will ask before anything is written." if asks else ". Starts without asking."
    return [f"Planning {where(view)}{promise}"]


def _planning(view: SpecView) -> list[str]:
    running = next((one for one in view.phases if one.state == "running"), None)
    parts = []
    if running is not None:
        since = f" since {at(running.since, view.as_of)}" if running.since else ""
        again = f", version {running.version}" if running.version > 1 else ""
        parts.append(f"{phase_word(running.name)}{again}{since}")
    return [" · ".join([*parts, *_work(view)]) or f"Planning {where(view)}."]


def _review(view: SpecView) -> list[str]:
    gate = view.gate
    if gate is None:
        return ["Waiting for a review."]
    since = f" since {at(gate.since, view.as_of)}" if gate.since else ""
    lines = [f"*{document(gate.phase, gate.version)}* waits for your review{since}"]
    if gate.facts:
        lines[0] += f": {facts(gate.facts)}"
    return [*lines, f"Who decides: {people(gate.approvers)}" if gate.approvers else ""]


def _building(view: SpecView) -> list[str]:
    line = counts_line(view) or "The tasks are being set up."
    return [line, "" if view.counts.running else " · ".join(_work(view))]


def _paused(view: SpecView) -> list[str]:
    waits = escape(view.waiting_for, 400) or escape(view.reason, 400) or "a person must do something first"
    held = next((one for one in view.tasks if one.status == "PAUSED" and one.reason), None)
    if held is not None:
        waits = f"{task_word(held.key or held.task_id)}: {escape(held.reason, 400)}"
    return [f"Paused: {waits}", counts_line(view)]


def _failed(view: SpecView) -> list[str]:
    phase = failing_phase(view)
    what = f"{phase_word(phase.name)} failed" if phase is not None else "Failed"
    reason = escape((phase.reason if phase else "") or view.reason, 500)
    return [f"{FAILED} {what}{f': {reason}' if reason else ''}", kept(view)]


def _incomplete(view: SpecView) -> list[str]:
    failed = next((one for one in view.tasks if one.status == "FAILED"), None)
    line = ""
    if failed is not None:
        reason = escape(failed.reason, 400)
        line = f"{FAILED} {task_word(failed.key or failed.task_id)} failed{f': {reason}' if reason else ''}"
    return [counts_line(view), line, kept(view)]


def _cancelled(view: SpecView) -> list[str]:
    reason = f" {escape(view.reason, 300)}" if view.reason else ""
    done = f"Done: {escape(view.done, 300)}." if view.done else ""
    return [f"Stopped.{reason}", " ".join(filter(None, [done, kept(view)]))]


def _ready(view: SpecView) -> list[str]:
    return [f"✓ Ready · {figures(view)}", f"Branch {code(view.branch)}" if view.branch else ""]


def _published(view: SpecView) -> list[str]:
    request = view.pull_request
    if request is None:
        return [figures(view)]
    number = f" #{request.number}" if request.number else ""
    place = "" if buttons.is_web(request.url) else f" · {code(request.url, 200)}"
    missing = ", ".join(task_word(one) for one in request.missing_tasks[:10])
    return [
        f"Pull request{number} is {_request_state(view)} · {figures(view)}{place}",
        f"Opened without {missing}" if missing else "",
        counts_line(view) if view.counts.succeeded < view.counts.total else "",
    ]


def figures(view: SpecView) -> str:
    """`5 tasks, 6 commits, checks green · 22 min` of what is finished."""
    counts = view.counts
    done = (
        count(counts.total, "task")
        if counts.succeeded == counts.total
        else f"{counts.succeeded} of {counts.total} tasks"
    )
    parts = [done] if counts.total else []
    if view.commits:
        parts.append(count(view.commits, "commit"))
    if counts.total and counts.succeeded == counts.total:
        parts.append("checks green")
    line = ", ".join(parts)
    if view.live_since is not None and view.ended_at is not None:
        seconds = (utc(view.ended_at) - utc(view.live_since)).total_seconds()
        line += f" · {lasted(seconds)}" if seconds > 0 else ""
    return line or "done"


def kept(view: SpecView) -> str:
    """What a stop or a failure left in place."""
    if view.kept:
        return f"Kept: {escape(view.kept, 300)}."
    if view.commits:
        return f"Kept: {count(view.commits, 'commit')}{f' on {code(view.branch)}' if view.branch else ''}."
    made = [document(one.name, one.version) for one in view.phases if one.version and one.state == "done"]
    return f"Kept: {', '.join(made)}." if made else ""


def _request_state(view: SpecView) -> str:
    state = view.pull_request.state if view.pull_request else "open"
    return {"draft": "open as a draft", "merged": "merged", "closed": "closed"}.get(state, "open")


def _work(view: SpecView) -> list[str]:
    if view.open_command is not None and view.open_command.text:
        since = f" since {at(view.open_command.time, view.as_of)}" if view.open_command.time else ""
        return [f"{code(view.open_command.text, 120)}{since}"]
    if view.last_work is not None and view.last_work.text:
        when = f" at {at(view.last_work.time, view.as_of)}" if view.last_work.time else ""
        return [f"last: {escape(view.last_work.text, 160)}{when}"]
    return []


def _silent(view: SpecView) -> str:
    assert view.silent_since is not None
    beat = view.last_heartbeat
    answers = beat is not None and utc(view.as_of) - utc(beat) <= ANSWERS
    known = ["the sandbox answers" if answers else "the sandbox does not answer"]
    last = view.open_command or view.last_work
    if last is not None and last.text:
        known.append(f"last: {code(last.text, 120)}")
    return f"No sign of work since {at(view.silent_since, view.as_of)} ({'; '.join(known)})"


_WORKING = {State.STARTING, State.PLANNING, State.BUILDING}

_LINES: dict[State, Callable[[SpecView], list[str]]] = {
    State.DRAFT: _draft,
    State.QUEUED: _queued,
    State.STARTING: _starting,
    State.PLANNING: _planning,
    State.REVIEW: _review,
    State.BUILDING: _building,
    State.PAUSED: _paused,
    State.FAILED: _failed,
    State.INCOMPLETE: _incomplete,
    State.CANCELLED: _cancelled,
    State.READY: _ready,
    State.PUBLISHED: _published,
}


def _progress(view: SpecView) -> str:
    return f"{view.counts.succeeded} of {count(view.counts.total, 'task')} done"


def _asks(view: SpecView) -> str:
    asks = view.kind != "QUICK" and any(name in REVIEWED for name in view.gates)
    return "it asks before anything is written" if asks else "it starts without asking"


def _now(view: SpecView) -> str:
    running = next((one for one in view.phases if one.state == "running"), None)
    return f"{phase_word(running.name)} of “" if running else "Planning of “"


_SENTENCES: dict[State, Callable[[SpecView], tuple[str, str]]] = {
    State.DRAFT: lambda view: ("“", "” is a draft; Start begins it."),
    State.QUEUED: lambda view: ("“", f"” waits at place {view.queue_position} of the queue."),
    State.STARTING: lambda view: ("“", f"” is taken; {_asks(view)}."),
    State.PLANNING: lambda view: (_now(view), "” is being worked on."),
    State.REVIEW: lambda view: (
        f"{document(view.gate.phase, view.gate.version) if view.gate else 'A version'} of “",
        "” waits for a review.",
    ),
    State.BUILDING: lambda view: ("“", f"” is being built: {_progress(view)}."),
    State.PAUSED: lambda view: ("“", "” is paused until somebody resumes it."),
    State.FAILED: lambda view: ("Planning of “", "” failed; Retry goes on from there."),
    State.INCOMPLETE: lambda view: (
        "“",
        f"” stopped with {_progress(view)}; {count(len(unfinished(view)), 'task')} left.",
    ),
    State.CANCELLED: lambda view: ("“", "” was stopped; Resume goes on."),
    State.READY: lambda view: ("“", f"” is ready: {count(view.counts.total, 'task')} done, no pull request yet."),
    State.PUBLISHED: lambda view: (
        f"Pull request{f' #{view.pull_request.number}' if view.pull_request and view.pull_request.number else ''} for “",
        f"” is {_request_state(view)}.",
    ),
}
