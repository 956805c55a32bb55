"""What a finished spec must look like, however often its server died: read through the API, git and the file system."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from omoi.v1 import event_pb2, spec_pb2, ticket_pb2
from omoi_client import OmoiClient
from omoi_client.names import outcome_word, phase_word, status_word, task_word
from omoi_spec.phases import PLANNING_PHASES
from tests.acceptance.servers import Server
from tests.offices import git

PHASES = (*PLANNING_PHASES, "SYNC")
PAGE = 200

_SAME_IN_EVERY_RUN = (
    (re.compile(r"\b(spec|tsk|tkt|job|prj|proj)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), r"\1-ID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"\b(spec|task)/[0-9a-f]{8}-"), r"\1/ID-"),
    (re.compile(r"\b[0-9a-f]{8}-(?=[a-z])"), "ID-"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "TIME"),
    (re.compile(r"\b[0-9a-f]{7,12}\b"), "SHORT"),
)


@dataclass(frozen=True)
class EndResult:
    """A spec, everything that was told about it, and what belongs to it."""

    spec: spec_pb2.Spec
    events: list[event_pb2.SpecEvent]
    tasks: list[ticket_pb2.Task]
    tickets: list[ticket_pb2.Ticket]

    def count(self, event_type: str) -> Counter[str]:
        """How often this event happened, by phase or task key."""
        found = [event for event in self.events if event.type == event_type]
        return Counter(phase_word(event.phase) or event.task.key for event in found)

    def told(self) -> str:
        """The log, for a failed assertion."""
        return "\n".join(f"{event.sequence} {event.type}: {event.message}" for event in self.events)


async def all_events(omoi: OmoiClient, spec_id: str) -> list[event_pb2.SpecEvent]:
    """The event log, from its first event."""
    found: list[event_pb2.SpecEvent] = []
    while True:
        page = (await omoi.list_spec_events(spec_id, len(found), PAGE)).events
        found += page
        if len(page) < PAGE:
            return found


async def read(omoi: OmoiClient, spec_id: str) -> EndResult:
    """Everything about a spec, as it is now."""
    return EndResult(
        await omoi.get_spec(spec_id),
        await all_events(omoi, spec_id),
        [task async for task in omoi.list_tasks(spec_id=spec_id)],
        [ticket async for ticket in omoi.list_tickets(spec_id=spec_id)],
    )


async def settled(server: Server, omoi: OmoiClient, spec_id: str, seconds: float = 60.0) -> EndResult:
    """The spec once nothing more happens to it by itself; fails with its log."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (await omoi.get_spec(spec_id)).settled:
        if asyncio.get_running_loop().time() > deadline:
            result = await read(omoi, spec_id)
            raise AssertionError(f"not settled within {seconds:g} s\n{result.told()}\n{server.told()}")
        await asyncio.sleep(0.05)
    return await read(omoi, spec_id)


async def reached(omoi: OmoiClient, spec_id: str, event_type: str, phase: str = "", seconds: float = 60.0) -> int:
    """The sequence of the first such event, as soon as it is there."""

    async def first() -> int:
        async with aclosing(omoi.watch(spec_id)) as events:
            async for event in events:
                if event.type == event_type and phase in ("", phase_word(event.phase)):
                    return int(event.sequence)
        raise AssertionError("a watch without until_settled never ends")

    return await asyncio.wait_for(first(), seconds)


def check_log(result: EndResult) -> None:
    """1, 2, 3 … and the spec knows its last number."""
    assert [event.sequence for event in result.events] == list(range(1, len(result.events) + 1))
    assert result.spec.last_sequence == len(result.events)


def check_phases(result: EndResult, *, started_once: Iterable[str] = PHASES, cancelled: bool = False) -> None:
    """Every phase was completed exactly once and not started again then; `started_once` were started exactly once.

    `cancelled`: it was cancelled once; the resume goes over SYNC again, which creates nothing and tells its result.
    """
    completed = result.count("spec.phase_completed")
    if cancelled:
        completed["SYNC"] = min(completed["SYNC"], 1)
    assert completed == Counter(PHASES), f"{completed}\n{result.told()}"
    finished: set[str] = set()
    for event in result.events:
        if event.type == "spec.phase_completed":
            finished.add(phase_word(event.phase))
        elif event.type == "spec.phase_started":
            assert phase_word(event.phase) not in finished, f"{event.sequence} starts it again\n{result.told()}"
    started = result.count("spec.phase_started")
    for phase in started_once:
        assert started[phase] == 1, f"{phase} was started {started[phase]} times\n{result.told()}"


def check_done(
    server: Server,
    result: EndResult,
    repository: Path,
    *,
    task_starts: int = 1,
    alone: bool = True,
    cancelled: bool = False,
) -> None:
    """The whole end result: status, log, one ticket, one branch, the plan and one commit per task, nothing left over.

    `task_starts`: how often each task was started, at most. `alone`: no other spec runs on this server.
    `cancelled`: it was cancelled once, so that a finished task may have been told of again.
    """
    assert status_word(result.spec.status) == "COMPLETED", result.told()
    assert outcome_word(result.spec.execution_status.outcome) == "SUCCEEDED", result.told()
    assert result.spec.settled
    check_log(result)
    assert len(result.tickets) == 1
    assert result.tasks, "a plan without tasks"
    assert {task_word(task.status) for task in result.tasks} == {"SUCCEEDED"}, result.told()
    for task in result.tasks:
        assert 1 <= result.count("task.started")[task.key] <= task_starts, result.told()
    succeeded = result.count("task.succeeded")
    assert set(succeeded) == {task.key for task in result.tasks}, result.told()
    assert cancelled or set(succeeded.values()) == {1}, result.told()
    assert result.count("spec.branch_created") == Counter({"": 1}), result.told()
    check_branch(result, repository)
    assert not alone or server.sandboxes() == [], "sandboxes are left"
    assert server.failures() == []


def check_branch(result: EndResult, repository: Path) -> None:
    """One branch; on it the plan, then exactly one commit per task, each named by its task."""
    digits = result.spec.spec_id.removeprefix("spec-")[:8]
    branches = git(repository, "for-each-ref", "--format=%(refname:short)", f"refs/heads/spec/{digits}*").split()
    assert branches == [result.spec.branch_name]
    assert git(repository, "rev-parse", result.spec.branch_name) == result.spec.branch_tip
    log = git(repository, "log", "--first-parent", "--format=%H", f"main..{result.spec.branch_name}").split()
    assert len(log) == len(result.tasks) + 1, result.told()
    assert {task.commit for task in result.tasks} == set(log[:-1])
    for task in result.tasks:
        trailer = git(repository, "log", "-1", "--format=%(trailers:key=Task-Id,valueonly)", task.commit).strip()
        assert trailer == task.task_id
    git(repository, "fsck", "--strict", "--no-dangling")


def contents(repository: Path, branch: str) -> dict[str, str]:
    """Path → content on the branch, with everything that differs from run to run (ids, digests, times) made equal."""
    found = {}
    for path in git(repository, "ls-tree", "-r", "--name-only", branch).splitlines():
        found[_levelled(path)] = _levelled(git(repository, "show", f"{branch}:{path}"))
    return found


def _levelled(text: str) -> str:
    for pattern, replacement in _SAME_IN_EVERY_RUN:
        text = pattern.sub(replacement, text)
    return text
