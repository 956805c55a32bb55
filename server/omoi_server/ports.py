"""What the orchestrator needs from the outside world, as protocols. Adapters implement them; `app` wires them.

Every method is safe to repeat: the orchestrator records an intent, calls, records the result, and after a crash calls again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class SandboxRequest:
    """One sandbox to create: `name` is its identity, `files` maps relative paths to bytes or to a file to copy."""

    name: str
    files: Mapping[str, bytes | Path]
    env: Mapping[str, str]


@dataclass(frozen=True)
class SandboxStatus:
    """`exists`: there is a directory or a remote sandbox; `started`: its worker was started once; `alive`: it runs now."""

    exists: bool
    started: bool
    alive: bool


class Sandboxes(Protocol):
    """Where one attempt at a job runs. One attempt = one sandbox = one journal."""

    @property
    def location(self) -> str:
        """`daytona`, or the id of the host whose directory holds the sandboxes."""
        ...

    async def create(self, request: SandboxRequest) -> None:
        """Prepare everything and start the worker exactly once; a second call for a started one does nothing."""
        ...

    async def status(self, name: str) -> SandboxStatus: ...

    async def read_journal(self, name: str, offset: int, limit: int) -> bytes:
        """At most `limit` bytes from `offset`; may end in a torn line; `b""` at the end. SandboxFileError if it cannot be read."""
        ...

    async def fetch_file(self, name: str, path: str, target: Path, sha256: str | None, limit: int) -> None:
        """Copy `out/…` to `target`. SandboxFileError for a link, a path outside, more than `limit` bytes, a wrong digest.

        `sha256` None: whatever is there; only for evidence that nothing is decided by."""
        ...

    async def send(self, name: str, message: Mapping[str, object], attachments: Mapping[str, Path]) -> None:
        """Put a message (with its `id`) and files into the inbox; the same id twice is one message."""
        ...

    async def stop(self, name: str, grace: float) -> None:
        """Terminate the worker and everything it started: polite, `grace` seconds, then by force. Idempotent."""
        ...

    async def remove(self, name: str) -> None:
        """Stop and delete. Idempotent."""
        ...

    async def names(self) -> list[str]:
        """Every sandbox of this installation that exists, half-made ones too."""
        ...


@dataclass(frozen=True)
class RepositoryFacts:
    """What a look at a repository told: its default branch, the commit it is at, and paths with uncommitted changes."""

    default_branch: str
    head: str
    dirty_paths: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommitFacts:
    """One commit: `trailers` in order, `files` changed against its first parent."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    subject: str
    message: str
    trailers: tuple[tuple[str, str], ...]
    files: tuple[str, ...]
    author: str
    email: str


@dataclass(frozen=True)
class Author:
    """Who a commit made by the server names as author and committer."""

    name: str
    email: str


class Repositories(Protocol):
    """Git, through the server's bare mirror of each project. Raises errors.RepositoryError and errors.PushRejected."""

    def check_url(self, repo_url: str) -> str:
        """The normalised URL (https, ssh, owner/repo or absolute path). RepositoryError for anything else."""
        ...

    async def probe(self, repo_url: str) -> RepositoryFacts: ...

    async def refresh(self, project_id: str, repo_url: str) -> None:
        """Create the mirror if it is missing and fetch every branch."""
        ...

    async def resolve(self, project_id: str, branch: str) -> str:
        """The commit of a branch of the origin, as of the last refresh."""
        ...

    async def bundle(self, project_id: str, commits: Sequence[str], target: Path) -> None:
        """A self-contained bundle of these commits and all their history, as refs/omoi/tip-0 …"""
        ...

    async def take_bundle(self, project_id: str, bundle: Path, commit: str, ref: str) -> None:
        """Check the bundle and fetch exactly `commit` into the mirror under `ref` (refs/omoi/…)."""
        ...

    async def has_commit(self, project_id: str, commit: str) -> bool: ...

    async def commit_facts(self, project_id: str, commit: str) -> CommitFacts: ...

    async def is_ancestor(self, project_id: str, ancestor: str, commit: str) -> bool: ...

    async def remote_tip(self, project_id: str, repo_url: str, branch: str) -> str | None:
        """Where the branch is on the origin now; None if it does not exist. Its commits are fetched into the mirror."""
        ...

    async def push(
        self, project_id: str, repo_url: str, branch: str, old_tip: str | None, new_sha: str, timeout: float
    ) -> None:
        """Fast-forward the branch from `old_tip` (None: create it) to `new_sha`, or PushRejected."""
        ...

    async def commit_files(
        self,
        project_id: str,
        parent: str,
        files: Mapping[str, bytes],
        message: str,
        author: Author,
        at: datetime,
    ) -> str:
        """A commit on `parent` with these files written; same input, same sha; `parent` itself if nothing changes."""
        ...

    async def keep(self, project_id: str, ref: str, commit: str | None) -> None:
        """Set (or delete with None) a ref below refs/omoi/ in the mirror."""
        ...

    async def attempt_refs(self, project_id: str) -> list[str]:
        """Every ref below refs/omoi/attempt/ of the mirror."""
        ...

    async def tidy(self, project_id: str, over: Collection[str], needed: Collection[str]) -> None:
        """Delete the refs `over`, and make the mirror small again. Commits `needed` stay, whatever the origin has."""
        ...

    async def commits(self, project_id: str, base: str, tip: str) -> list[CommitFacts]:
        """Commits of `tip` that `base` does not have, oldest first."""
        ...

    async def diffstat(self, project_id: str, base: str, tip: str) -> str: ...

    async def behind(self, project_id: str, base_branch: str, commit: str) -> int:
        """How many commits the base branch has that `commit` does not."""
        ...


@dataclass(frozen=True)
class PullRequest:
    """A pull request at the forge: its number, where to read it, and the branch it is about."""

    number: int
    url: str
    branch: str


@dataclass(frozen=True)
class PullRequestRequest:
    """What a pull request needs; (`project_name`, `branch`) is its identity. `body` is Markdown."""

    project_id: str
    project_name: str
    repo_url: str
    branch: str
    base_branch: str
    title: str
    body: str
    draft: bool = False
    labels: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class PullRequestText:
    """A pull request as people find it at the forge. `body` is Markdown that anybody may have edited."""

    pull_request: PullRequest
    base_branch: str
    title: str
    body: str
    draft: bool


class Forge(Protocol):
    """Where pull requests live."""

    async def find_pull_request(self, project_name: str, branch: str) -> PullRequest | None: ...

    async def create_pull_request(self, request: PullRequestRequest) -> PullRequest:
        """Create it, or return the one that exists for this project and branch."""
        ...

    async def read_pull_request(self, project_name: str, branch: str) -> PullRequestText | None:
        """What the forge has for this project and branch now."""
        ...
