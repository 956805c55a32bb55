"""What an engine gets while it works: the clone, the job, a voice in the journal, and ears for the inbox."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omoi_worker.engines import PastCommit
from omoi_worker.git import Git, GitError
from omoi_worker.history import read_history
from omoi_worker.inbox import Inbox, Message
from omoi_worker.journal import Journal, JournalError, clip, clip_start
from omoi_worker.processes import ProcessTimeout

MAX_TEXT = 500
"""Characters of a note or of a command's text: one short line for a progress display."""

MAX_TAIL = 4000
"""Characters of a command's output that go into the journal; the transcript has more."""


class StopRequested(Exception):
    """The server asked the worker to stop."""


class Interrupted(Exception):
    """A person interrupts: what the engine does now is dropped and begun again with the words taken."""


@dataclass
class Command:
    """An open command. Set `exit_code` and `tail` before it ends; an exception counts as exit code 1."""

    id: int
    exit_code: int = 0
    tail: str = ""


@dataclass
class WorkContext:
    """Implements `engines.Context`. Used by the working thread alone.

    `git` is the clone's, `tmp` the sandbox's folder for temporary files. `messages` are words of people taken so far, `answers` the server's answers to a result that were not
    used yet, `doing` a few words for the message of a time limit.
    """

    root: Path
    job: Mapping[str, Any]
    journal: Journal
    inbox: Inbox
    git: Git
    tmp: Path
    messages: list[Message] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)
    doing: str = "starting"

    def __post_init__(self) -> None:
        earlier = [record["id"] for record in self.journal.history if record["type"] == "command_start"]
        self._last_command = max(earlier, default=0)

    def note(self, text: str) -> None:
        """Journal one short line."""
        self.journal.append("note", text=clip(" ".join(text.split()), MAX_TEXT))

    @contextmanager
    def command(self, text: str) -> Iterator[Command]:
        """Journal the start and end of a step, after looking into the inbox.

        Raises StopRequested and Interrupted before anything starts.
        """
        self.receive()
        self._last_command += 1
        command = Command(self._last_command)
        self.journal.append("command_start", id=command.id, text=clip(" ".join(text.split()), MAX_TEXT))
        began = time.monotonic()
        try:
            yield command
        except JournalError:
            raise
        except BaseException as error:
            command.exit_code = command.exit_code or 1
            command.tail = command.tail or f"{type(error).__name__}: {error}"
            self._finish(command, began)
            raise
        self._finish(command, began)

    def history(self, limit: int) -> list[PastCommit]:
        """See `engines.Context.history`. A past that git cannot read is noted and left out: it is a hint, no more."""
        try:
            return read_history(self.git, limit, self.tmp)
        except (GitError, ProcessTimeout) as error:
            self.note(f"working without the repository's history: {error}")
            return []

    def receive(self, waiting: bool = False) -> None:
        """Take what is new in the inbox. With `waiting` there is nothing to interrupt.

        Raises StopRequested, Interrupted.
        """
        messages, faults = self.inbox.take()
        for fault in faults:
            self.journal.error(str(fault))
        interrupted = ""
        for message in messages:
            self.journal.append("inbox", id=message.id, kind=message.kind)
            who = message.author or "the server"
            if message.kind == "stop":
                raise StopRequested(f"stopped by {who}" + (f": {message.text}" if message.text else ""))
            if message.kind in ("accepted", "rebase"):
                self.answers.append(message)
                continue
            self.messages.append(message)
            if message.kind == "interrupt":
                interrupted = f"interrupted by {who}" + (f": {message.text}" if message.text else "")
        if interrupted:
            self.note(interrupted)
            if not waiting:
                raise Interrupted(interrupted)

    def _finish(self, command: Command, began: float) -> None:
        fields: dict[str, Any] = {
            "id": command.id,
            "exit_code": command.exit_code,
            "duration_ms": round((time.monotonic() - began) * 1000),
        }
        if command.tail:
            fields["tail"] = clip_start(command.tail, MAX_TAIL)
        self.journal.append("command_end", **fields)
