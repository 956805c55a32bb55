"""What is sent next: pure choosing among the open posts within the budgets (slack-rules 5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from omoi_bot.slack_api.pacing import Bucket, Window
from omoi_bot.store.outbox import Open
from omoi_bot.store.posts import FIRST, PHASE, PROGRESS

Step = Literal["post", "update", "look_up"]


@dataclass(frozen=True)
class Pace:
    """Numbers of the sender; seconds of the bot's clock."""

    kept_from_progress: int = 6
    """Updates of each minute that progress never uses, so that a gate goes at once."""

    kept_from_phases: int = 3
    progress_a_minute: float = 42.0
    """Ten running specs are then each at most 15 s behind."""

    progress_burst: float = 2.0
    """With it a minute's progress is 44 updates: just what is not kept from it, so that it never stalls."""

    progress_seconds: float = 3.0
    """One message shows progress at most this often."""

    settle_seconds: float = 3.0
    """A request without an answer may still arrive; only after this is looked whether it did."""

    in_flight: int = 8
    poll_seconds: float = 0.5
    lease_seconds: float = 20.0
    lease_left: float = 11.0
    """A step begins only with so much of the lease left: more than `start_seconds` and the longest request together."""

    start_seconds: float = 2.0
    """Between the transaction and the request; a process that was stopped for longer does not send."""

    away_seconds: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
    look_up_seconds: float = 600.0
    """A post that may not be looked up for so long (the bot was removed, a scope is missing) is given up."""

    locked_out_seconds: float = 60.0
    """Before a workspace whose token does not work is tried again."""


@dataclass(frozen=True)
class Choice:
    """The steps to begin now, and the seconds until another look is worth while."""

    steps: tuple[tuple[Step, Open], ...]
    wait: float


@dataclass
class Budgets:
    """What may be sent now: chat.update per workspace, progress among it, chat.postMessage per channel."""

    updates: Window
    progress: Bucket
    channel: Callable[[str], Bucket]


def choose(
    rows: Sequence[Open], now: datetime, budgets: Budgets, busy: Collection[str], pace: Pace, room: int
) -> Choice:
    """Pick at most `room` steps. `busy` are the post ids whose step is under way."""
    waits = [pace.poll_seconds]
    steps: list[tuple[Step, Open]] = []
    for step, row, wait in _candidates(rows, now, budgets, busy, pace):
        if wait > 0:
            waits.append(wait)
        elif len(steps) < room:
            steps.append((step, row))
    return Choice(tuple(steps), max(0.0, min(waits)))


def _candidates(
    rows: Sequence[Open], now: datetime, budgets: Budgets, busy: Collection[str], pace: Pace
) -> Iterable[tuple[Step, Open, float]]:
    """Steps in the order of their importance, each with the seconds until it may begin."""
    heads = _heads(rows)
    free = [(urgency, row) for urgency, row in heads if row.post_id not in busy]
    doubtful = [row for _, row in free if row.state == "SENDING"]
    for row in doubtful:
        settled = pace.settle_seconds - _since(row.intent_at, now)
        yield "look_up", row, max(settled, _until(row.not_before, now))
    taken: dict[str, int] = {}
    for row in (row for _, row in free if row.state == "WANTED"):
        wait = max(budgets.channel(row.channel).wait(), _until(row.not_before, now))
        if wait <= 0 and taken.get(row.channel):
            continue
        taken[row.channel] = taken.get(row.channel, 0) + (wait <= 0)
        yield "post", row, wait
    yield from _updates([row for row in rows if row.state == "SENT" and row.post_id not in busy], now, budgets, pace)


def _updates(rows: list[Open], now: datetime, budgets: Budgets, pace: Pace) -> Iterable[tuple[Step, Open, float]]:
    """First what a person must see, then phases, then whoever waited longest. One at a time: the next look counts it."""
    keep = {FIRST: 0, PHASE: pace.kept_from_phases, PROGRESS: pace.kept_from_progress}
    for row in sorted(rows, key=lambda row: (row.urgency, row.dirty_since or now, row.post_id)):
        wait = max(_until(row.not_before, now), 0.0)
        if row.urgency >= PROGRESS:
            wait = max(wait, pace.progress_seconds - _since(row.sent_at, now), budgets.progress.wait())
        own = wait <= 0
        wait = max(wait, budgets.updates.wait(keep.get(row.urgency, pace.kept_from_progress)))
        yield "update", row, wait
        if own:
            # It goes now, or is the next to go as soon as the budget allows: nobody overtakes it.
            return


def _heads(rows: Sequence[Open]) -> list[tuple[int, Open]]:
    """Of each line the first post that is not there yet, with the urgency of what waits behind it; most urgent first."""
    lines: dict[str, list[Open]] = {}
    for row in rows:
        if row.state != "SENT":
            lines.setdefault(row.line, []).append(row)
    missing = {row.post_id for row in rows if row.state != "SENT"}
    # A live message that others wait for elsewhere is as urgent as they are.
    awaited: dict[str, int] = {}
    for row in rows:
        if row.depends_on_live and row.state != "SENT":
            live = f"live:{row.spec_id}"
            awaited[live] = min(row.urgency, awaited.get(live, row.urgency))
    heads = []
    for line in lines.values():
        head = min(line, key=lambda row: row.ordinal)
        if not (head.depends_on_live and f"live:{head.spec_id}" in missing):
            urgency = min(row.urgency for row in line)
            heads.append((min(urgency, awaited.get(head.post_id, urgency)), head))
    far = datetime.max
    return sorted(heads, key=lambda one: (one[0], one[1].dirty_since or far, one[1].post_id))


def _since(moment: datetime | None, now: datetime) -> float:
    return float("inf") if moment is None else (now - moment).total_seconds()


def _until(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else (moment - now).total_seconds()
