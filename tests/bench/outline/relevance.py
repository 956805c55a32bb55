"""Measure how well EXPLORE finds the files that an idea is about.

    python tests/bench/outline/relevance.py [--commits 60] [--top 5] [--verbose] [REPO ...]

For each of the last N non-merge commits of a repository (default: this one) the commit's subject is the
idea and its first parent is the checkout, with the history that ends there. A commit is a hit when one of the files that it really changed
or deleted is among the first five. A commit that only adds files has no file to be found and is not
counted; the report says how many those are. Beside it stands the exact chance of a hit for five files
picked at random from the same checkout. Exit code 1 when a repository stays under --floor (percent).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

HERE = Path(__file__).resolve()
PROJECT = HERE.parents[3]
if str(PROJECT / "server") not in sys.path:
    sys.path.insert(0, str(PROJECT / "server"))

from omoi_worker.engines import PastCommit  # noqa: E402 (a script finds its packages first)
from omoi_worker.engines.outline.past import COMMITS  # noqa: E402
from omoi_worker.engines.outline.ranking import rank  # noqa: E402
from omoi_worker.engines.outline.tree import read_tree  # noqa: E402
from omoi_worker.git import Git  # noqa: E402
from omoi_worker.history import read_history  # noqa: E402
from omoi_worker.processes import Processes  # noqa: E402


@dataclass(frozen=True)
class Trial:
    """One commit: what it changed, what was found first, and what chance a random pick had."""

    commit: str
    subject: str
    changed: list[str]
    first: list[str]
    chance: float
    seconds: float

    @property
    def hit(self) -> bool:
        return bool(set(self.changed) & set(self.first))


@dataclass(frozen=True)
class Result:
    repository: str
    trials: list[Trial]
    only_added: int

    @property
    def hits(self) -> int:
        return sum(trial.hit for trial in self.trials)

    @property
    def percent(self) -> float:
        return 100.0 * self.hits / len(self.trials) if self.trials else 0.0

    def line(self) -> str:
        count = len(self.trials)
        random = 100.0 * sum(trial.chance for trial in self.trials) / count if count else 0.0
        slowest = max((trial.seconds for trial in self.trials), default=0.0)
        return (
            f"{self.repository}: {self.hits} of {count} commits ({self.percent:.0f} %), random pick {random:.0f} %, "
            f"{self.only_added} commits that only add not counted, slowest {slowest:.2f} s"
        )


def git(repository: Path, *arguments: str) -> str:
    """Run one reading git command; hooks and prompts are off."""
    command = [
        "git",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        "-C",
        str(repository),
        *arguments,
    ]
    full = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    return subprocess.run(command, check=True, capture_output=True, env=full).stdout.decode("utf-8", "replace")


def changed_files(repository: Path, parent: str, commit: str) -> list[str]:
    """Return the files of the parent that the commit changes, deletes or renames."""
    out = git(repository, "diff", "--no-renames", "--name-only", "-z", "--diff-filter=MDT", parent, commit)
    return [path for path in out.split("\0") if path]


class Clone:
    """A clone as the worker makes it, moved from parent to parent. It borrows the repository's objects and has no
    ref at all: HEAD, detached at the parent, is the only way into history, so nothing later can be seen."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.root, self.tmp = folder / "work", folder / "tmp"
        for made in (self.root, self.tmp, folder / "home"):
            made.mkdir()
        self._git = Git(Processes(), self.root, folder / "home", self.tmp)
        self._git.init()
        objects = git(repository, "rev-parse", "--path-format=absolute", "--git-path", "objects").strip()
        alternates = self.root / ".git" / "objects" / "info" / "alternates"
        alternates.parent.mkdir(exist_ok=True)
        alternates.write_text(objects + "\n", encoding="utf-8")

    def check_out(self, parent: str, commit: str) -> None:
        """Put the clone at `parent`. Raises ValueError when `commit`, which is to be found, is in its past."""
        self._git.checkout(parent)
        if self._git.run("for-each-ref") or self._git.succeeds("merge-base", "--is-ancestor", commit, "HEAD"):
            raise ValueError(f"the clone at {parent} knows {commit}: history must end before the commit to be found")

    def history(self) -> list[PastCommit]:
        return read_history(self._git, COMMITS, self.tmp)


def measure(repository: Path, commits: int, top: int, skip: int = 0) -> Result:
    """Try the last `commits` non-merge commits of the repository's HEAD, after leaving out `skip` of them."""
    log = git(repository, "log", "--no-merges", f"--skip={skip}", f"-{commits}", "--format=%H%x1f%P%x1f%s").splitlines()
    trials: list[Trial] = []
    only_added = 0
    with tempfile.TemporaryDirectory(prefix="outline-bench-") as folder:
        clone = Clone(repository, Path(folder))
        for line in log:
            commit, parents, subject = line.split("\x1f", 2)
            parent = parents.split(" ")[0]
            changed = changed_files(repository, parent, commit) if parent else []
            if not changed:
                only_added += 1
                continue
            clone.check_out(parent, commit)
            trials.append(_try(repository, clone, commit, parent, subject, changed, top))
    return Result(_name(repository), trials, only_added)


def _try(repository: Path, clone: Clone, commit: str, parent: str, subject: str, changed: list[str], top: int) -> Trial:
    began = time.monotonic()
    ranked = rank(read_tree(clone.root), subject, "", clone.history())
    seconds = time.monotonic() - began
    everything = git(repository, "ls-tree", "-r", "--name-only", parent).count("\n")
    chance = 1 - comb(max(0, everything - len(changed)), top) / comb(everything, top) if everything > top else 1.0
    return Trial(commit[:9], subject, changed, [entry.path for entry in ranked[:top]], chance, seconds)


def _name(repository: Path) -> str:
    parts = [part for part in repository.resolve().parts if part not in ("repo", ".git")]
    return parts[-1]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Measure how well EXPLORE finds the files an idea is about.")
    parser.add_argument("repositories", nargs="*", type=Path, default=[PROJECT], metavar="REPO")
    parser.add_argument("--commits", type=int, default=60)
    parser.add_argument("--skip", type=int, default=0, help="leave out the newest commits (to hold them back)")
    parser.add_argument("--top", type=int, default=5)
    parser.add_argument("--floor", type=float, default=60.0, help="percent of hits that each repository must reach")
    parser.add_argument("--verbose", action="store_true", help="print every commit")
    options = parser.parse_args(arguments)
    worst = 100.0
    for repository in options.repositories:
        result = measure(repository, options.commits, options.top, options.skip)
        if options.verbose:
            for trial in result.trials:
                print(f"{'hit ' if trial.hit else 'miss'} {trial.commit} {trial.subject}")
                if not trial.hit:
                    print(f"       changed {trial.changed[:6]}\n       first   {trial.first}")
        print(result.line(), flush=True)
        if result.trials:
            worst = min(worst, result.percent)
    return 0 if worst >= options.floor else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
