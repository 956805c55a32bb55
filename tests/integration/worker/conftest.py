"""Sandboxes on this machine: the built archive, run as a process of its own on a real repository."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omoi_worker.archive import build

SAMPLE = {
    "README.md": "# Shop\n\nA small shop.\n",
    "AGENTS.md": "# Rules\n\n- Every public function has a test.\n",
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    "shop/__init__.py": "",
    "shop/auth.py": "def login(user, password):\n    '''Count failed logins of an account.'''\n    return False\n",
    "shop/mail.py": "def send(owner, text):\n    '''Email the owner of an account.'''\n",
    "tests/test_auth.py": "from shop.auth import login\n\n\ndef test_login():\n    assert not login('a', 'b')\n",
}


def git(root: Path, *arguments: str) -> str:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@shop.test",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@shop.test",
    }
    done = subprocess.run(["git", *arguments], cwd=root, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(root: Path, files: dict[str, str], message: str) -> str:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", message)
    return git(root, "rev-parse", "HEAD")


def bundle(root: Path, target: Path, tip: str) -> None:
    git(root, "update-ref", "refs/omoi/tip-0", tip)
    git(root, "bundle", "create", "--quiet", str(target), "refs/omoi/tip-0")


class Rig:
    """One sandbox directory and the workers started in it."""

    def __init__(self, root: Path, archive: Path, repository: Path) -> None:
        self.root = root
        self.repository = repository
        self.workers: list[subprocess.Popen[bytes]] = []
        for name in ("in", "inbox", "out", "home", "tmp"):
            (root / name).mkdir(parents=True)
        (root / "worker.pyz").write_bytes(archive.read_bytes())
        self.tip = git(repository, "rev-parse", "HEAD")
        bundle(repository, root / "in/repo.bundle", self.tip)
        self.job: dict[str, Any] = {
            "version": 1,
            "job_id": "job-1",
            "fence": 4,
            "sandbox_id": "sbx-job-1-4",
            "kind": "plan",
            "engine": "outline",
            "spec_id": "spec-0f3a91c2-0000-4000-8000-000000000001",
            "title": "Lock an account",
            "description": "Lock an account after five failed logins and email its owner.",
            "project": {"id": "p", "name": "shop", "work_dir": "", "setup_command": "", "test_command": "pytest"},
            "context": [],
            "attachments": [],
            "bundle": "in/repo.bundle",
            "base_commit": self.tip,
            "branch": "spec/lock",
            "branch_tip": self.tip,
            "plan": {
                "phases": ["EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS"],
                "outputs": {},
                "previous": {},
                "feedback": {},
                "stop_after": [],
                "attempts_used": {},
                "max_attempts": 3,
            },
            "task": None,
            "limits": {"seconds": 60, "heartbeat_seconds": 10},
        }

    def start(self, *wrapper: str) -> subprocess.Popen[bytes]:
        (self.root / "job.json").write_text(json.dumps(self.job), encoding="utf-8")
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "LANG": "C.UTF-8",
            "SPEC_ID": self.job["spec_id"],
            "SPEC_PHASE": "",
            "SANDBOX_ID": self.job["sandbox_id"],
            "JOB_ID": self.job["job_id"],
        }
        command = [*wrapper, sys.executable, "-I", str(self.root / "worker.pyz"), "run", str(self.root)]
        with (self.root / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.workers.append(worker)
        return worker

    def run(self, *wrapper: str) -> int:
        return self.start(*wrapper).wait(60)

    @property
    def lines(self) -> list[dict[str, Any]]:
        path = self.root / "journal.jsonl"
        content = path.read_bytes() if path.exists() else b""
        return [json.loads(line) for line in content.splitlines(keepends=True) if line.endswith(b"\n")]

    @property
    def log(self) -> str:
        return (self.root / "worker.log").read_text(encoding="utf-8")

    def of(self, *types: str) -> list[dict[str, Any]]:
        return [record for record in self.lines if record["type"] in types]

    def wait_for(self, type_: str, count: int = 1) -> dict[str, Any]:
        pause = threading.Event()
        for _ in range(1500):
            found = self.of(type_)
            if len(found) >= count:
                return found[count - 1]
            if self.of("end"):
                break
            pause.wait(0.02)
        pytest.fail(f"no {type_} line came. Journal: {self.lines} Log: {self.log}")

    def send(self, number: int, **message: str) -> None:
        new = self.root / "inbox/new.tmp"
        new.write_text(json.dumps({"id": f"m{number}", **message}), encoding="utf-8")
        new.rename(self.root / f"inbox/{number:04}-m{number}.json")

    def git(self, *arguments: str) -> str:
        """Git in the person's repository."""
        return git(self.repository, *arguments)

    def base_on(self, files: dict[str, str], message: str) -> str:
        """Commit in the repository and make the job start from there."""
        self.tip = commit(self.repository, files, message)
        bundle(self.repository, self.root / "in/repo.bundle", self.tip)
        self.job.update(base_commit=self.tip, branch_tip=self.tip)
        return self.tip

    def move_branch(self, number: int, files: dict[str, str]) -> str:
        """Commit in the repository and tell the worker, as the server does."""
        tip = commit(self.repository, files, "a person's change")
        bundle(self.repository, self.root / f"inbox/{number:04}-m{number}.bundle", tip)
        self.send(number, kind="rebase", bundle=f"inbox/{number:04}-m{number}.bundle", tip=tip)
        return tip


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "worker.pyz"
    build(path)
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "--quiet", "-b", "main")
    commit(root, SAMPLE, "start")
    return root


@pytest.fixture
def make_rig(tmp_path: Path, archive: Path, shop: Path) -> Iterator[Callable[[], Rig]]:
    rigs: list[Rig] = []

    def make() -> Rig:
        rigs.append(Rig(tmp_path / f"sandbox-{len(rigs)}", archive, shop))
        return rigs[-1]

    yield make
    for rig in rigs:
        for worker in rig.workers:
            if worker.poll() is None:
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(10)


@pytest.fixture
def rig(make_rig: Callable[[], Rig]) -> Rig:
    return make_rig()
