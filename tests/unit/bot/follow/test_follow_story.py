"""What is said for which events, at which verbosity, however they arrive."""

from __future__ import annotations

import json
import random

import pytest

from omoi_bot.follow import urgency
from omoi_bot.follow.cards import Changes, Decision, Ending, Failure, Gate, PhaseResult, TaskStep, Telling
from omoi_bot.follow.happenings import connected
from omoi_bot.follow.memory import Memory, dump, load
from omoi_bot.follow.story import EVERYTHING, NORMAL, QUIET, tell
from tests.unit.bot.follow.plots import SPEC, Plot, view


def ids(told: list[Telling]) -> list[str]:
    return [telling.post_id.replace(SPEC, "s") for telling in told]


def card(told: list[Telling], post_id: str) -> object:
    return {telling.post_id.replace(SPEC, "s"): telling.card for telling in told}[post_id]


def test_planning_up_to_the_gate() -> None:
    plot = Plot().then("spec.created").planned("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS").gate()
    memory, told = tell(Memory(), plot.events, view(plot.events, "AWAITING_REVIEW"))
    assert ids(told) == [
        "live:s",
        "phase:s:EXPLORE:v1",
        "phase:s:REQUIREMENTS:v1",
        "phase:s:DESIGN:v1",
        "gate:s:TASKS:v1",
    ]
    assert isinstance(card(told, "gate:s:TASKS:v1"), Gate)
    assert told[0].urgency == told[-1].urgency == urgency.NOW
    assert memory.gate is not None and (memory.gate.digest, memory.gate.version) == ("TASKS1", 1)


@pytest.mark.parametrize(
    ("verbosity", "kinds"),
    [
        (QUIET, ["live", "fail", "end", "pr"]),
        (NORMAL, ["live", "phase", "phase", "fail", "end", "pr"]),
        (EVERYTHING, ["live", "phase", "phase", "task", "fail", "task", "task", "end", "pr"]),
    ],
)
def test_verbosity(verbosity: str, kinds: list[str]) -> None:
    plot = Plot().planned("EXPLORE", "REQUIREMENTS").then("command.started", task_id="t1")
    plot.then("task.started", task_id="t1").then("task.failed", task_id="t1", reason="the check failed")
    plot.then("task.note", task_id="t1").then("task.requeued", task_id="t1").then("task.succeeded", task_id="t1")
    memory, told = tell(Memory(), plot.events, view(plot.events, "COMPLETED", "SUCCEEDED", 1), verbosity)
    more = Plot()
    more.events = list(plot.events)
    more.then("pull_request.created")
    told += tell(memory, more.events[-1:], view(more.events, "COMPLETED", "SUCCEEDED", 1), verbosity)[1]
    seen: list[str] = []
    known: set[str] = set()
    for telling in told:
        if telling.post_id not in known:
            known.add(telling.post_id)
            seen.append(telling.kind)
    assert seen == kinds


def test_progress_only_edits_the_live_message() -> None:
    plot = Plot().then("command.started").then("command.finished").then("task.note").then("sandbox.lost")
    plot.then("comment.added").then("spec.note").then("something.new")
    _, told = tell(Memory(), plot.events, view(plot.events), EVERYTHING)
    assert ids(told) == ["live:s"]
    assert told[0].urgency == urgency.PROGRESS


def test_a_decision_closes_every_copy_at_once() -> None:
    plot = Plot().planned("TASKS").gate()
    memory, _ = tell(Memory(), plot.events, view(plot.events, "AWAITING_REVIEW"))
    memory = memory.copied("gatedm:1", "gatedm:2")
    plot.decided("approved")
    memory, told = tell(memory, plot.events[-1:], view(plot.events))
    assert ids(told) == ["live:s", "gate:s:TASKS:v1", "gatedm:1", "gatedm:2"]
    decisions = [telling.card for telling in told[1:]]
    assert all(isinstance(made, Decision) and (made.verdict, made.by) == ("approved", "usr-mara") for made in decisions)
    assert {telling.urgency for telling in told} == {urgency.NOW}
    assert memory.gate is None


