"""One attempt at one job, from the lock to the `end` line."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from omoi_worker import archive
from omoi_worker.context import WorkContext
from omoi_worker.engines import load
from omoi_worker.frame import Frame
from omoi_worker.git import Git
from omoi_worker.inbox import Inbox
from omoi_worker.job import Job, JobError, parse_job, read_job
from omoi_worker.journal import Journal, JournalError
from omoi_worker.lock import LockHeld, WorkerLock
from omoi_worker.planning import run_plan
from omoi_worker.processes import Processes, end_group
from omoi_worker.sandbox import Sandbox
from omoi_worker.supervisor import Outcome, Supervisor, told
from omoi_worker.tasks import TaskRun
from omoi_worker.transcript import Transcript

EXIT_CODES = {"succeeded": 0, "gated": 0, "failed": 1, "conflict": 3, "stopped": 5}
"""For people and scripts; the server reads the `end` line."""

EXIT_NOT_STARTED = 2
EXIT_JOURNAL = 4

TRANSCRIPT = "out/transcript.jsonl"


def run(directory: Path) -> int:
    """Do the job in this sandbox directory and return the exit code.

    EXIT_CODES by outcome; EXIT_NOT_STARTED when another worker holds the lock, the attempt has ended or the folder
    is no sandbox; EXIT_JOURNAL when the journal cannot be written or read. The reason is in worker.log then.
    """
    sandbox = Sandbox(directory.absolute())
    if not sandbox.root.is_dir():
        print(f"omoi-worker: {directory} is no folder. Name the sandbox's directory.", file=sys.stderr)
        return EXIT_NOT_STARTED
    supervisor = Supervisor()
    supervisor.listen()
    try:
        with WorkerLock(sandbox.lock):
            code = _locked(sandbox, supervisor)
            if supervisor.working:
                # The working thread may sit in a system call; the attempt has ended and must not wait for it.
                os._exit(code)
            return code
    except LockHeld as held:
        sandbox.say(str(held))
        return EXIT_NOT_STARTED
    except OSError as error:
        sandbox.say(f"the sandbox cannot be used: {error}. Free disk space or start a new sandbox.")
        return EXIT_JOURNAL


def _locked(sandbox: Sandbox, supervisor: Supervisor) -> int:
    try:
        journal = Journal(sandbox.journal)
    except JournalError as error:
        sandbox.say(str(error))
        return EXIT_JOURNAL
    if journal.ended:
        sandbox.say("this attempt has ended; its journal has an end line. Start a new sandbox.")
        return EXIT_NOT_STARTED
    processes = Processes()
    transcript: Transcript | None = None
    try:
        data, job, fault = _read(sandbox)
        try:
            sandbox.prepare()
            transcript = Transcript(sandbox.root / TRANSCRIPT, journal.history)
            journal.copy_to(transcript.record)
        except OSError as error:
            job, fault = None, f"The sandbox cannot be used: {error}. Free disk space or start a new sandbox."
        _start(journal, data)
        if job is None or transcript is None:
            outcome = Outcome("failed", fault)
        else:
            outcome = _supervise(sandbox, journal, transcript, processes, supervisor, job)
    except JournalError as error:
        outcome = Outcome("failed", str(error), journal_broken=True)
    except Exception as error:
        outcome = Outcome("failed", told(error), traceback.format_exc())
    processes.stop()
    code = _finish(sandbox, journal, transcript, outcome)
    end_group()
    return code


def _read(sandbox: Sandbox) -> tuple[dict[str, Any], Job | None, str]:
    """The decoded job (what there is of it), the checked job, and what is wrong."""
    data: dict[str, Any] = {}
    try:
        data = read_job(sandbox.job)
        return data, parse_job(data), ""
    except JobError as error:
        return data, None, str(error)


def _start(journal: Journal, data: dict[str, Any]) -> None:
    if journal.history:
        journal.append("note", text=f"worker started again after line {len(journal.history)}")
        return
    fence = data.get("fence")
    journal.append(
        "start",
        job=str(data.get("job_id") or os.environ.get("JOB_ID", "")),
        fence=fence if isinstance(fence, int) else -1,
        spec=str(data.get("spec_id") or os.environ.get("SPEC_ID", "")),
        sandbox=str(data.get("sandbox_id") or os.environ.get("SANDBOX_ID", "")),
        pid=os.getpid(),
        worker=archive.own_digest(),
        python=platform.python_version(),
    )


def _supervise(
    sandbox: Sandbox,
    journal: Journal,
    transcript: Transcript,
    processes: Processes,
    supervisor: Supervisor,
    job: Job,
) -> Outcome:
    taken = frozenset(str(record["id"]) for record in journal.history if record["type"] == "inbox")
    git = Git(processes, sandbox.work, sandbox.home, sandbox.tmp)
    frame = Frame(
        sandbox=sandbox,
        job=job,
        journal=journal,
        transcript=transcript,
        context=WorkContext(sandbox.work, job.data, journal, Inbox(sandbox.inbox, taken), git, sandbox.tmp),
        processes=processes,
        git=git,
    )

    def work() -> Outcome:
        engine = load(job.engine)
        if job.plan is not None:
            return run_plan(frame, job.plan, engine)
        assert job.task is not None  # parse_job sets exactly one
        return TaskRun(frame, job.task, engine).run()

    return supervisor.run(
        work, journal, job.heartbeat_seconds, _seconds_left(journal, job), lambda: frame.context.doing
    )


def _seconds_left(journal: Journal, job: Job) -> float:
    """What remains of the limit, counted from the first line of the journal: a restart gives no new time."""
    if not journal.history:
        return float(job.seconds)
    began = datetime.fromisoformat(str(journal.history[0]["at"]).replace("Z", "+00:00"))
    used = (datetime.now(timezone.utc) - began).total_seconds()
    return min(max(job.seconds - used, 0.0), float(job.seconds))


def _finish(sandbox: Sandbox, journal: Journal, transcript: Transcript | None, outcome: Outcome) -> int:
    """Write the last lines. A journal that takes none is a nonzero exit and a line in worker.log."""
    last: list[Callable[[], object]] = []
    if outcome.outcome == "failed":
        last.append(lambda: journal.error(outcome.message, outcome.traceback))
    if transcript is not None:
        closed = transcript.close()
        if closed.fault:
            last.append(lambda: journal.error(closed.fault))
        last.append(lambda: journal.append("transcript", file=TRANSCRIPT, sha256=closed.sha256, lines=closed.lines))
    last.append(lambda: journal.end(outcome.outcome, outcome.message))
    faults = [outcome.message] if outcome.journal_broken else []
    for write in last:
        try:
            write()
        except JournalError as error:
            faults.append(str(error))  # a shorter line may still fit, and `end` matters most
    if not faults:
        return EXIT_CODES[outcome.outcome]
    if not journal.ended:
        faults.append(f"the end could not be journaled: {outcome.outcome}: {outcome.message}")
    for fault in faults:
        sandbox.say(fault)
    return EXIT_JOURNAL
