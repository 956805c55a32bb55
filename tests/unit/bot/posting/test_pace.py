"""Which step comes next: order within a thread, classes, and what is kept for what a person must see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from omoi_bot.posting.pace import Budgets, Pace, choose
from omoi_bot.slack_api.pacing import Bucket, Window
from omoi_bot.store.clock import Clock
from omoi_bot.store.outbox import Open
from omoi_bot.store.posts import FIRST, PHASE, PROGRESS

NOW = datetime(2026, 11, 21, 10, 0)
PACE = Pace()


def row(post_id: str, state: str = "WANTED", **more: Any) -> Open:
    known: dict[str, Any] = {
        "channel": "C", "line": f"T/C/{post_id}", "ordinal": 1, "spec_id": "", "urgency": PHASE, "depends_on_live": False,
        "attempts": 0, "intent_at": None, "not_before": None, "dirty_since": NOW, "sent_at": None, **more,
    }  # fmt: skip
    return Open(post_id=post_id, state=state, **known)


def budgets(updates: int = 50, used: int = 0) -> Budgets:
    clock = Clock()
    window = Window(clock, updates)
    window.remember([1.0] * used)
    channels: dict[str, Bucket] = {}
    return Budgets(window, Bucket(clock, 0.7, 2), lambda name: channels.setdefault(name, Bucket(clock, 1.0, 3.0)))


def picked(rows: list[Open], money: Budgets | None = None, busy: tuple[str, ...] = (), room: int = 8) -> list[str]:
    return [f"{step} {one.post_id}" for step, one in choose(rows, NOW, money or budgets(), busy, PACE, room).steps]


def test_of_a_thread_only_the_first_that_is_missing() -> None:
    thread = [row(f"p{n}", line="T/C/1", ordinal=n) for n in (3, 1, 2)]
    assert picked(thread) == ["post p1"]
    assert picked(thread, busy=("p1",)) == []
    doubtful = [row("p1", "SENDING", line="T/C/1", ordinal=1, intent_at=NOW), *thread[:1]]
    assert picked(doubtful) == [], "it may still arrive"
    long_ago = NOW - timedelta(seconds=PACE.settle_seconds)
    assert picked([row("p1", "SENDING", line="T/C/1", ordinal=1, intent_at=long_ago), *thread[:1]]) == ["look_up p1"]


def test_what_waits_behind_makes_the_head_urgent() -> None:
    rows = [
        row("a", line="a", dirty_since=NOW - timedelta(seconds=9)),
        row("b", line="b", ordinal=1, urgency=PROGRESS),
        row("gate", line="b", ordinal=2, urgency=FIRST),
    ]
    assert picked(rows) == ["post b"], "one post to a channel at a time, the urgent line first"
    live = row("live:s", channel="D", urgency=PROGRESS, spec_id="s")
    copy = row("dm", channel="E", urgency=FIRST, spec_id="s", depends_on_live=True)
    assert picked([rows[0], live, copy]) == ["post live:s", "post a"]
    assert picked([row("live:s", "SENT", urgency=PROGRESS, spec_id="s"), copy])[0] == "post dm"


def test_updates_go_by_class_and_then_by_who_waited_longest() -> None:
    early = NOW - timedelta(seconds=100)
    rows = [
        row("old progress", "SENT", urgency=PROGRESS, dirty_since=early),
        row("phase", "SENT", urgency=PHASE),
        row("gate", "SENT", urgency=FIRST),
    ]
    assert picked(rows) == ["update gate"]
    assert picked(rows[:2]) == ["update phase"]
    assert picked([rows[0], row("new progress", "SENT", urgency=PROGRESS)]) == ["update old progress"]


def test_a_part_of_the_minute_is_kept_for_what_must_be_seen() -> None:
    progress, phase, gate = (row(str(n), "SENT", urgency=n) for n in (PROGRESS, PHASE, FIRST))
    assert picked([progress], budgets(used=43)) == ["update 2"]
    assert picked([progress], budgets(used=44)) == []
    assert picked([phase], budgets(used=46)) == ["update 1"]
    assert picked([phase], budgets(used=47)) == []
    assert picked([gate], budgets(used=49)) == ["update 0"]
    assert picked([gate, phase, progress], budgets(used=50)) == []
    wait = choose([gate], NOW, budgets(used=50), (), Pace(poll_seconds=100), 8).wait
    assert 58.5 <= wait <= 59.0, "until the first call of the minute is a minute old"


def test_one_message_shows_progress_at_most_every_three_seconds() -> None:
    fresh = row("fresh", "SENT", urgency=PROGRESS, sent_at=NOW - timedelta(seconds=1))
    later = row("later", "SENT", urgency=PROGRESS, sent_at=NOW - timedelta(seconds=4))
    assert picked([fresh]) == []
    assert picked([fresh, later]) == ["update later"]
    assert picked([row("phase", "SENT", urgency=PHASE, sent_at=NOW)]) == ["update phase"]


@st.composite
def outboxes(draw: st.DrawFn) -> list[Open]:
    rows = []
    for n in range(draw(st.integers(0, 25))):
        line = draw(st.sampled_from("abcde"))
        state = draw(st.sampled_from(["WANTED", "SENDING", "SENT"]))
        at = NOW - timedelta(seconds=draw(st.integers(0, 90)))
        rows.append(
            row(
                f"p{n}", state, line=line, ordinal=n, channel=line.upper(), urgency=draw(st.sampled_from([0, 1, 2])),
                intent_at=at if state == "SENDING" else None, dirty_since=at,
                not_before=draw(st.sampled_from([None, NOW + timedelta(seconds=5)])),
            )
        )  # fmt: skip
    return rows


@settings(max_examples=150, deadline=None)
@given(outboxes(), st.integers(1, 8), st.integers(0, 50))
def test_no_choice_breaks_the_order_or_the_room(rows: list[Open], room: int, used: int) -> None:
    choice = choose(rows, NOW, budgets(used=used), (), PACE, room)
    assert len(choice.steps) <= room
    assert 0 <= choice.wait <= PACE.poll_seconds
    for step, one in choice.steps:
        assert one.not_before is None or one.not_before <= NOW
        if step == "update":
            assert one.state == "SENT"
        else:
            assert one.state == {"post": "WANTED", "look_up": "SENDING"}[step]
            earlier = [other for other in rows if other.line == one.line and other.ordinal < one.ordinal]
            assert all(other.state == "SENT" for other in earlier)
    assert len({one.post_id for _, one in choice.steps}) == len(choice.steps)