def test_changes_requested_then_the_next_version() -> None:
    plot = Plot().planned("REQUIREMENTS", "DESIGN", "TASKS").gate()
    memory, _ = tell(Memory(), plot.events, view(plot.events, "AWAITING_REVIEW"))
    seen = len(plot.events)
    plot.decided("changes_requested", "REQUIREMENTS", comment="lock per IP as well")
    plot.planned("REQUIREMENTS", "DESIGN", "TASKS", version=2).gate(version=2)
    memory, told = tell(memory, plot.events[seen:], view(plot.events, "AWAITING_REVIEW"))
    assert ids(told)[1:] == [
        "gate:s:TASKS:v1",
        f"changes:s:{seen + 1}",
        "phase:s:REQUIREMENTS:v2",
        "phase:s:DESIGN:v2",
        "gate:s:TASKS:v2",
    ]
    asked = card(told, f"changes:s:{seen + 1}")
    assert isinstance(asked, Changes) and asked.comment == "lock per IP as well" and asked.phase == "REQUIREMENTS"
    assert memory.gate is not None and memory.gate.version == 2


def test_what_opened_and_closed_unseen_is_told_closed() -> None:
    plot = Plot().planned("TASKS").gate().decided("approved").then("spec.execution_failed", reason="no disk")
    plot.then("spec.execution_started")
    memory, told = tell(Memory(), plot.events, view(plot.events))
    assert ids(told) == ["live:s", "gate:s:TASKS:v1", "fail:s:5"]
    assert isinstance(card(told, "gate:s:TASKS:v1"), Decision)
    failed = card(told, "fail:s:5")
    assert isinstance(failed, Failure) and failed.settled == "retried"
    assert memory.gate is None and memory.failures == ()


def test_stopped_at_its_gate_and_resumed_is_asked_anew() -> None:
    plot = Plot().planned("TASKS").gate().then("spec.cancelled", source="user:usr-jon", done="tasks", left="nothing")
    memory, told = tell(Memory(), plot.events, view(plot.events, "CANCELLED"))
    closed = card(told, "gate:s:TASKS:v1")
    assert isinstance(closed, Decision) and (closed.verdict, closed.by) == ("cancelled", "usr-jon")
    assert ids(told)[-1] == "end:s:4"
    # Going on at an undecided gate starts nothing: the server only says that the gate waits.
    plot.gate()
    memory, told = tell(memory, plot.events[4:], view(plot.events, "AWAITING_REVIEW"))
    assert ids(told) == ["live:s", "gate:s:TASKS:v1:5", "end:s:4"]
    ended = card(told, "end:s:4")
    assert isinstance(ended, Ending) and ended.resumed
    assert memory.end is None and memory.gate is not None


def test_rejected_is_an_end_with_its_reason() -> None:
    plot = Plot().planned("TASKS").gate().decided("rejected", comment="not now")
    plot.then("spec.cancelled", source="user:usr-mara", reason="not now")
    memory, told = tell(Memory(), plot.events, view(plot.events, "CANCELLED"))
    closed = card(told, "gate:s:TASKS:v1")
    assert isinstance(closed, Decision) and closed.verdict == "rejected"
    assert memory.end is not None and memory.end.reason == "not now"


def test_the_end_and_what_undoes_it() -> None:
    plot = Plot().then("task.succeeded", task_id="t1").then("task.failed", task_id="t2", key="TSK-002", reason="red")
    memory, told = tell(Memory(), plot.events, view(plot.events, "COMPLETED", "FAILED", 2))
    assert ids(told) == ["live:s", "fail:s:2"], "the failure says that it ended"
    plot.then("task.requeued", task_id="t2")
    memory, told = tell(memory, plot.events[2:], view(plot.events, "COMPLETED", "OPEN", 2))
    assert ids(told) == ["live:s", "fail:s:2"] and memory.end is None
    assert told[0].urgency == urgency.NOW, "buttons went"
    plot.then("task.started", task_id="t2").then("task.succeeded", task_id="t2")
    memory, told = tell(memory, plot.events[3:], view(plot.events, "COMPLETED", "SUCCEEDED", 2))
    assert ids(told) == ["live:s", "end:s:5"] and told[0].urgency == urgency.NOW
    plot.then("pull_request.created", source="user:usr-mara")
    memory, told = tell(memory, plot.events[5:], view(plot.events, "COMPLETED", "SUCCEEDED", 2))
    assert ids(told) == ["live:s", "pr:s", "end:s:5"], "the end's buttons follow the pull request"


