"""Claims jobs and runs each in its own task: an exception ends that item, never the loop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog

from omoi_server.domain.states import JobKind
from omoi_server.errors import OmoiError, StaleFence
from omoi_server.orchestrator import endings, task_results
from omoi_server.orchestrator.attempt import Attempt
from omoi_server.orchestrator.integrate import Integrator
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.sync import run_sync
from omoi_server.store import jobs, sandboxes, specs
from omoi_server.store.transaction import Transaction

log = structlog.get_logger()


class Dispatcher:
    """The claiming loop and the jobs that this server holds."""

    def __init__(self, office: Office, integrator: Integrator) -> None:
        self._office = office
        self._integrator = integrator
        self._running: dict[str, asyncio.Task[None]] = {}
        self._draining = asyncio.Event()

    def handles(self, job_id: str) -> bool:
        """Whether an item of this job runs in this process."""
        return job_id in self._running

    async def run(self) -> None:
        """Adopt what this host's earlier server held, then claim until drained."""
        office = self._office
        adopted = await office.write(
            "adopt",
            lambda tx: jobs.adopt(tx, office.sandboxes.location, office.server_id, office.limits.lease_delta),
        )
        for job in adopted:
            self._start(job, adopted=True)
        with office.db.bell.subscribe(jobs.JOBS_TOPIC) as ear:
            while not self._draining.is_set():
                await self._claim_all()
                await ear.wait(office.limits.poll)

    async def renew(self) -> None:
        """Keep the leases of what runs here alive."""
        office = self._office
        while True:
            await asyncio.sleep(office.limits.renew)
            await office.db.write(lambda tx: jobs.renew(tx, office.server_id, office.limits.lease_delta))

    async def drain(self, seconds: float) -> None:
        """Claim no more; let items come to a stopping point; give back what had not started."""
        self._draining.set()
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._office.db.write(self._release)

    async def _release(self, tx: Transaction) -> None:
        """Jobs that were claimed and have no sandbox yet go back to the queue at once."""
        for job in await jobs.held_by(tx.conn, self._office.server_id):
            await specs.locked(tx, job.spec_id)
            if await sandboxes.find(tx.conn, sandboxes.sandbox_name(job.job_id, job.fence)) is None:
                await endings.give_back(tx, job, "the server stopped")

    async def _claim_all(self) -> None:
        async with self._office.db.read() as conn:
            waiting = await jobs.projects_with_queued(conn)
        for project_id in waiting:
            while not self._draining.is_set():
                job = await self._office.write("claim", partial(self._claim, project_id))
                if job is None:
                    break
                self._start(job, adopted=False)

    async def _claim(self, project_id: str, tx: Transaction) -> Any:
        office = self._office
        job = await jobs.claim(
            tx,
            project_id,
            office.max_concurrent,
            office.server_id,
            office.sandboxes.location,
            office.limits.lease_delta,
        )
        if job is not None and job.kind == JobKind.TASK:
            await task_results.start_task(tx, job)
        return job

    def _start(self, job: Any, *, adopted: bool) -> None:
        task = asyncio.create_task(self._item(job, adopted), name=f"job {job.job_id}")
        self._running[job.job_id] = task
        task.add_done_callback(lambda _: self._finished(job.job_id))

    def _finished(self, job_id: str) -> None:
        self._running.pop(job_id, None)
        self._office.db.bell.ring([jobs.JOBS_TOPIC])

    async def _item(self, job: Any, adopted: bool) -> None:
        try:
            if job.kind == JobKind.SYNC:
                await run_sync(self._office, self._integrator, job)
            else:
                await Attempt(self._office, self._integrator, job, self._draining).run(adopted)
        except StaleFence:
            log.info("job.ended_elsewhere", job_id=job.job_id, fence=job.fence)
        except OmoiError as error:
            await self._fail(job, error.reason, error.message)
        except Exception:
            log.exception("job.internal_error", job_id=job.job_id, spec_id=job.spec_id)
            await self._fail(job, "INTERNAL", f"an internal error; the server's log has it under {job.job_id}.")

    async def _fail(self, job: Any, code: str, message: str) -> None:
        async def work(tx: Transaction) -> None:
            await specs.locked(tx, job.spec_id)
            held = await jobs.held(tx, job.job_id, job.fence)
            await endings.fail_job(tx, held, code, message)

        try:
            await self._office.write("failed", work)
        except StaleFence:
            log.info("job.ended_elsewhere", job_id=job.job_id, fence=job.fence)
        except OmoiError as error:
            # The store itself refuses; the lease runs out and the job is tried again then.
            log.error("job.failure_not_stored", job_id=job.job_id, reason=error.reason, message=error.message)
