"""Real repositories, bundles and attempt frames in temporary folders."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from omoi_worker.context import WorkContext
from omoi_worker.frame import Frame
from omoi_worker.git import Git
from omoi_worker.inbox import Inbox
from omoi_worker.job import parse_job
from omoi_worker.journal import Journal
from omoi_worker.processes import Processes
from omoi_worker.sandbox import Sandbox
from omoi_worker.transcript import Transcript

MakeFrame = Callable[..., Frame]


class Repository:
    """A person's repository, as git on this machine makes it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "--quiet", "-b", "main")

    def git(self, *arguments: str) -> str:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@shop.test",
            "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@shop.test",
        }
        done = subprocess.run(["git", *arguments], cwd=self.root, env=env, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str], message: str = "change") -> str:
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        self.git("add", "-A", "-f")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def bundle(self, target: Path, commit: str) -> None:
        """The shape in which a server sends a commit: with all its history, as refs/omoi/tip-0."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.git("update-ref", "refs/omoi/tip-0", commit)
        self.git("bundle", "create", "--quiet", str(target), "refs/omoi/tip-0")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "shop")
    made.commit({"README.md": "# Shop\n", "shop/auth.py": "def login(user):\n    return True\n"}, "start")
    return made


def job_data(kind: str, tip: str) -> dict[str, Any]:
    """A complete job as a server writes it."""
    plan = {
        "phases": ["EXPLORE", "REQUIREMENTS"],
        "outputs": {},
        "previous": {},
        "feedback": {},
        "stop_after": [],
        "attempts_used": {},
        "max_attempts": 3,
    }
    task = {
        "task_id": "task-1",
        "key": "TSK-001",
        "title": "Lock the account",
        "description": "",
        "requirements": [],
        "files": [],
        "check": "",
        "outputs": {},
        "documents_dir": "",
        "comments": [],
        "author": {"name": "Omoi", "email": "omoi@shop.test"},
        "trailers": [["Spec-Id", "spec-1"], ["Task-Id", "task-1"], ["Omoi-Job", "job-1/4"]],
    }
    return {
        "version": 1,
        "job_id": "job-1",
        "fence": 4,
        "sandbox_id": "sbx-job-1-4",
        "kind": kind,
        "engine": "outline",
        "spec_id": "spec-1",
        "title": "Lock an account",
        "description": "Lock an account after five failed logins.",
        "project": {"id": "p", "name": "shop", "work_dir": "", "setup_command": "", "test_command": ""},
        "context": [],
        "attachments": [],
        "bundle": "in/repo.bundle",
        "base_commit": tip,
        "branch": "spec/lock",
        "branch_tip": tip,
        "plan": plan if kind == "plan" else None,
        "task": task if kind == "task" else None,
        "limits": {"seconds": 60, "heartbeat_seconds": 10},
    }


@pytest.fixture
def make_job() -> Callable[[str, str], dict[str, Any]]:
    return job_data


@pytest.fixture
def make_frame(tmp_path: Path, repository: Repository) -> Iterator[MakeFrame]:
    """A frame on the repository's HEAD; a second call goes on in the same sandbox, like a worker started again."""

    frames: list[Frame] = []

    def make(kind: str = "task", change: Callable[[dict[str, Any]], None] | None = None) -> Frame:
        sandbox = Sandbox(tmp_path / "sandbox")
        sandbox.root.mkdir(exist_ok=True)
        sandbox.prepare()
        tip = repository.git("rev-parse", "HEAD")
        if not (sandbox.root / "in/repo.bundle").exists():
            repository.bundle(sandbox.root / "in/repo.bundle", tip)
        data = job_data(kind, tip)
        if change is not None:
            change(data)
        journal = Journal(sandbox.journal)
        taken = frozenset(record["id"] for record in journal.history if record["type"] == "inbox")
        processes = Processes()
        transcript = Transcript(sandbox.out / "transcript.jsonl", journal.history)
        journal.copy_to(transcript.record)
        git = Git(processes, sandbox.work, sandbox.home, sandbox.tmp)
        frame = Frame(
            sandbox=sandbox,
            job=parse_job(data),
            journal=journal,
            transcript=transcript,
            context=WorkContext(sandbox.work, data, journal, Inbox(sandbox.inbox, taken), git, sandbox.tmp),
            processes=processes,
            git=git,
        )
        frames.append(frame)
        return frame

    yield make
    for frame in frames:
        frame.transcript.close()
        frame.journal.close()
