"""Silence, reactions, mentions, what a snapshot lacks, and moved places."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from omoi_bot.blocks import session
from omoi_bot.blocks.approving import Rule
from omoi_bot.blocks.model import Counts, GateView, Moment, PhaseView, SpecView, TaskView
from omoi_bot.follow import reacting, sessions, silence
from omoi_bot.follow.cards import Decision, Ending, Failure, Gate, PhaseResult, TaskStep
from omoi_bot.follow.dressing import dress
from omoi_bot.follow.happenings import Happening
from omoi_bot.follow.memory import End, Memory, OpenFailure, OpenGate, PhaseTime
from omoi_bot.follow.scene import Scene, moves_of
from omoi_bot.follow.showing import message_of
from omoi_bot.store.conversations import Conversation
from tests.unit.bot.follow.plots import SPEC, START

FIVE = timedelta(minutes=5)
WORKING = SpecView(SPEC, "Lock", START, status="EXECUTING", last_work=Moment("read auth.py", START))
SCENE = Scene(Conversation(SPEC, "T1", "C1", "1.1", live_post_id=f"live:{SPEC}"))
EVIL = "<!channel> <@U1> <https://evil.example|fine> *bold* \u202e`code`"


@pytest.mark.parametrize(
    ("view", "minutes", "silent"),
    [
        (WORKING, 4, False),
        (WORKING, 5, True),
        (replace(WORKING, open_command=Moment("pytest", START + timedelta(minutes=3))), 6, False),
        (replace(WORKING, open_command=Moment("pytest", START + timedelta(minutes=3))), 8, True),
        (replace(WORKING, queue_position=2), 60, False),
        (replace(WORKING, waiting_for="a free slot"), 60, False),
        (replace(WORKING, status="AWAITING_REVIEW", gate=GateView("TASKS", 1, "d")), 60, False),
        (replace(WORKING, status="COMPLETED", counts=Counts(total=2, running=1)), 6, True),
        (replace(WORKING, status="COMPLETED", counts=Counts(total=2, succeeded=2)), 6, False),
        (replace(WORKING, settled=True), 60, False),
        (replace(WORKING, last_work=None), 60, False),
    ],
)
def test_silence_is_a_state_of_what_runs(view: SpecView, minutes: int, silent: bool) -> None:
    now = START + timedelta(minutes=minutes)
    since = silence.silent_since(view, now, FIVE)
    assert (since is not None) == silent
    if silent:
        falls = silence.falls_silent_at(view, FIVE)
        assert falls is not None and falls <= now


def failure(task_id: str = "", paused: bool = False) -> OpenFailure:
    return OpenFailure("fail:1", task_id, "TSK-001" if task_id else "", "Write it", EVIL, "CHECK", 1, paused)


@pytest.mark.parametrize(
    ("memory", "name"),
    [
        (Memory(), reacting.TAKEN),
        (Memory(end=End("e", "SUCCEEDED")), reacting.DONE),
        (Memory(end=End("e", "FAILED")), reacting.FAILED),
        (Memory(end=End("e", "CANCELLED")), reacting.STOPPED),
        (Memory(failures=(failure(),)), reacting.FAILED),
        (Memory(failures=(failure(paused=True),)), reacting.TAKEN),
        (Memory(failures=(failure("t1"),)), reacting.TAKEN),
    ],
)
def test_the_reaction_that_fits(memory: Memory, name: str) -> None:
    assert reacting.wanted(memory) == name


@pytest.mark.parametrize(
    ("rule", "role", "who", "may"),
    [
        (Rule(), "contributor", "usr-1", True),
        (Rule(), "viewer", "usr-1", False),
        (Rule(), "", "usr-1", False),
        (Rule("maintainer"), "contributor", "usr-1", False),
        (Rule("maintainer"), "maintainer", "usr-1", True),
        (Rule(user_ids=("usr-2",)), "maintainer", "usr-1", False),
        (Rule(user_ids=("usr-1",)), "contributor", "usr-1", True),
        (Rule(user_ids=("usr-1",)), "viewer", "usr-1", False),
        (Rule(requester_excluded=True), "maintainer", "usr-asked", False),
        (Rule(user_ids=("usr-asked",), requester_excluded=True), "maintainer", "usr-asked", False),
        (Rule(requester_excluded=True), "contributor", "usr-1", True),
    ],
)
def test_whom_the_rule_of_a_project_lets_approve(rule: Rule, role: str, who: str, may: bool) -> None:
    assert rule.allows(who, role, "usr-asked") is may


def test_a_snapshot_gets_what_only_the_events_know() -> None:
    view = replace(
        WORKING,
        status="CANCELLED",
        phases=(PhaseView("DESIGN"), PhaseView("TASKS")),
        tasks=(TaskView("t", commit="c"),),
    )
    memory = Memory(
        end=End("e", "CANCELLED", "design", "2 tasks (kept: branch spec/7f3a)"),
        launched_at=START.isoformat(),
        ended_at=(START + FIVE).isoformat(),
        documents=1,
        phase_times={"DESIGN": PhaseTime(START.isoformat(), 400)},
    )
    shown = dress(view, memory, START)
    assert (shown.done, shown.kept, shown.commits) == ("design", "branch spec/7f3a", 2)
    assert (shown.live_since, shown.ended_at, shown.silent_since) == (START, START + FIVE, START)
    assert (shown.phases[0].since, shown.phases[0].duration_ms) == (START, 400)
    assert dress(replace(view, status="EXECUTING"), memory).done == "", "it went on since"


@pytest.mark.parametrize(("live", "moves"), [("", 0), ("live:spec-1", 0), ("live:spec-1:m2", 2), ("live:spec-1:mx", 0)])
def test_how_often_the_report_moved(live: str, moves: int) -> None:
    assert moves_of(Conversation("spec-1", "T", "C", live_post_id=live)) == moves


HAPPENING = Happening(3, "task.failed", START, message=EVIL, phase="DESIGN", version=1, facts=(EVIL,), title=EVIL)
GATE = OpenGate("gate:1", "TASKS", 1, "d", 3)


@pytest.mark.parametrize(
    "card",
    [
        PhaseResult(HAPPENING),
        Gate(GATE),
        *(Decision(GATE, verdict, EVIL, START, EVIL) for verdict in ("approved", "rejected", "cancelled")),
        Failure(failure()),
        Failure(failure("t1"), "retried"),
        Failure(failure("t1", paused=True)),
        Failure(failure(paused=True), "stopped"),
        *(Ending(End("e", how, EVIL, EVIL, EVIL, EVIL)) for how in ("SUCCEEDED", "FAILED", "CANCELLED")),
        Ending(End("e", "CANCELLED"), resumed=True),
        TaskStep(HAPPENING),
    ],
    ids=lambda card: type(card).__name__,
)
def test_every_card_is_inert_whatever_was_written(card: Gate) -> None:
    view = replace(WORKING, title=EVIL, description=EVIL, project_name=EVIL, reason=EVIL, branch=EVIL)
    shown = message_of(card, replace(SCENE, channel_name=EVIL), view, Memory())
    assert shown is not None and shown.text.strip()
    said = f"{shown.text} {shown.blocks}"
    for dangerous in ("<!channel", "<@U1>", "<https://evil", "\u202e"):
        assert dangerous not in said
    settled = (isinstance(card, Failure) and card.settled) or (isinstance(card, Ending) and card.resumed)
    if settled:
        assert not any(block["type"] == "actions" for block in shown.blocks)


def test_times_in_the_future_do_not_confuse_silence() -> None:
    ahead = replace(WORKING, last_work=Moment("clock skew", START + timedelta(hours=1)))
    assert silence.silent_since(ahead, START, FIVE) is None
    assert silence.last_sign(ahead) == datetime(2026, 11, 16, 11, 0)


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (WORKING, "processing"),
        (replace(WORKING, queue_position=3), "processing"),
        (replace(WORKING, status="AWAITING_REVIEW", gate=GateView("TASKS", 1, "d")), "suspended"),
        (replace(WORKING, status="PAUSED"), "suspended"),
        (replace(WORKING, status="DRAFT"), "suspended"),
        (replace(WORKING, status="COMPLETED", counts=Counts(total=2, running=1)), "processing"),
        (replace(WORKING, status="COMPLETED", counts=Counts(total=2, succeeded=1, paused=1)), "suspended"),
        (replace(WORKING, status="COMPLETED", counts=Counts(total=2, succeeded=2), outcome="SUCCEEDED"), "closed"),
        (replace(WORKING, status="FAILED"), "closed"),
        (replace(WORKING, status="CANCELLED"), "closed"),
    ],
)
def test_what_an_agent_session_shows(view: SpecView, status: str) -> None:
    assert session.status(view) == status


@pytest.mark.parametrize(
    ("seconds_since_set", "sign_after", "refreshed"), [(95, 30, True), (60, 30, False), (95, -30, False)]
)
def test_a_session_is_refreshed_only_when_there_was_work(
    seconds_since_set: int, sign_after: int, refreshed: bool
) -> None:
    memory = Memory(session="processing", session_at=START.isoformat())
    view = replace(WORKING, last_work=Moment("read auth.py", START + timedelta(seconds=sign_after)))
    assert sessions.worked_on(view, memory, START + timedelta(seconds=seconds_since_set)) is refreshed
