"""Each telling with its blocks, as a post in its place."""

from __future__ import annotations

from dataclasses import replace

from omoi_bot.blocks import ending, gate, live, results
from omoi_bot.blocks.kit import context, section
from omoi_bot.blocks.model import GateView, Message, SpecView, TaskView, Who
from omoi_bot.blocks.text import at, escape, push
from omoi_bot.blocks.words import document
from omoi_bot.follow import asking, places
from omoi_bot.follow.cards import (
    Card,
    Changes,
    Decision,
    Ending,
    Failure,
    Gate,
    Live,
    PhaseResult,
    PullRequest,
    TaskStep,
    Telling,
)
from omoi_bot.follow.dressing import kept_of
from omoi_bot.follow.memory import Memory, OpenFailure
from omoi_bot.follow.scene import Scene
from omoi_bot.follow.story import CANCELLED, SUCCEEDED
from omoi_bot.posting import Post

_DECISIONS = {"approved": "APPROVE", "changes_requested": "REQUEST_CHANGES", "rejected": "REJECT"}

_SETTLED = {"retried": "Retried since.", "stopped": "Stopped since.", "done": "Done since."}


def post_of(telling: Telling, scene: Scene, view: SpecView, memory: Memory) -> Post | None:
    """The telling as a post; None when the channel's verbosity leaves it out."""
    card = telling.card
    if isinstance(card, Live):
        origin = view.description if scene.quoted else ""
        message = live.message(view, plan=scene.plan, agent=scene.agent, origin=origin)
        if memory.gate is not None and memory.gate.link and asking.is_open(view, memory.gate):
            asked = context(f"Asked {gate.link(memory.gate.link, 'in this thread')}.")
            message = Message(message.text, [*message.blocks, asked])
        return places.live(scene, telling.post_id, message, telling.urgency)
    shown = message_of(card, scene, view, memory)
    if shown is None:
        return None
    broadcast = isinstance(card, PullRequest) and scene.broadcast
    return places.in_thread(scene, telling.post_id, telling.kind, shown, telling.urgency, broadcast=broadcast)


def message_of(card: Card, scene: Scene, view: SpecView, memory: Memory) -> Message | None:
    """The message of anything but the live message."""
    if isinstance(card, Gate):
        return gate.message(_at_gate(view, card, scene), scene.called, memory.live_link, scene.far)
    if isinstance(card, Decision):
        return _decided(card, scene, view)
    if isinstance(card, Changes):
        return gate.changes_asked(view, card.phase, card.version, scene.who(card.by), card.comment)
    if isinstance(card, PhaseResult):
        return _result(card, scene, view, memory)
    if isinstance(card, Failure):
        return _failure(card, view)
    if isinstance(card, Ending):
        return _ending(card, scene, view)
    if isinstance(card, PullRequest):
        return ending.pull_request(view) if view.pull_request is not None else None
    return _step(card, view) if isinstance(card, TaskStep) else None


def _at_gate(view: SpecView, card: Gate, scene: Scene) -> SpecView:
    """The snapshot at this gate; one that is elsewhere shows the gate as its event told it."""
    if view.gate is not None and asking.is_open(view, card.gate):
        return replace(view, gate=replace(view.gate, approvers=scene.deciders))
    phase = view.phase_named(card.gate.phase)
    shown = GateView(phase=phase.name, version=card.gate.version, digest=card.gate.digest, facts=phase.facts)
    return replace(view, gate=shown)


def _decided(card: Decision, scene: Scene, view: SpecView) -> Message:
    version, who = card.gate.version, scene.who(card.by)
    if card.verdict in _DECISIONS:
        return gate.decided(view, card.gate.phase, version, _DECISIONS[card.verdict], who, card.at, card.comment)
    what = document(card.gate.phase, version)
    line = f"■ {what} was not decided: stopped by {_by(who)} at {at(card.at, view.as_of)}."
    text = push(f"{what} of “", view.title or view.description, "” needs no review any more: it was stopped.")
    return Message(text, [section(line), context(escape(view.short_id, 40) or "stopped")])


def _result(card: PhaseResult, scene: Scene, view: SpecView, memory: Memory) -> Message | None:
    """As the event told it: the snapshot may have a later version already."""
    told = card.happening
    held = replace(
        view.phase_named(told.phase),
        state="done",
        version=told.version,
        score=told.score if told.version else None,
        facts=told.facts,
        changes=told.changes,
        duration_ms=told.duration_ms,
    )
    others = tuple(phase for phase in view.phases if phase.name != told.phase)
    return results.phase(replace(view, phases=(*others, held)), told.phase, scene.verbosity, memory.live_link)


def _failure(card: Failure, view: SpecView) -> Message:
    failure = card.failure
    if not failure.task_id:
        why = replace(view, reason=failure.reason, waiting_for=failure.reason)
        shown = ending.paused(why) if failure.paused else ending.planning_failed(_without_phase_reason(why))
    else:
        task = _task(failure, view)
        shown = ending.paused(view, task) if failure.paused else ending.task_failed(view, task)
    if not card.settled:
        return shown
    kept = [block for block in shown.blocks if block["type"] != "actions"]
    return Message(shown.text, [*kept, context(_SETTLED[card.settled])])


def _without_phase_reason(view: SpecView) -> SpecView:
    return replace(view, phases=tuple(replace(phase, reason="") for phase in view.phases))


def _task(failure: OpenFailure, view: SpecView) -> TaskView:
    """The task as it was when it failed, whatever became of it since."""
    known = next((task for task in view.tasks if task.task_id == failure.task_id), TaskView(failure.task_id))
    return replace(
        known,
        key=failure.key or known.key,
        title=failure.title or known.title,
        reason=failure.reason,
        code=failure.code,
    )


def _ending(card: Ending, scene: Scene, view: SpecView) -> Message:
    end = card.end
    if end.outcome == CANCELLED:
        stopped = replace(view, done=end.done, kept=kept_of(end.left))
        shown = ending.cancelled(stopped, scene.who(end.by), end.reason)
    elif end.outcome == SUCCEEDED:
        shown = ending.ready(view)
    else:
        shown = ending.incomplete(view)
    if not card.resumed:
        return shown
    kept = [block for block in shown.blocks if block["type"] != "actions"]
    return Message(shown.text, [*kept, context("Resumed since.")])


def _step(card: TaskStep, view: SpecView) -> Message:
    told = card.happening
    line = escape(told.message, 600) or escape(f"{told.key} {told.type.partition('.')[2]}", 200)
    name = told.title or told.key or view.title
    return Message(push("“", name, f"”: {told.type.partition('.')[2]}."), [section(line)])


def _by(who: Who | None) -> str:
    return (who.mention or f"@{escape(who.name, 80)}") if who is not None else "somebody"
