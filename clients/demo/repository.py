"""The repository that the demo works on: a sample made here, or a clone of the person's, which is only ever read."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError
from demo.place import Place

SAMPLE = Path(__file__).parent / "sample"
SAMPLE_NAME = "shop"
HISTORY = (
    ("Keep accounts and log customers in", ("shop/__init__.py", "shop/accounts.py", "shop/auth.py", "tests/test_auth.py")),
    ("Sell: catalogue, basket, orders, letters", ("shop", "tests/test_orders.py", "tests/test_web.py", "pyproject.toml")),
    ("Say what is where and how we work", ("README.md", "AGENTS.md")),
)  # fmt: skip
"""Commits of the sample: subject and what it adds."""

IDENTITY = {
    "GIT_AUTHOR_NAME": "Shop Team", "GIT_AUTHOR_EMAIL": "team@shop.example",
    "GIT_COMMITTER_NAME": "Shop Team", "GIT_COMMITTER_EMAIL": "team@shop.example",
}  # fmt: skip
_READING = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
"""Without optional locks `git status` leaves the index of the person's repository alone."""

_OF_ANOTHER_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
BASE = "main"


@dataclass(frozen=True)
class Repository:
    """What the demo's project works on: `path` is ours; `origin` is the person's, None for the sample."""

    name: str
    path: Path
    branch: str
    about: str
    origin: Path | None = None


class Git:
    """git with the demo's identity, without hooks, signatures or questions."""

    def __init__(self, environment: dict[str, str]) -> None:
        kept = {name: value for name, value in environment.items() if name not in _OF_ANOTHER_REPOSITORY}
        self._environment = kept | IDENTITY | _READING

    def __call__(self, folder: Path, *arguments: str) -> str:
        """stdout. Raises DemoError with git's last line."""
        command = ["git", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "tag.gpgSign=false"]
        try:
            done = subprocess.run(
                [*command, "-C", str(folder), *arguments], env=self._environment, capture_output=True, text=True,
                errors="replace", stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise DemoError(
                "git is not installed; install it (Debian, Ubuntu: apt-get install git) and run make demo again."
            ) from error
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
            raise DemoError(f"git {arguments[0]} failed in {folder}: {said[-1].strip()}")
        return done.stdout.strip()

    def asks(self, folder: Path, *arguments: str) -> str:
        """stdout, or "" when git says no."""
        try:
            return self(folder, *arguments)
        except DemoError:
            return ""


def sample(place: Place, git: Git) -> Repository:
    """The shop, made on the first run; later runs find the branches of the earlier ones in it."""
    path = place.repositories / SAMPLE_NAME
    made = path.is_dir() and git.asks(path, "rev-parse", "--verify", "--quiet", f"refs/heads/{BASE}")
    if not made:
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        git(path, "init", "--quiet", "--template=")
        git(path, "symbolic-ref", "HEAD", f"refs/heads/{BASE}")
        for subject, names in HISTORY:
            for name in names:
                _copy(SAMPLE / name, path / name)
            git(path, "add", "--all")
            git(path, "commit", "--quiet", "-m", subject)
    return Repository(SAMPLE_NAME, path, BASE, "a sample repository made for this demo")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"), dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def clone(place: Place, git: Git, given: str) -> Repository:
    """A bare clone of the repository at the path `given`, brought up to date. Raises DemoError."""
    asked = Path(given).expanduser().absolute()
    if not asked.is_dir():
        raise DemoError(f"REPO={given}: there is no such folder; give the path of a git repository.")
    origin = _top(git, asked, given)
    commit = git.asks(origin, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if not commit:
        raise DemoError(f"REPO={given}: the repository has no commit yet; commit something first.")
    if git.asks(origin, "rev-parse", "--is-shallow-repository") == "true":
        # Its commits name parents that are not there, so no bundle of it could be checked in a sandbox.
        complete = f"git -C {shlex.quote(str(origin))} fetch --unshallow"
        raise DemoError(f"REPO={given}: the repository is a shallow clone; complete it first: {complete}")
    branch = git.asks(origin, "symbolic-ref", "--quiet", "--short", "HEAD") or BASE
    path = _place_of_clone(place, git, origin)
    if not path.exists():
        git(place.repositories, "init", "--quiet", "--bare", "--template=", path.name)
        git(path, "remote", "add", "origin", str(origin))
    git(path, "fetch", "--quiet", "--no-tags", "origin", f"+HEAD:refs/heads/{branch}")
    git(path, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    dirty = git.asks(origin, "status", "--porcelain", "--untracked-files=no")
    about = f"a clone of {origin}, which is only read" + ("; its uncommitted changes are not in it" if dirty else "")
    return Repository(path.name, path, branch, about, origin)


def _top(git: Git, asked: Path, given: str) -> Path:
    try:
        bare = git(asked, "rev-parse", "--is-bare-repository") == "true"
        return Path(git(asked, "rev-parse", "--absolute-git-dir" if bare else "--show-toplevel"))
    except DemoError as error:
        raise DemoError(f"REPO={given}: {error}; give the path of a git repository that you may read.") from error


def _place_of_clone(place: Place, git: Git, origin: Path) -> Path:
    """The clone of this origin, or the first free name for one."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", origin.name.removesuffix(".git")).strip("-.") or "repository"
    for number in range(1, 1000):
        path = place.repositories / (stem if number == 1 else f"{stem}-{number}")
        if not path.exists() or git.asks(path, "config", "--get", "remote.origin.url") == str(origin):
            return path
    raise DemoError(
        f"{place.shown(place.repositories)} is full of clones called {stem}; remove it: rm -r {place.shown()}."
    )
