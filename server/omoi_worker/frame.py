"""The parts of one attempt, put together once and handed to the plan or the task."""

from __future__ import annotations

from dataclasses import dataclass

from omoi_worker.context import WorkContext
from omoi_worker.git import Git
from omoi_worker.job import Job
from omoi_worker.journal import Journal
from omoi_worker.processes import Processes
from omoi_worker.sandbox import Sandbox
from omoi_worker.transcript import Transcript


@dataclass(frozen=True)
class Frame:
    """One attempt. `context.root` is the clone, which exists only after the checkout."""

    sandbox: Sandbox
    job: Job
    journal: Journal
    transcript: Transcript
    context: WorkContext
    processes: Processes
    git: Git