def test_a_failure_told_earlier_still_gets_its_end() -> None:
    plot = Plot().then("task.failed", task_id="t1", reason="red")
    memory, _ = tell(Memory(), plot.events, view(plot.events, "COMPLETED", "OPEN", 3))
    plot.then("task.succeeded", task_id="t2")
    memory, told = tell(memory, plot.events[1:], view(plot.events, "COMPLETED", "FAILED", 3))
    assert ids(told) == ["live:s", "end:s:2"]
    assert isinstance(card(told, "end:s:2"), Ending)


def test_after_a_move_everything_is_a_new_message() -> None:
    plot = Plot().planned("DESIGN").planned("TASKS").gate()
    _, told = tell(Memory(round=1), plot.events, view(plot.events, "AWAITING_REVIEW"))
    assert ids(told) == ["live:s:m1", "phase:s:DESIGN:v1:m1", "gate:s:TASKS:v1:m1"]


def full_story() -> Plot:
    plot = Plot().then("spec.created").planned("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS").gate()
    plot.decided("changes_requested", "REQUIREMENTS", comment="more")
    plot.planned("REQUIREMENTS", "DESIGN", "TASKS", version=2).gate(version=2).decided("approved", version=2)
    plot.then("spec.phase_completed", "SYNC").then("spec.execution_completed")
    plot.then("task.started", task_id="t1").then("command.started").then("task.failed", task_id="t1", reason="red")
    return plot.then("task.requeued", task_id="t1").then("task.started", task_id="t1")


@pytest.mark.parametrize("seed", range(20))
def test_three_times_and_out_of_order_is_once_and_in_order(seed: int) -> None:
    """However the log is cut, the same messages come in the same order and end in the same words."""
    plot = full_story()
    chance = random.Random(seed)
    deliveries = plot.events * 3
    chance.shuffle(deliveries)
    memory, cursor, order, last = Memory(), 0, list[str](), dict[str, object]()
    arrived = []
    while cursor < len(plot.events):
        arrived += [deliveries.pop() for _ in range(min(len(deliveries), chance.randint(1, 9)))]
        run = connected(cursor, arrived)
        if not run:
            continue
        memory, told = tell(load(json.loads(json.dumps(dump(memory)))), run, view(plot.events[: run[-1].sequence]))
        cursor = run[-1].sequence
        order += [post_id for post_id in ids(told) if post_id not in order]
        last |= {telling.post_id: telling.card for telling in told}
    whole, at_once = tell(Memory(), plot.events, view(plot.events))
    assert order == ids(at_once)
    assert last == {telling.post_id: telling.card for telling in at_once}
    assert whole == memory


def test_what_lies_behind_a_gap_waits() -> None:
    events = full_story().events
    assert [one.sequence for one in connected(2, [events[4], events[2], events[2], events[0]])] == [3]
    assert connected(0, events, last=4) == tuple(events[:4])
    assert connected(9, events[:5]) == ()


def test_memory_survives_newer_and_older_code() -> None:
    plot = full_story()
    memory, _ = tell(Memory(), plot.events[:10], view(plot.events[:10]))
    assert load(dump(memory)) == memory
    newer = {**dump(memory), "weather": "fine"}
    newer["gate"] = {**newer["gate"], "colour": "red"}
    assert load(newer).gate == memory.gate
    assert dump(load(newer))["weather"] == "fine"
    assert load(None) == load({}) == Memory()


def test_everything_shows_tasks_and_sync() -> None:
    plot = Plot().then("spec.phase_completed", "SYNC", facts=("1 ticket",)).then("task.succeeded", task_id="t1")
    _, told = tell(Memory(), plot.events, view(plot.events, "COMPLETED", "OPEN", 2), EVERYTHING)
    assert ids(told) == ["live:s", "phase:s:SYNC:1", "task:s:2"]
    assert isinstance(card(told, "phase:s:SYNC:1"), PhaseResult) and isinstance(card(told, "task:s:2"), TaskStep)
