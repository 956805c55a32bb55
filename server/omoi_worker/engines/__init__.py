"""Engines: what turns an idea into phase outputs and a task into files.

The worker frame owns the journal, git and the checks. An engine only reads the clone and returns data,
so that any engine can be put in the place of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Data = dict[str, Any]

NAMES: tuple[str, ...] = ("outline",)
"""Every engine that `load` knows, in the order in which errors list them."""


@dataclass(frozen=True)
class PastCommit:
    """One commit of the clone's past: its first line, and the POSIX paths that it added, changed or deleted."""

    subject: str
    files: tuple[str, ...]


class Context(Protocol):
    """What the frame lends an engine while one phase or task runs."""

    @property
    def root(self) -> Path:
        """The clone, at the commit of the job."""

    @property
    def job(self) -> Mapping[str, Any]:
        """The decoded `job.json`."""

    def note(self, text: str) -> None:
        """Journal one short line: what was learnt or done."""

    def command(self, text: str) -> AbstractContextManager[object]:
        """Journal `command_start` on entry and `command_end` on exit."""

    def history(self, limit: int) -> list[PastCommit]:
        """The job's commit and its ancestors without merges, newest first, at most `limit`; [] when there are none."""


@dataclass(frozen=True)
class PhaseDraft:
    """A phase output before it is evaluated: artefact data, and short figures for the progress display."""

    data: Data
    facts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TaskDraft:
    """What a task wants written: POSIX paths relative to the clone, whole contents, and the check's argv."""

    files: dict[str, str]
    summary: str
    check_argv: list[str] | None = None


class Engine(Protocol):
    """One way of planning and working. `model` is None when no model is asked."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def prompt_version(self) -> str: ...

    @property
    def model(self) -> str | None: ...

    def plan(
        self,
        phase: str,
        context: Context,
        upstream: Mapping[str, Data],
        previous: Data | None,
        feedback: Sequence[Mapping[str, str]],
        evaluator_feedback: str,
    ) -> PhaseDraft:
        """Make the output of one planning phase.

        `upstream` holds the data of the phases before it, `previous` the newest old version when the phase
        is done again, `feedback` the requested changes ({"id", "author", "text"}, oldest first),
        `evaluator_feedback` what the evaluator said of the last attempt. Raises ValueError for a phase that
        is not a planning phase and for upstream data that is missing.
        """

    def work(self, context: Context, task: Data) -> TaskDraft:
        """Do one task (`job["task"]`). The frame writes the files, commits and runs the check."""


class UnknownEngine(ValueError):
    """The job names an engine that this worker does not have."""

    def __init__(self, name: str) -> None:
        known = ", ".join(NAMES)
        super().__init__(f'engine "{name}" does not exist. Known engines: {known}. Set SANDBOX_RUNTIME to one.')
        self.name = name


def load(name: str) -> Engine:
    """Return the engine of that name; only its own package is imported. Raises UnknownEngine."""
    if name == "outline":
        from omoi_worker.engines.outline.engine import OutlineEngine

        return OutlineEngine()
    raise UnknownEngine(name)
