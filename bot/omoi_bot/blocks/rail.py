"""The phase rail, the counts line and the plan block: how far a spec is.

The rail stands in a section, which every client shows (Slack's `plan` block is not drawn by all of them).
https://docs.slack.dev/reference/block-kit/blocks/plan-block: an update of a plan needs a new block_id.
"""

from __future__ import annotations

import hashlib
import json

from omoi_bot.blocks.model import REVIEWED, Block, SpecView, TaskView
from omoi_bot.blocks.text import at, code, count, plain
from omoi_bot.blocks.words import State, document, phase_word, state_of, task_word

DONE, RUNNING, REVIEW, OPEN, FAILED, STOPPED = "✓", "●", "◆", "○", "✗", "–"
MOST_TASKS = 30
"""Tasks that the plan block lists; the rest is one line."""

_PHASE_MARK = {
    "done": DONE,
    "running": RUNNING,
    "review": REVIEW,
    "failed": FAILED,
    "skipped": STOPPED,
    "pending": OPEN,
}
_CARD = {
    "SUCCEEDED": "complete",
    "RUNNING": "in_progress",
    "FAILED": "error",
    "CANCELLED": "error",
    "BLOCKED": "pending",
    "PAUSED": "pending",
    "QUEUED": "pending",
}
_PHASE_CARD = {
    "done": "complete",
    "running": "in_progress",
    "review": "in_progress",
    "failed": "error",
    "skipped": "error",
}


def rail(view: SpecView) -> str:
    """`✓ Explore   ✓ Requirements   ● Design   ○ Tasks   ○ Build   ○ Pull request`; a quick task has no planning."""
    steps = [] if view.kind == "QUICK" else [_phase_step(view, name) for name in REVIEWED]
    steps += [f"{_build_mark(view)} Build", f"{_pull_request_mark(view)} Pull request"]
    # A mark must not be left behind at the end of a phone's line.
    return "   ".join(step.replace(" ", "\u00a0") for step in steps)


def counts_line(view: SpecView) -> str:
    """`✓ 3 done · ● 1 running (TSK-004, pytest -q since 10:21) · ○ 1 waiting for TSK-004`; empty without tasks."""
    counts = view.counts
    parts = [f"{DONE} {counts.succeeded} done"] if counts.succeeded else []
    if counts.running:
        parts.append(f"{RUNNING} {counts.running} running{_running(view)}")
    if counts.queued:
        parts.append(f"{OPEN} {counts.queued} waiting{_waiting(view)}")
    for number, mark, word in (
        (counts.failed, FAILED, "failed"),
        (counts.blocked, STOPPED, "blocked"),
        (counts.paused, "‖", "paused"),
        (counts.cancelled, STOPPED, "cancelled"),
    ):
        if number:
            parts.append(f"{mark} {number} {word}")
    return " · ".join(parts)


def plan_block(view: SpecView) -> Block | None:
    """The tasks, or before there are any the planning phases, as Slack's plan block. None when there is nothing yet."""
    cards = [_task_card(task) for task in view.tasks[:MOST_TASKS]] if view.tasks else _phase_cards(view)
    if not cards:
        return None
    if (more := len(view.tasks) - MOST_TASKS) > 0:
        cards.append({"type": "task_card", "task_id": "more", "title": f"and {more} more", "status": "pending"})
    for number, card in enumerate(cards):
        card["task_id"] = f"{number + 1}"
    content = {"type": "plan", "title": _plan_title(view), "tasks": cards}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]
    return {**content, "block_id": f"plan-{digest}"}


def _phase_step(view: SpecView, name: str) -> str:
    phase = view.phase_named(name)
    word = phase_word(name)
    if view.gate is not None and view.gate.phase == name:
        return f"{REVIEW} *{word}: your review*"
    state = "skipped" if view.status == "CANCELLED" and phase.state in {"running", "review"} else phase.state
    mark = _PHASE_MARK.get(state, OPEN)
    return f"{mark} *{word}*" if mark == RUNNING else f"{mark} {word}"


def _build_mark(view: SpecView) -> str:
    state = state_of(view)
    counts = view.counts
    if counts.total and counts.succeeded == counts.total:
        return DONE
    if state in {State.FAILED, State.INCOMPLETE} and (counts.failed or view.phase_named("SYNC").state == "failed"):
        return FAILED
    if state in {State.CANCELLED, State.PUBLISHED} and counts.total:
        return STOPPED
    return RUNNING if counts.running else OPEN


def _pull_request_mark(view: SpecView) -> str:
    if view.pull_request is None:
        return OPEN
    return STOPPED if view.pull_request.state == "closed" else DONE


def _running(view: SpecView) -> str:
    running = [one for one in view.tasks if one.status == "RUNNING"]
    parts = [task_word(one.key) for one in running[:3] if one.key]
    if view.open_command is not None and view.open_command.text and view.open_command.time is not None:
        parts.append(f"{code(view.open_command.text, 80)} since {at(view.open_command.time, view.as_of)}")
    elif running and running[0].since is not None:
        parts.append(f"since {at(running[0].since, view.as_of)}")
    return f" ({', '.join(parts)})" if parts else ""


def _waiting(view: SpecView) -> str:
    """What every waiting task waits for, when it is one and the same."""
    unfinished = {one.key for one in view.tasks if one.status != "SUCCEEDED" and one.key}
    waiting = [one for one in view.tasks if one.status == "QUEUED"]
    needed = {key for one in waiting for key in one.depends_on if key in unfinished}
    held_back = waiting and all(any(key in unfinished for key in one.depends_on) for one in waiting)
    return f" for {task_word(needed.pop())}" if held_back and len(needed) == 1 else ""


def _task_card(task: TaskView) -> Block:
    words = plain(" ".join(filter(None, (task.key, task.title))), 120) or "Task"
    if task.status == "CANCELLED":
        words += ": cancelled"
    elif task.status in {"BLOCKED", "PAUSED"}:
        words += f": {task.status.lower()}"
    elif task.status == "FAILED" and task.reason:
        words += f": {plain(task.reason, 100)}"
    return {"type": "task_card", "title": words, "status": _CARD.get(task.status, "pending")}


def _phase_cards(view: SpecView) -> list[Block]:
    cards: list[Block] = []
    for phase in view.phases:
        if phase.name not in REVIEWED or view.kind == "QUICK":
            continue
        words = document(phase.name, phase.version) if phase.version else phase_word(phase.name)
        gated = view.gate is not None and view.gate.phase == phase.name
        if gated:
            words += ": waiting for review"
        elif phase.state == "skipped" or (view.status == "CANCELLED" and phase.state == "running"):
            words += ": cancelled"
        elif phase.facts:
            words += f": {plain(', '.join(phase.facts), 120)}"
        status = "in_progress" if gated else _PHASE_CARD.get(phase.state, "pending")
        status = "error" if words.endswith(": cancelled") else status
        cards.append({"type": "task_card", "title": words, "status": status})
    return cards if any(one["status"] != "pending" for one in cards) else []


def _plan_title(view: SpecView) -> str:
    if view.tasks:
        return f"{view.counts.succeeded} of {count(view.counts.total or len(view.tasks), 'task')} done"
    return "Planning"
