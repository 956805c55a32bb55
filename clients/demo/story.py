"""The demo itself: one idea from its words to a pull request, with a gate and a change request on the way."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TypeVar

from demo import showing
from demo.place import Place
from demo.repository import Git, Repository
from demo.showing import row, rows
from omoi.v1.spec_pb2 import GetPhaseOutputResponse, Spec
from omoi_client.cli import ids, screen
from omoi_client.cli.ending import ending, trace
from omoi_client.client import OmoiClient
from omoi_client.errors import NotFound
from omoi_client.names import phase_word, status_word

IDEA = "Lock an account after five failed logins and email its owner"
CHANGE = "REQ-001: also record the time and the reason in an audit log"
"""What the demo asks to be changed in the first version. It fits an idea about anything."""

GATE = "REQUIREMENTS"
PIPE_SECONDS = 2.0
"""How long the document stands before it is approved where nobody can be asked."""

Result = TypeVar("Result")


class Answer(Enum):
    """What a person decides at the gate."""

    APPROVE = "a"
    CHANGE = "c"
    REJECT = "r"
    QUIT = "q"


@dataclass
class Story:
    """One run. `last` is the sequence of the last event shown."""

    place: Place
    repository: Repository
    git: Git
    idea: str
    spec_id: str = ""
    name: str = ""
    title: str = ""
    last: int = 0

    @property
    def omoi(self) -> str:
        """How to call the command."""
        return self.place.shown(self.place.wrapper)

    def tell(self) -> int:
        """Everything; the exit code. Raises OmoiError, DemoError, KeyboardInterrupt."""
        self.call(self.launch)
        spec = self.call(self.watch)
        if self._at_gate(spec):
            self.call(lambda omoi: self.request_change(omoi, CHANGE))
            spec = self.call(self.watch)
        while self._at_gate(spec):
            output = self.call(self.show_difference)
            answer, comment = decide()
            if answer is Answer.QUIT:
                return self._left()
            self.call(partial(self.answer, output=output, answer=answer, comment=comment))
            if answer is Answer.REJECT:
                return self._rejected()
            spec = self.call(self.watch)
        return self.call(self.finish)

    def call(self, work: Callable[[OmoiClient], Awaitable[Result]]) -> Result:
        """Talk to the server. Between two talks nothing runs, so that a question can wait as long as it likes."""

        async def talk() -> Result:
            async with OmoiClient() as omoi:
                return await work(omoi)

        return asyncio.run(talk())

    def _at_gate(self, spec: Spec) -> bool:
        return status_word(spec.status) == "AWAITING_REVIEW" and phase_word(spec.current_phase) == GATE

    async def launch(self, omoi: OmoiClient) -> None:
        """Add the project if it is new, and launch the idea with a gate after its requirements."""
        try:
            project = await omoi.get_project(self.repository.name)
        except NotFound:
            repo_url, branch = str(self.repository.path), self.repository.branch
            project = (await omoi.create_project(repo_url, name=self.repository.name, default_branch=branch)).project
        launched = await omoi.launch_spec(
            project.project_id, description=self.idea, gates=(GATE,), base_branch=self.repository.branch
        )
        self.spec_id = launched.spec_id
        self.name = await ids.short_spec(omoi, self.spec_id)
        self.title = (await omoi.get_spec(self.spec_id)).title
        row("spec", f"{self.name}  {launched.message}")

    async def watch(self, omoi: OmoiClient) -> Spec:
        """Until something waits for a person or everything is done."""
        self.last = await showing.watch(omoi, self.spec_id, self.name, self.title, self.last)
        return await omoi.get_spec(self.spec_id)

    async def request_change(self, omoi: OmoiClient, comment: str) -> None:
        """Show the first version and ask for another."""
        output = await omoi.get_phase_output(self.spec_id, GATE)
        row("gate", f"requirements v{output.version} waits for a decision")
        showing.head(output.markdown, self._read_on())
        row("change", f"“{comment}”")
        await omoi.review_phase(self.spec_id, GATE, output.digest, "REQUEST_CHANGES", comment)

    async def show_difference(self, omoi: OmoiClient) -> GetPhaseOutputResponse:
        """What is different in the newest version, which waits at the gate."""
        output = await omoi.get_phase_output(self.spec_id, GATE)
        rows(f"v{output.version}", list(output.changes) or ["as the version before: the comment changed nothing"])
        if output.version > 1:
            before = await omoi.get_phase_output(self.spec_id, GATE, output.version - 1)
            rows("", showing.difference(before.markdown, output.markdown))
        row("gate", f"requirements v{output.version} waits for a decision · {self._read_on()}")
        return output

    async def answer(self, omoi: OmoiClient, output: GetPhaseOutputResponse, answer: Answer, comment: str) -> None:
        """Send the decision on exactly this version."""
        decision = {Answer.APPROVE: "APPROVE", Answer.CHANGE: "REQUEST_CHANGES", Answer.REJECT: "REJECT"}[answer]
        await omoi.review_phase(self.spec_id, GATE, output.digest, decision, comment)
        if answer is Answer.APPROVE:
            row("approved", f"requirements v{output.version}")

    async def finish(self, omoi: OmoiClient) -> int:
        """Open the pull request and say where everything is. Exit code 3 when the run did not get there."""
        spec = await omoi.get_spec(self.spec_id)
        counts = spec.execution_status
        if not counts.is_complete:
            for label, text in ending(spec, self.name).rows:
                row(label, text)
            return 3
        opened = await omoi.create_pull_request(self.spec_id)
        await self._say_done(omoi, await omoi.get_spec(self.spec_id))
        row("review", self.place.shown(Path(opened.pull_request_url)))
        self._say_next(spec.branch_name)
        return 0

    async def _say_done(self, omoi: OmoiClient, spec: Spec) -> None:
        span = f"{spec.base_commit}..{spec.branch_name}"
        log = self.git(self.repository.path, "log", "--reverse", "--format=%h %s", span, "--").splitlines()
        row("done", f"{spec.branch_name}   {len(log)} commits: the plan, then one per task")
        rows("", log)
        requirements = await omoi.get_phase_output(self.spec_id, GATE)
        tasks = [one async for one in omoi.list_tasks(spec_id=self.spec_id)]
        rows("trace", [f"{key} {text}" for key, text in trace(requirements.data, tasks)])

    def _say_next(self, branch: str) -> None:
        repository = self.place.shown(self.repository.path)
        commands = [
            f"{self.omoi} show {self.name}",
            f"{self.omoi} output {self.name} requirements",
            f"git -C {repository} log {branch}",
        ]
        if self.repository.origin is not None:
            origin = self.place.shown(self.repository.origin)
            commands.append(f"git -C {origin} fetch {shlex.quote(str(self.repository.path))} {branch}:{branch}")
        rows("next", commands)

    def _read_on(self) -> str:
        return f"{self.omoi} output {self.name} requirements"

    def _left(self) -> int:
        row("left", "at its gate; it waits there until somebody decides")
        rows("next", [self._read_on(), f"{self.omoi} approve {self.name}", f"{self.omoi} watch {self.name}"])
        return 0

    def _rejected(self) -> int:
        row("rejected", "the spec is cancelled; its documents are kept")
        rows("next", [f"{self.omoi} show {self.name}", self._read_on()])
        return 0


def decide() -> tuple[Answer, str]:
    """A person's answer with their words, or approval after a while where nobody can be asked."""
    if not (sys.stdin.isatty() and screen.on_terminal()):
        time.sleep(PIPE_SECONDS)
        return Answer.APPROVE, ""
    while True:
        typed = _ask("decide    [a]pprove, request [c]hanges, [r]eject or [q]uit? ")
        if typed is None:
            return Answer.QUIT, ""
        try:
            answer = Answer(typed[:1].lower())
        except ValueError:
            continue
        comment = ""
        if answer is Answer.CHANGE:
            comment = _ask("change    what should change? (REQ-001: …) ") or ""
            if not comment:
                continue
        return answer, comment


def _ask(question: str) -> str | None:
    """One line without surrounding space; None when the terminal was closed."""
    try:
        return input(question).strip()
    except EOFError:
        print()
        return None
