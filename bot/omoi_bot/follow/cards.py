"""What can be said in a thread, before it has a form. `showing` gives each its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from omoi_bot.follow.happenings import Happening
from omoi_bot.follow.memory import End, OpenFailure, OpenGate


@dataclass(frozen=True)
class Live:
    """The live message, as the view is now."""


@dataclass(frozen=True)
class PhaseResult:
    """A phase in two lines with its View button."""

    happening: Happening


@dataclass(frozen=True)
class Gate:
    """A gate that waits for a person."""

    gate: OpenGate


@dataclass(frozen=True)
class Decision:
    """A gate that somebody decided, without buttons. `verdict`: approved, changes_requested, rejected or cancelled."""

    gate: OpenGate
    verdict: str
    by: str
    at: datetime
    comment: str = ""


@dataclass(frozen=True)
class Changes:
    """Somebody asked for changes; the next version is being made."""

    phase: str
    version: int
    by: str
    at: datetime
    comment: str


@dataclass(frozen=True)
class Failure:
    """What failed. `settled`: it was retried, finished or stopped since, and has no buttons any more."""

    failure: OpenFailure
    settled: str = ""


@dataclass(frozen=True)
class Ending:
    """The end. `resumed`: work went on since, and the buttons are gone."""

    end: End
    resumed: bool = False


@dataclass(frozen=True)
class PullRequest:
    """The pull request is open."""


@dataclass(frozen=True)
class TaskStep:
    """One task moved on. Only for channels that want everything."""

    happening: Happening


Card = Live | PhaseResult | Gate | Decision | Changes | Failure | Ending | PullRequest | TaskStep


@dataclass(frozen=True)
class Telling:
    """One message as it is to be: its id, what it says, and how soon. The same id again means the message is changed."""

    post_id: str
    kind: str
    urgency: int
    card: Card
