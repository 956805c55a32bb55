"""Signs of life of one attempt: never started, no heartbeat, dead worker, time limit (design section 4)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from omoi_server.domain.states import HELD_JOBS, JobKind, SandboxState
from omoi_server.errors import StaleFence
from omoi_server.orchestrator.journal import Line
from omoi_server.orchestrator.office import Office
from omoi_server.store import jobs, sandboxes

LOOK_EVERY = 0.4
"""Seconds between two looks at the job's row and the process: a cancel is seen within half a second."""


class Vitals:
    """What is known about an attempt's life. Times are of this process's steady clock, so an adopted attempt gets its
    remaining time from the database and a fresh patience for the rest."""

    def __init__(self, office: Office, job: Any, name: str) -> None:
        self._office = office
        self._job = job
        self._name = name
        now = time.monotonic()
        self._began = now
        self._last_line = now
        self._last_look = 0.0
        self._started = job.started_at is not None
        self._deadline = now + self._seconds()
        self._dead_seen = False
        self.time_limit = False
        """The reason given by `look` is the time limit."""

    def _seconds(self) -> float:
        limits = self._office.limits
        total = limits.planning if self._job.kind == JobKind.PLAN else limits.task
        if self._job.started_at is None or self._job.lease_until is None:
            return total
        # Both times are the database's: the lease was set when this server took the job.
        used = (self._job.lease_until - self._job.started_at).total_seconds() - limits.lease
        return float(max(0.0, total - max(0.0, used)))

    def heard(self, lines: Sequence[Line]) -> None:
        """Lines came."""
        self._last_line = time.monotonic()
        self._started = self._started or bool(lines)
        self._dead_seen = False

    async def look(self) -> str | None:
        """Why the attempt is lost, or None. Raises StaleFence when the job is not held any more."""
        now = time.monotonic()
        if now - self._last_look < LOOK_EVERY:
            return None
        self._last_look = now
        await self._check_fence()
        limits = self._office.limits
        if now > self._deadline:
            self.time_limit = True
            total = limits.planning if self._job.kind == JobKind.PLAN else limits.task
            return f"the time limit of {total / 60:g} min is reached"
        status = await self._office.sandboxes.status(self._name)
        if not status.exists:
            return "the sandbox is gone"
        if status.started and not status.alive:
            # One more look at the journal first: its last lines may have come while we asked.
            if self._dead_seen:
                return "the worker died without an end"
            self._dead_seen = True
            self._last_look = 0.0
            return None
        if not self._started and now - self._began > limits.never_started:
            return f"the worker did not start within {limits.never_started:g} s"
        if self._started and now - self._last_line > limits.no_heartbeat:
            return f"no sign of life for {limits.no_heartbeat:g} s"
        return None

    async def _check_fence(self) -> None:
        async with self._office.db.read() as conn:
            row = await jobs.job(conn, self._job.job_id)
            sandbox = await sandboxes.find(conn, self._name)
        held = row.fence == self._job.fence and row.status in HELD_JOBS and row.owner == self._office.server_id
        if not held or sandbox is None or sandbox.state not in (SandboxState.CREATING, SandboxState.RUNNING):
            raise StaleFence(self._job.job_id, self._job.fence)
