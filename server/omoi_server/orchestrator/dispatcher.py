"""Claims jobs and runs each in its own task: an exception ends that item, never the loop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog

from omoi_server.domain.states import JobKind
from omoi_server.errors import OmoiError, StaleFence, Unavailable
from omoi_server.orchestrator import endings, task_results
from omoi_server.orchestrator.attempt import Attempt
from omoi_server.orchestrator.integrate import Integrator
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.patience import ORIGIN, REFUSED, STORE, Patience, passes
from omoi_server.orchestrator.sync import run_sync
from omoi_server.store import jobs, sandboxes, specs
from omoi_server.store.transaction import Transaction

log = structlog.get_logger()


class Dispatcher:
    """The claiming loop and the jobs that this server holds."""

    def __init__(self, office: Office, integrator: Integrator) -> None:
        self._office = office
        self._integrator = integrator
        self._running: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._draining = asyncio.Event()

    def handles(self, job_id: str, fence: int) -> bool:
        """Whether this attempt at the job runs, or is being closed, in this process."""
        return (job_id, fence) in self._running

    async def take_up(self) -> None:
        """Go on with jobs that this server holds and nobody works on: their item ended because the store refused."""
        async with self._office.db.read() as conn:
            held = await jobs.held_by(conn, self._office.server_id)
        for job in held:
            if not self._draining.is_set() and (job.job_id, job.fence) not in self._running:
                self._start(job, adopted=True)

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
                try:
                    await self._claim_all()
                except REFUSED as error:
                    log.warning("dispatcher.later", reason=error.reason, message=error.message)
                    await asyncio.sleep(office.limits.poll)
                await ear.wait(office.limits.poll)

    async def renew(self) -> None:
        """Keep the leases of what runs here alive."""
        office = self._office
        while True:
            await asyncio.sleep(office.limits.renew)
            try:
                await office.db.write(lambda tx: jobs.renew(tx, office.server_id, office.limits.lease_delta))
            except REFUSED as error:
                log.warning("leases.not_renewed", reason=error.reason, message=error.message)

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
            try:
                await self._claim_of(project_id)
            except REFUSED:
                raise
            except Exception:
                # One project's rows must not stop the others; the next round tries again.
                log.exception("dispatcher.claim_failed", project_id=project_id)

    async def _claim_of(self, project_id: str) -> None:
        while not self._draining.is_set():
            job = await self._office.write("claim", partial(self._claim, project_id))
            if job is None:
                return
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
        key = (job.job_id, job.fence)
        if key in self._running:
            return  # `take_up` saw the claim before the claiming loop did
        task = asyncio.create_task(self._item(job, adopted), name=f"job {job.job_id}")
        self._running[key] = task
        task.add_done_callback(lambda _: self._finished(key))

    def _finished(self, key: tuple[str, int]) -> None:
        self._running.pop(key, None)
        self._office.db.bell.ring([jobs.JOBS_TOPIC])

    async def _item(self, job: Any, adopted: bool) -> None:
        """The job to its end. While the origin, the store or the disk is away it waits and goes on from what is stored."""
        patience = Patience(self._office, job, self._draining)
        try:
            while (error := await self._try(job, adopted, patience)) is not None:
                await patience.wait(error)
                adopted = True
        except StaleFence:
            log.info("job.ended_elsewhere", job_id=job.job_id, fence=job.fence)
            await self._close(job, patience)
        except Unavailable as error:
            log.info("job.kept", job_id=job.job_id, reason=error.reason)
        except OmoiError as error:
            await self._fail(job, patience, error.reason, error.message)
        except Exception:
            log.exception("job.internal_error", job_id=job.job_id, spec_id=job.spec_id)
            message = f"an internal error; the server's log has it under {job.job_id}."
            await self._fail(job, patience, "INTERNAL", message)

    async def _try(self, job: Any, adopted: bool, patience: Patience) -> OmoiError | None:
        """What passes by itself and stopped the job for now; None when it is over."""
        try:
            if job.kind == JobKind.SYNC:
                await run_sync(self._office, self._integrator, job)
                await patience.reached(ORIGIN)
                await patience.reached(STORE)
            else:
                await Attempt(self._office, self._integrator, job, self._draining, patience).run(adopted)
        except OmoiError as error:
            if passes(error):
                return error
            raise
        return None

    async def _close(self, job: Any, patience: Patience) -> None:
        """The job ended while it waited: its worker is stopped now, not in the watchdog's next round."""
        if job.kind == JobKind.SYNC:
            return
        try:
            await Attempt(self._office, self._integrator, job, self._draining, patience).close()
        except OmoiError as error:
            log.warning("sandbox.close_later", job_id=job.job_id, reason=error.reason, message=error.message)
        except Exception:
            log.exception("sandbox.not_closed", job_id=job.job_id)

    async def _fail(self, job: Any, patience: Patience, code: str, message: str) -> None:
        async def work(tx: Transaction) -> None:
            await specs.locked(tx, job.spec_id)
            held = await jobs.held(tx, job.job_id, job.fence)
            await patience.clear(tx)
            await endings.fail_job(tx, held, code, message)

        try:
            await self._office.write("failed", work)
            await self._close(job, patience)
        except StaleFence:
            log.info("job.ended_elsewhere", job_id=job.job_id, fence=job.fence)
        except OmoiError as error:
            # The store itself refuses: the job stays held, and the watchdog takes it up again.
            log.error("job.failure_not_stored", job_id=job.job_id, reason=error.reason, message=error.message)
        except Exception:
            log.exception("job.failure_not_stored", job_id=job.job_id)
