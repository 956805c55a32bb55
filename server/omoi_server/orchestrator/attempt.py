"""One attempt at a job in a sandbox, seen from the server: prepare, follow the journal, close.

The attempt ends when its job ended (by its own lines, by a cancel, by a takeover) or its worker is lost. A server that stops
leaves local sandboxes running; the next one adopts them and reads on at the stored position.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from omoi_server.domain.events import EventDraft
from omoi_server.domain.states import JobKind, SandboxState
from omoi_server.errors import OmoiError, SandboxFileError, StaleFence
from omoi_server.orchestrator import brief, endings, ingest, planning_results, task_results
from omoi_server.orchestrator.closing import close_sandbox
from omoi_server.orchestrator.ground import settle_ground
from omoi_server.orchestrator.ingest import Place
from omoi_server.orchestrator.integrate import Integrated, Integrator, Moved, Refused
from omoi_server.orchestrator.journal import MAX_LINE, JournalCorrupt, Line, check_start, parse, storable
from omoi_server.orchestrator.mail import Mail, started_with
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.patience import ORIGIN, STORE, Patience, passes
from omoi_server.orchestrator.vitals import Vitals
from omoi_server.orchestrator.words import clean
from omoi_server.store import comments, jobs, outputs, projects, sandboxes, specs
from omoi_server.store.bell import spec_topic
from omoi_server.store.transaction import Transaction
from omoi_spec.evaluate import Evaluation, evaluate
from omoi_spec.phases import PLANNING_PHASES

log = structlog.get_logger()

AT_ONCE = 100
"""Lines in one transaction: a worker that writes a lot must not keep the others from the store."""

ALONE = ("phase_output", "phase_failed", "result", "conflict", "end")
"""Lines that change more than what people see; each is stored by itself."""


class Attempt:
    """Runs one held job to its end. `draining` is set when the server stops; `patience` hears what answers again."""

    def __init__(
        self, office: Office, integrator: Integrator, job: Any, draining: asyncio.Event, patience: Patience
    ) -> None:
        self._office = office
        self._integrator = integrator
        self._job = job
        self._draining = draining
        self._patience = patience
        self._name = sandboxes.sandbox_name(job.job_id, job.fence)
        self._position = (0, 0)
        self._over = False
        self._vitals = Vitals(office, job, self._name)

    async def run(self, adopted: bool) -> None:
        """Until the job ended or the server drains.

        Raises what passes by itself (`patience.passes`): the job is held as before, and `run(True)` goes on from there.
        """
        try:
            if await self._ready(adopted):
                await self._patience.reached(STORE)
                # Patience begins now: fetching and bundling a large repository is no delay of the worker.
                self._vitals = Vitals(self._office, self._job, self._name)
                await self._follow()
        except StaleFence:
            self._over = True
        except JournalCorrupt as corrupt:
            await self._fail("JOURNAL_CORRUPT", f"journal_corrupt: {clean(str(corrupt))[:500]}.")
        except OmoiError as error:
            if error.reason == "WORKER_NOT_STARTED":
                await self._lost(error.message)
            elif passes(error):
                raise
            else:
                await self._fail(error.reason, error.message)
        if self._over:
            await self.close()

    async def _ready(self, adopted: bool) -> bool:
        """The sandbox exists and its worker was started; False when this attempt is over instead."""
        office, job = self._office, self._job
        async with office.db.read() as conn:
            spec = await specs.spec(conn, job.spec_id)
            self._project = await projects.project(conn, job.project_id)
            row = await sandboxes.find(conn, self._name)
        if adopted and row is not None:
            self._position = (row.line, row.byte)
            if row.state == SandboxState.RUNNING:
                return True
            if row.state != SandboxState.CREATING:
                await self._lost("its sandbox is gone")
                return False
        await self._integrator.recover(job.spec_id)
        spec = await settle_ground(office, spec, self._project)
        await self._patience.reached(ORIGIN)
        await office.write("sandbox", self._insert_row)
        async with office.db.read() as conn:
            box = await sandboxes.find(conn, self._name)
            said = await comments.for_brief(conn, box) if box is not None else []
        office.faults.reached("create.before")
        bundle = office.scratch() / f"{self._name}.bundle"
        try:
            await office.repositories.bundle(
                self._project.project_id, sorted({brief.tip_for(job, spec), spec.base_commit}), bundle
            )
            request = await brief.build_request(office, job, spec, self._project, self._name, bundle, said)
            await office.sandboxes.create(request)
        finally:
            bundle.unlink(missing_ok=True)
        office.faults.reached("create.after")
        await office.write("created", partial(self._mark_created, briefed=[row.comment_id for row in said]))
        return True

    async def _insert_row(self, tx: Transaction) -> None:
        await specs.locked(tx, self._job.spec_id)
        await jobs.held(tx, self._job.job_id, self._job.fence)
        await sandboxes.insert_sandbox(tx, self._job, self._job.fence, self._office.sandboxes.location)

    async def _mark_created(self, tx: Transaction, briefed: Sequence[str]) -> None:
        job = self._job
        await specs.locked(tx, job.spec_id)
        await jobs.held(tx, job.job_id, job.fence)
        row = await sandboxes.find(tx.conn, self._name)
        if row is None or row.state != SandboxState.CREATING:
            return
        await sandboxes.update_sandbox(tx, self._name, state=SandboxState.RUNNING)
        location = "daytona" if row.location == "daytona" else "local"
        payload = {
            "sandbox": {"sandbox_id": self._name, "job_id": job.job_id, "task_id": job.task_id, "location": location}
        }
        tx.emit(EventDraft(job.spec_id, "sandbox.created", f"A {location} sandbox works on it.", payload=payload))
        await started_with(tx, row, briefed)

    def _place(self) -> Place:
        job = self._job
        line, byte = self._position
        return Place(job.job_id, job.fence, job.spec_id, job.task_id, self._name, job.kind, line, byte)

    async def _follow(self) -> None:
        """Read and store lines until the job ended; while there are none, look for signs of life and for mail."""
        pause = self._office.limits.journal_poll
        mail = Mail(self._office, self._job, self._name)
        with self._office.db.bell.subscribe(spec_topic(self._job.spec_id)) as ear:
            while not self._over and not self._draining.is_set():
                lines = await self._read()
                if lines:
                    self._vitals.heard(lines)
                    await self._store(lines)
                    pause = self._office.limits.journal_poll
                lost = None if self._over else await self._vitals.look()
                if lost is not None:
                    await self._lost(lost)
                    return
                # A worker that never stops writing must hear people all the same.
                rung = False if lines else await ear.wait(pause)
                if not self._over:
                    await mail.look(rung)
                if not lines:
                    pause = min(pause * 1.5, self._office.limits.poll)

    async def _read(self) -> list[Line]:
        line, byte = self._position
        try:
            chunk = await self._office.sandboxes.read_journal(self._name, byte, 2 * MAX_LINE)
        except SandboxFileError as error:
            if error.reason != "SANDBOX_FILE_MISSING":
                raise JournalCorrupt(f"it cannot be read: {error.message}") from error
            return []  # somebody deletes the sandbox; the next look finds the worker lost
        lines = parse(chunk, line, byte)
        if lines and lines[0].number == 1:
            check_start(lines[0], self._job.job_id, self._job.fence, self._job.spec_id, self._name)
        return lines

    async def _store(self, lines: Sequence[Line]) -> None:
        """Plain lines in runs, the others one by one; after the job's end everything is evidence."""
        run: list[Line] = []
        for line in lines:
            if line.type not in ALONE:
                run.append(line)
                continue
            await self._store_run(run)
            run = []
            if self._over:
                await self._keep([line])
            else:
                await self._store_alone(line)
        await self._store_run(run)

    async def _store_run(self, run: Sequence[Line]) -> None:
        if run and self._over:
            await self._keep(run)
        for start in range(0, 0 if self._over else len(run), AT_ONCE):
            await self._write("journal", ingest.store_plain, run[start : start + AT_ONCE])

    async def _keep(self, lines: Sequence[Line]) -> None:
        for start in range(0, len(lines), AT_ONCE):
            await self._write("evidence", ingest.keep, lines[start : start + AT_ONCE])

    async def _write(self, point: str, store: Callable[..., Awaitable[None]], lines: Sequence[Line]) -> None:
        place = self._place()
        await self._office.write(point, lambda tx: store(tx, place, lines), group=True)
        self._moved_to(lines[-1])

    def _moved_to(self, line: Line) -> None:
        self._position = (line.number, line.end)

    async def _store_alone(self, line: Line) -> None:
        office, place = self._office, self._place()
        attempts = office.limits.max_attempts
        match line.type:
            case "phase_output":
                data, evaluation = await self._judge(line)
                self._over = await office.write(
                    "output",
                    lambda tx: planning_results.store_output(tx, place, line, data, evaluation, attempts),
                )
            case "phase_failed":
                self._over = await office.write(
                    "output", lambda tx: planning_results.store_phase_failed(tx, place, line, attempts)
                )
            case "result":
                await self._integrate(place, line)
            case "conflict":
                kept = await task_results.keep_conflict(office, self._project, place, line)
                await office.write("conflict", lambda tx: task_results.store_conflict(tx, place, line, kept))
                self._over = True
            case _:
                await self._end(place, line)
        self._moved_to(line)

    async def _judge(self, line: Line) -> tuple[dict[str, Any], Evaluation]:
        """The output's data, and the server's own evaluation of it against the stored upstream outputs."""
        phase = line.fields["phase"]
        if phase not in PLANNING_PHASES:
            raise JournalCorrupt(f"line {line.number} brings an output of {phase!r}, which has none")
        data = line.fields.get("data")
        if data is None:
            data = await self._fetch_data(line)
        if not isinstance(data, dict):
            raise JournalCorrupt(f"line {line.number} brings an output that is no object")
        async with self._office.db.read() as conn:
            newest = await outputs.newest(conn, self._job.spec_id)
        before = PLANNING_PHASES[: PLANNING_PHASES.index(phase)]
        upstream = {name: newest[name].data for name in before if name in newest}
        try:
            data = storable(data)
        except RecursionError as error:
            raise JournalCorrupt(f"line {line.number} brings an output that is nested too deeply") from error
        return data, await asyncio.to_thread(evaluate, phase, data, upstream)

    async def _fetch_data(self, line: Line) -> object:
        target = self._office.scratch() / f"{self._name}-{line.number}.json"
        try:
            await self._office.sandboxes.fetch_file(
                self._name,
                str(line.fields.get("data_file", "")),
                target,
                str(line.fields.get("sha256", "")),
                16 * MAX_LINE,
            )
            return json.loads(await asyncio.to_thread(Path.read_bytes, target))
        except (SandboxFileError, ValueError) as error:
            raise JournalCorrupt(f"line {line.number} names an output file that cannot be read") from error
        finally:
            target.unlink(missing_ok=True)

    async def _integrate(self, place: Place, line: Line) -> None:
        if place.kind != JobKind.TASK:
            raise JournalCorrupt(f"line {line.number} brings a result, but this job plans")
        work = await task_results.take_result(self._office, self._project, place, line)
        answer = await self._integrator.integrate(work)
        await self._patience.reached(ORIGIN)
        if isinstance(answer, Integrated):
            self._over = True
            await self._keep([line])
            await self._office.sandboxes.send(self._name, {"id": "accepted", "kind": "accepted"}, {})
        elif isinstance(answer, Moved):
            await task_results.send_new_tip(self._office, self._project, place, answer.tip)
            await self._office.write("moved", lambda tx: ingest.begin(tx, place, [line]))
        elif isinstance(answer, Refused):
            await self._office.write("paused", lambda tx: self._pause(tx, place, line, answer))
            self._over = True

    async def _pause(self, tx: Transaction, place: Place, line: Line, refused: Refused) -> None:
        job = await ingest.begin(tx, place, [line])
        await endings.pause_for_person(tx, job, refused.code, refused.message)

    async def _end(self, place: Place, line: Line) -> None:
        """`end` while the job is still held: the worker gave up, was stopped, or stopped at a gate that is open by now."""
        outcome, message = clean(line.fields["outcome"])[:40], clean(line.fields["message"])[:2000]

        async def work(tx: Transaction) -> None:
            job = await ingest.begin(tx, place, [line])
            if outcome == "stopped":
                # Not by us: what we stop is no longer held. The machine shuts down, or somebody killed it politely.
                await endings.lose_worker(tx, job, "somebody stopped the worker", self._office.limits.max_starts)
            elif place.kind == JobKind.PLAN and outcome == "gated":
                await planning_results.end_at_open_gate(tx, job)
            else:
                code = "PLANNING_FAILED" if place.kind == JobKind.PLAN else "TASK_FAILED"
                await endings.fail_job(tx, job, code, message or f"the worker ended ({outcome}) without a result.")

        await self._office.write("end", work)
        self._over = True

    async def _lost(self, why: str) -> None:
        async def work(tx: Transaction) -> None:
            await specs.locked(tx, self._job.spec_id)
            job = await jobs.held(tx, self._job.job_id, self._job.fence)
            limit = self._vitals.time_limit
            if limit:
                await endings.fail_job(tx, job, "TIME_LIMIT", f"{why}. What it had is kept in the transcript.")
            else:
                await endings.lose_worker(tx, job, why, self._office.limits.max_starts)

        await self._office.write("lost", work)
        self._over = True

    async def _fail(self, code: str, message: str) -> None:
        """Fail the job for a reason of its own; nothing to do when it ended meanwhile."""

        async def work(tx: Transaction) -> None:
            await specs.locked(tx, self._job.spec_id)
            job = await jobs.held(tx, self._job.job_id, self._job.fence)
            await endings.fail_job(tx, job, code, message)

        try:
            await self._office.write("failed", work)
        except StaleFence:
            log.info("attempt.ended_elsewhere", job_id=self._job.job_id, fence=self._job.fence)
        self._over = True

    async def close(self) -> None:
        """Keep the last lines as evidence, stop the worker, delete the sandbox, and say that it is gone."""
        await close_sandbox(self._office, self._name, polite=True, read_on=self._read_rest)

    async def _read_rest(self) -> bool:
        """Store what is there as evidence; True once the `end` line was stored."""
        async with self._office.db.read() as conn:
            row = await sandboxes.find(conn, self._name)
        if row is None:
            return True
        self._position = (row.line, row.byte)
        lines = await self._read()
        if lines:
            await self._keep(lines)
        return bool(row.outcome) or any(line.type == "end" for line in lines)
