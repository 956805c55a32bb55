"""Waiting while the origin, the store or the disk is away: told once, tried again with growing pauses, no fault of the job.

Steps that may be repeated (every step of an attempt and of SYNC may) raise; the dispatcher waits here and begins them again.
For the origin there is an end, after which the job fails with the remedy. The store and the disk are waited for as long as
they need: without them a failure could not be recorded either.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import structlog

from omoi_server.domain.events import EventDraft
from omoi_server.domain.states import HELD_JOBS
from omoi_server.errors import OmoiError, RepositoryError, ResourceExhausted, StaleFence, Unavailable
from omoi_server.orchestrator.office import Office
from omoi_server.store import jobs, specs
from omoi_server.store.bell import spec_topic
from omoi_server.store.transaction import Transaction

log = structlog.get_logger()

REFUSED = (Unavailable, ResourceExhausted)
"""The store or the disk refuses for now."""

AWAY = frozenset({"REPOSITORY_UNREACHABLE", "MIRROR_BUSY", "GIT_TIMEOUT"})
"""Reasons of a RepositoryError that pass by themselves. All others (access denied, no such repository …) stay."""

ORIGIN, STORE = "the repository to answer", "the server's store or disk to take writes"
"""How `specs.waiting_for` begins while one of them is away: "waits for …"."""


def passes(error: OmoiError) -> bool:
    """Whether the same step may work when tried again, without anybody changing anything."""
    return error.reason in AWAY if isinstance(error, RepositoryError) else isinstance(error, REFUSED)


@dataclass
class _Outage:
    """`since` is of the steady clock; `told` once an event of it is stored."""

    since: float
    message: str
    tries: int = 0
    told: bool = False


class Patience:
    """What one job waits for. A restart of the server begins it anew."""

    def __init__(self, office: Office, job: Any, draining: asyncio.Event) -> None:
        self._office = office
        self._job = job
        self._draining = draining
        self._outages: dict[str, _Outage] = {}

    async def wait(self, error: OmoiError) -> None:
        """Tell it, if it is not told, and let some time pass.

        Raises `error` with what was tried when the origin was away too long, StaleFence when the job is not held any
        more, Unavailable (SHUTTING_DOWN) when the server stops.
        """
        kind = ORIGIN if isinstance(error, RepositoryError) else STORE
        outage = self._outages.setdefault(kind, _Outage(time.monotonic(), error.message))
        limits = self._office.limits
        log.warning("job.later", job_id=self._job.job_id, reason=error.reason, message=error.message)
        if isinstance(error, RepositoryError) and time.monotonic() - outage.since >= limits.origin_patience:
            raise RepositoryError(
                error.reason,
                f"{error.message} It was tried again for {_minutes(limits.origin_patience)}.",
                "",
                error.field,
            ) from error
        if not outage.told:
            await self._tell(kind, outage, error)
        most = limits.retry_most if kind == ORIGIN else limits.watchdog
        pause = min(most, limits.retry_first * 2.0**outage.tries)
        outage.tries = min(outage.tries + 1, 30)
        await self._pause(pause)

    async def reached(self, kind: str) -> None:
        """It answers (again). What could not be told before, because nothing could be stored, is told now."""
        outage = self._outages.get(kind)
        async with self._office.db.read() as conn:
            waits = (await specs.spec(conn, self._job.spec_id)).waiting_for
        if waits.startswith(kind) or (outage is not None and not outage.told):
            await self._office.write("waited", lambda tx: self._goes_on(tx, kind, outage))
        self._outages.pop(kind, None)

    async def clear(self, tx: Transaction) -> None:
        """Within a transaction that holds the spec's lock: it waits for nothing of this any more."""
        spec = await specs.spec(tx.conn, self._job.spec_id)
        if spec.waiting_for.startswith((ORIGIN, STORE)):
            await specs.update_spec(tx, spec.spec_id, waiting_for="")

    async def _goes_on(self, tx: Transaction, kind: str, outage: _Outage | None) -> None:
        spec = await specs.locked(tx, self._job.spec_id)
        if outage is not None and not outage.told:
            seconds = time.monotonic() - outage.since
            message = f"Work stood still for {seconds:.0f} s: {outage.message} It goes on."
            tx.emit(EventDraft(spec.spec_id, "spec.note", message))
        if spec.waiting_for.startswith(kind):
            await specs.update_spec(tx, spec.spec_id, waiting_for="")

    async def _tell(self, kind: str, outage: _Outage, error: OmoiError) -> None:
        """One note, and `waiting_for`. Jobs of one spec that wait for the same thing tell it once."""
        if kind == ORIGIN:
            until = f"It is tried again for {_minutes(self._office.limits.origin_patience)}."
            message = f"The repository cannot be used now: {error.message} {until}"
        else:
            message = f"Work stands still: {error.message} It is tried again until it works."
        waits = f"{kind} ({error.reason})"

        async def work(tx: Transaction) -> None:
            spec = await specs.locked(tx, self._job.spec_id)
            await jobs.held(tx, self._job.job_id, self._job.fence)
            if spec.waiting_for.startswith(kind):
                return
            await specs.update_spec(tx, spec.spec_id, waiting_for=waits)
            tx.emit(EventDraft(spec.spec_id, "spec.note", message))

        try:
            await self._office.write("waiting", work)
            outage.told = True
        except REFUSED as refused:
            log.warning("job.not_told", job_id=self._job.job_id, reason=refused.reason, message=refused.message)

    async def _pause(self, seconds: float) -> None:
        """A cancel and a stop of the server end it within half a second."""
        deadline = time.monotonic() + seconds
        with self._office.db.bell.subscribe(spec_topic(self._job.spec_id)) as ear:
            while True:
                if self._draining.is_set():
                    raise Unavailable("SHUTTING_DOWN", "The server stops; the next one goes on.")
                await self._check_held()
                left = deadline - time.monotonic()
                if left <= 0:
                    return
                await ear.wait(min(left, self._office.limits.poll))

    async def _check_held(self) -> None:
        try:
            async with self._office.db.read() as conn:
                row = await jobs.job(conn, self._job.job_id)
        except REFUSED:
            return  # nobody can take the job over or cancel it either
        if row.fence != self._job.fence or row.status not in HELD_JOBS or row.owner != self._office.server_id:
            raise StaleFence(self._job.job_id, self._job.fence)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"
