"""From events to what is said: pure, and the same however the events arrive.

A cut of the log (everything between the cursor and a snapshot of the same moment) becomes a list of tellings. Whatever
opened and closed within one cut is told closed: after an hour of silence nobody is asked what was decided long ago.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from omoi_bot.blocks.model import SpecView
from omoi_bot.follow import urgency
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
from omoi_bot.follow.happenings import Happening
from omoi_bot.follow.memory import End, Memory, OpenFailure, OpenGate, PhaseTime

QUIET, NORMAL, EVERYTHING = "quiet", "normal", "everything"

_VERDICTS = {
    "review.approved": "approved",
    "review.changes_requested": "changes_requested",
    "review.rejected": "rejected",
}
_PLANNING_FAILED = ("spec.execution_failed", "spec.paused")
_TASK_FAILED = ("task.failed", "task.paused")
_TASK_ON_AGAIN = ("task.queued", "task.requeued", "task.started", "task.succeeded", "task.cancelled")
_TASK_STEPS = ("task.started", "task.succeeded", "task.blocked", "task.requeued", "task.cancelled")
SUCCEEDED, FAILED, CANCELLED = "SUCCEEDED", "FAILED", "CANCELLED"
_OVER = (SUCCEEDED, FAILED)


def live_id(spec_id: str, moves: int) -> str:
    """The live message's post; after each move of the report it is another message."""
    return f"live:{spec_id}{_suffix(moves)}"


def _suffix(moves: int) -> str:
    return f":m{moves}" if moves else ""


def tell(
    memory: Memory, happenings: Sequence[Happening], view: SpecView, verbosity: str = NORMAL
) -> tuple[Memory, list[Telling]]:
    """What these events, in order and without gaps, demand; and what to remember. `view` is of the moment after the last one.

    The live message comes first, so that it is the first reply of a thread that has none yet.
    """
    telling = _Told(view.spec_id, memory, verbosity)
    for happening in happenings:
        telling.take(happening, view)
    telling.look_at_the_end(happenings, view)
    soon = urgency.of_all(happening.type for happening in happenings)
    if memory.end != telling.memory.end:
        soon = urgency.NOW
    live = Telling(live_id(view.spec_id, memory.round), "live", soon, Live())
    return telling.memory, [live, *telling.said.values()]


def begin_anew(memory: Memory, spec_id: str, moves: int) -> tuple[Memory, list[Telling]]:
    """The report moved to another place for the `moves`-th time: what still waits for a person is asked there again.

    Messages of the old place are out of reach and forgotten.
    """
    fresh = replace(memory, round=moves, gates_told=(), failures=(), live_link="", reaction="", session="")
    telling = _Told(spec_id, fresh, NORMAL)
    if memory.gate is not None:
        gate = memory.gate
        post_id = telling.post_id("gate", gate.phase, f"v{gate.version}")
        opened = replace(gate, post_id=post_id, copies=(), sought=False)
        telling.memory = replace(fresh, gate=opened, gates_told=(post_id,))
        telling.say(post_id, "gate", Gate(opened))
    for failure in memory.failures:
        again = replace(failure, post_id=telling.post_id("fail", failure.sequence))
        telling.memory = telling.memory.failed(again)
        telling.say(again.post_id, "fail", Failure(again))
    if memory.end is not None and memory.end.post_id:
        end = replace(memory.end, post_id=telling.post_id("end", "again"))
        telling.memory = replace(telling.memory, end=end)
        telling.say(end.post_id, "end", Ending(end))
    live = Telling(live_id(spec_id, moves), "live", urgency.NOW, Live())
    return telling.memory, [live, *telling.said.values()]


