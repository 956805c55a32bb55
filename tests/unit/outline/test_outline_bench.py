"""The benches measure what they say; each runs as a script on a small case."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench" / "outline"


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCH / script), *arguments], capture_output=True, text=True, check=False
    )


def git(repository: Path, *arguments: str) -> None:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(
        ["git", "-C", str(repository), *arguments], check=True, capture_output=True, env={**os.environ, **own, **names}
    )


def test_twenty_ideas_in_three_repositories_share_no_sentence() -> None:
    done = run("sameness.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "shared as written: 0; shared by two ideas without the frame: 0" in done.stdout


def test_relevance_counts_hits_misses_and_commits_that_only_add(tmp_path: Path) -> None:
    repository = tmp_path / "sample"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    for index in range(8):
        (repository / f"part{index}.py").write_text(f"topic{index} = 1\n", encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "start")
    (repository / "part3.py").write_text("topic3 = 2\n", encoding="utf-8")
    git(repository, "commit", "-q", "-am", "Raise topic3")
    (repository / "part5.py").write_text("topic5 = 2\n", encoding="utf-8")
    git(repository, "commit", "-q", "-am", "Nothing that says where")
    (repository / "new.py").write_text("x = 1\n", encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Only adds")
    done = run("relevance.py", str(repository), "--floor", "50")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sample: 1 of 2 commits (50 %), random pick 62 %, 2 commits that only add not counted" in done.stdout
    assert run("relevance.py", str(repository), "--floor", "51").returncode == 1
    assert not subprocess.run(
        ["git", "-C", str(repository), "status", "--short"], capture_output=True, check=True
    ).stdout
