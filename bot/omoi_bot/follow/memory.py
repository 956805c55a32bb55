"""What a follow remembers between two transactions: the buttons that stand open in the thread, and little else.

It is kept as JSON beside the cursor and changes in the transaction that moves the cursor.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

MOST_FAILURES = 50
"""Failures with an open Retry that are remembered; older ones keep their button, which the server then refuses."""


@dataclass(frozen=True)
class OpenGate:
    """A gate that waits, and every message that carries its buttons.

    `copies` are posts beside the first one. `sought`: approvers outside the channel were looked for. `remind_at` (ISO, by
    the bot's clock) is when it is said again, empty for never; `reminded` counts. `link` leads to the first message.
    """

    post_id: str
    phase: str
    version: int
    digest: str
    sequence: int
    copies: tuple[str, ...] = ()
    sought: bool = False
    remind_at: str = ""
    reminded: int = 0
    link: str = ""


@dataclass(frozen=True)
class OpenFailure:
    """A failure that was told and can still be retried. `task_id` is empty when planning failed."""

    post_id: str
    task_id: str
    key: str
    title: str
    reason: str
    code: str
    sequence: int
    paused: bool = False


@dataclass(frozen=True)
class End:
    """How it ended and the message that says so; `post_id` is empty when a failure said it."""

    post_id: str
    outcome: str
    done: str = ""
    left: str = ""
    reason: str = ""
    by: str = ""


@dataclass(frozen=True)
class PhaseTime:
    """When a phase's newest attempt began (ISO, UTC) and how long it took once it was over, in milliseconds."""

    since: str = ""
    duration_ms: int = 0


@dataclass(frozen=True)
class Memory:
    """See the module. `silent`: the silence was told. `round`: how often the report moved. `reaction`: the one that stands.
    `session`: the agent session's status that stands, set at `session_at` (ISO, UTC)."""

    gate: OpenGate | None = None
    gates_told: tuple[str, ...] = ()
    failures: tuple[OpenFailure, ...] = ()
    end: End | None = None
    pull_request: bool = False
    silent: bool = False
    live_link: str = ""
    reaction: str = ""
    session: str = ""
    session_at: str = ""
    round: int = 0
    launched_at: str = ""
    ended_at: str = ""
    documents: int = 0
    phase_times: dict[str, PhaseTime] = field(default_factory=dict)
    unknown: dict[str, Any] = field(default_factory=dict)

    def failed(self, failure: OpenFailure) -> Memory:
        """With one more failure."""
        return replace(self, failures=(*self.failures, failure)[-MOST_FAILURES:])

    def copied(self, *post_ids: str) -> Memory:
        """The gate's buttons stand in these messages too. Nothing changes when no gate is open."""
        if self.gate is None:
            return self
        return replace(self, gate=replace(self.gate, copies=(*self.gate.copies, *post_ids), sought=True))


def load(kept: dict[str, Any] | None) -> Memory:
    """From its JSON. What a newer version wrote and this one does not know is kept for it."""
    values = dict(kept or {})
    gate, end = values.pop("gate", None), values.pop("end", None)
    failures = values.pop("failures", ())
    times = values.pop("phase_times", {})
    known = {name: values.pop(name) for name in _PLAIN if name in values}
    told = tuple(known.pop("gates_told", ()))
    return Memory(
        gate=OpenGate(**{**_of(OpenGate, gate), "copies": tuple(gate.get("copies", ()))}) if gate else None,
        gates_told=told,
        failures=tuple(OpenFailure(**_of(OpenFailure, failure)) for failure in failures),
        end=End(**_of(End, end)) if end else None,
        phase_times={name: PhaseTime(**_of(PhaseTime, spent)) for name, spent in times.items()},
        unknown=values,
        **known,
    )


def _of(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    return {item.name: values[item.name] for item in fields(kind) if item.name in values}


_PLAIN = (
    "gates_told",
    "pull_request",
    "silent",
    "live_link",
    "reaction",
    "session",
    "session_at",
    "round",
    "launched_at",
    "ended_at",
    "documents",
)


def dump(memory: Memory) -> dict[str, Any]:
    """As JSON values."""
    values = asdict(memory)
    unknown = values.pop("unknown")
    return {**unknown, **values}