@dataclass
class _Told:
    """The fold. `said` keeps the order in which messages were first said, with their last content."""

    spec_id: str
    memory: Memory
    verbosity: str
    said: dict[str, Telling] = field(default_factory=dict)

    def say(self, post_id: str, kind: str, card: Card, soon: int = urgency.NOW) -> None:
        self.said[post_id] = Telling(post_id, kind, soon, card)

    def take(self, happening: Happening, view: SpecView) -> None:
        kind = happening.type
        self._time(happening)
        self._settle(happening)
        if kind == "review.requested":
            self._open_gate(happening)
        elif kind in _VERDICTS:
            self._decide(happening)
        elif kind == "spec.phase_completed":
            self._phase(happening, view.gates)
        elif kind in _PLANNING_FAILED or kind in _TASK_FAILED:
            self._fail(happening)
        elif kind == "spec.cancelled":
            self._cancel(happening)
        elif kind == "pull_request.created":
            self.memory = replace(self.memory, pull_request=True)
            self.say(self.post_id("pr"), "pr", PullRequest())
        if kind in _TASK_STEPS and self.verbosity == EVERYTHING:
            self.say(self.post_id("task", happening.sequence), "task", TaskStep(happening), urgency.PROGRESS)

    def _time(self, happening: Happening) -> None:
        """Keep what only the events know: when it was launched, when a phase began and how long it took."""
        if not self.memory.launched_at:
            self.memory = replace(self.memory, launched_at=happening.at.isoformat())
        if happening.type == "spec.documents_committed":
            self.memory = replace(self.memory, documents=self.memory.documents + 1)
        if happening.type == "spec.phase_started":
            spent = PhaseTime(happening.at.isoformat())
        elif happening.type == "spec.phase_completed":
            spent = replace(
                self.memory.phase_times.get(happening.phase, PhaseTime()), duration_ms=happening.duration_ms
            )
        else:
            return
        self.memory = replace(self.memory, phase_times={**self.memory.phase_times, happening.phase: spent})

    def post_id(self, name: str, *parts: object) -> str:
        return ":".join([name, self.spec_id, *(str(part) for part in parts)]) + _suffix(self.memory.round)

    def _open_gate(self, happening: Happening) -> None:
        """The same version can open again: stopped at its gate and resumed. Then it is a new message, which is noticed."""
        post_id = self.post_id("gate", happening.phase, f"v{happening.version}")
        if post_id in self.memory.gates_told:
            post_id = f"{post_id}:{happening.sequence}"
        gate = OpenGate(post_id, happening.phase, happening.version, happening.digest, happening.sequence)
        self.memory = replace(self.memory, gate=gate, gates_told=(*self.memory.gates_told, post_id))
        self.say(post_id, "gate", Gate(gate))

    def _decide(self, happening: Happening) -> None:
        who = happening.decided_by or happening.person
        verdict = _VERDICTS[happening.type]
        self._close_gate(verdict, who, happening)
        if verdict == "changes_requested" and self.verbosity != QUIET:
            asked = Changes(happening.phase, happening.version, who, happening.at, happening.comment)
            self.say(self.post_id("changes", happening.sequence), "changes", asked)

    def _close_gate(self, verdict: str, who: str, happening: Happening) -> None:
        gate = self.memory.gate
        if gate is None:
            return
        decision = Decision(gate, verdict, who, happening.at, happening.comment or happening.reason)
        for post_id in (gate.post_id, *gate.copies):
            self.say(post_id, "gate", decision)
        self.memory = replace(self.memory, gate=None)

    def _phase(self, happening: Happening, gates: Sequence[str]) -> None:
        """Behind a gated phase its gate stands, which says the same and more."""
        if happening.phase in gates:
            return
        wanted = self.verbosity == EVERYTHING or (self.verbosity == NORMAL and happening.version > 0)
        if wanted:
            number = f"v{happening.version}" if happening.version else str(happening.sequence)
            self.say(self.post_id("phase", happening.phase, number), "phase", PhaseResult(happening), urgency.CHANGE)

    def _fail(self, happening: Happening) -> None:
        paused = happening.type.endswith(".paused")
        failure = OpenFailure(
            self.post_id("fail", happening.sequence),
            happening.task_id,
            happening.key,
            happening.title,
            happening.reason or happening.message,
            happening.code,
            happening.sequence,
            paused,
        )
        self.memory = self.memory.failed(failure)
        self.say(failure.post_id, "fail", Failure(failure))

    def _cancel(self, happening: Happening) -> None:
        self._close_gate("cancelled", happening.person, happening)
        end = End(
            self.post_id("end", happening.sequence),
            CANCELLED,
            happening.done,
            happening.left,
            happening.reason,
            happening.person,
        )
        self.memory = replace(self.memory, end=end, ended_at=happening.at.isoformat())
        self.say(end.post_id, "end", Ending(end))

    def _settle(self, happening: Happening) -> None:
        """Failures that this event answers, and an end that it undoes, lose their buttons."""
        kind = happening.type
        over = "stopped" if kind == "spec.cancelled" else "retried"
        open_failures = []
        for failure in self.memory.failures:
            again = kind in _TASK_ON_AGAIN and failure.task_id and failure.task_id == happening.task_id
            planning = kind == "spec.execution_started" and not failure.task_id
            if again or planning or kind == "spec.cancelled":
                word = "done" if kind == "task.succeeded" else over
                self.say(failure.post_id, "fail", Failure(failure, word))
            else:
                open_failures.append(failure)
        self.memory = replace(self.memory, failures=tuple(open_failures))
        if kind == "spec.execution_started":
            self._resume()

    def _resume(self) -> None:
        end = self.memory.end
        if end is None:
            return
        if end.post_id:
            self.say(end.post_id, "end", Ending(end, resumed=True))
        self.memory = replace(self.memory, end=None, ended_at="")

    def look_at_the_end(self, happenings: Sequence[Happening], view: SpecView) -> None:
        """The end has no event of its own: it is when no task can move any more. A task that is retried undoes it."""
        self._settle_planning(view)
        end, outcome = self.memory.end, view.outcome.upper()
        stopped = end is not None and end.outcome == CANCELLED
        if end is not None and (view.status != CANCELLED if stopped else end.outcome != outcome):
            self._resume()
        elif end is not None and end.post_id and happenings:
            # Its buttons follow the branch and the pull request.
            self.said.setdefault(end.post_id, Telling(end.post_id, "end", urgency.NOW, Ending(end)))
        if self.memory.end is None and outcome in _OVER and happenings and view.status == "COMPLETED":
            self._end(outcome, happenings[-1])

    def _settle_planning(self, view: SpecView) -> None:
        """Going on at an undecided gate opens it again and starts nothing, so the state says that planning goes on."""
        if view.status not in ("EXECUTING", "AWAITING_REVIEW", "COMPLETED"):
            return
        for failure in self.memory.failures:
            if not failure.task_id:
                self.say(failure.post_id, "fail", Failure(failure, "retried"))
        self.memory = replace(self.memory, failures=tuple(one for one in self.memory.failures if one.task_id))

    def _end(self, outcome: str, last: Happening) -> None:
        """A failure that ended it and was just told has said what there is to say."""
        self.memory = replace(self.memory, ended_at=last.at.isoformat())
        failing = (said.card for said in self.said.values() if isinstance(said.card, Failure))
        if outcome == FAILED and any(not card.settled for card in failing):
            self.memory = replace(self.memory, end=End("", outcome))
            return
        end = End(self.post_id("end", last.sequence), outcome)
        self.memory = replace(self.memory, end=end)
        self.say(end.post_id, "end", Ending(end))
