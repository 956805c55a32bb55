"""Real repositories to try the git adapter on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROJECT = "3f1c0c7e-7d2f-4a9e-9d5c-1a2b3c4d5e6f"


@dataclass
class Checkout:
    """A repository as a person has it; `git` runs git in it with an identity and no configuration from outside."""

    path: Path

    def git(self, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "Mara",
            "GIT_AUTHOR_EMAIL": "mara@example.org",
            "GIT_COMMITTER_NAME": "Mara",
            "GIT_COMMITTER_EMAIL": "mara@example.org",
            **(env or {}),
        }
        done = subprocess.run(
            ["git", *args], cwd=self.path, input=stdin, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().rstrip("\n")

    def commit(self, name: str, content: str, message: str = "change") -> str:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        self.git("add", "--", name)
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def tip(self, branch: str) -> str:
        return self.git("rev-parse", f"refs/heads/{branch}")

    def clone(self, path: Path) -> Checkout:
        self.git("clone", "-q", str(self.path), str(path))
        return Checkout(path)


def make_checkout(path: Path) -> Checkout:
    path.mkdir(parents=True)
    made = Checkout(path)
    made.git("init", "-q", "-b", "main")
    return made
