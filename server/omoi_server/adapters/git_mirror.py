"""The server's bare mirror of a project's repository, `OMOI_HOME/mirrors/<project_id>.git`, and its one writer.

Writers are serialised twice. Inside the server by an asyncio lock; across a crash by an flock whose descriptor every
git process inherits: a git that outlived a killed server keeps the lock until it ends, so whoever gets the lock knows
that nobody writes, and that any `*.lock` file of git still lying there was left behind and can go.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from omoi_server.adapters.git_address import Address
from omoi_server.adapters.git_links import refuse_links
from omoi_server.adapters.git_names import check_branch, check_commit, check_own_ref, check_project
from omoi_server.adapters.git_process import Git, GitResult, served_by
from omoi_server.errors import RepositoryError
from omoi_worker.removal import delete_tree

FETCH_SECONDS = 600.0
LOCK_SECONDS = 150.0
_LOCK_POLL = 0.05
ORIGIN = "refs/remotes/origin/"
INCOMING = "incoming"
MOST_KNOWN = 10_000
"""Commits remembered as present, over all mirrors."""


@dataclass(frozen=True)
class Writing:
    """The right to write to one mirror: its directory and the locked descriptor that git processes inherit."""

    path: Path
    held: tuple[int, ...]


class Mirrors:
    """All mirrors below `home`."""

    def __init__(self, git: Git, home: Path) -> None:
        self.git = git
        self.folder = home / "mirrors"
        self._locks: dict[str, asyncio.Lock] = {}
        self._known: set[tuple[Path, str]] = set()

    def path(self, project_id: str) -> Path:
        """Where the mirror of a project is, or will be."""
        return self.folder / f"{check_project(project_id)}.git"

    def existing(self, project_id: str) -> Path:
        """The mirror's path; RepositoryError MIRROR_MISSING before the first refresh."""
        path = self.path(project_id)
        if not path.is_dir():
            raise RepositoryError(
                "MIRROR_MISSING", f"Project {project_id} has no mirror yet.", "Refresh it first.", "project_id"
            )
        return path

    @contextlib.asynccontextmanager
    async def writing(self, project_id: str) -> AsyncIterator[Writing]:
        """Hold the mirror alone. RepositoryError MIRROR_BUSY when another writer keeps it LOCK_SECONDS long."""
        path = self.path(project_id)
        async with self._locks.setdefault(project_id, asyncio.Lock()):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                await _flock(descriptor, project_id)
                await asyncio.to_thread(_sweep, path)
                yield Writing(path, (descriptor,))
            finally:
                os.close(descriptor)

    async def refresh(self, project_id: str, address: Address) -> None:
        """Create the mirror if it is missing, then fetch every branch of the origin; branches gone there go here."""
        async with self.writing(project_id) as writing:
            await self._create(writing)
            await self._fetch(writing, address)

    async def resolve(self, project_id: str, branch: str) -> str:
        """The commit of `origin/<branch>`; RepositoryError BRANCH_UNKNOWN names the branches there are."""
        path = self.existing(project_id)
        commit = await self.commit_of(path, ORIGIN + check_branch(branch))
        if commit is not None:
            return commit
        known = await self.git.run("for-each-ref", "--count=10", "--format=%(refname:lstrip=3)", ORIGIN, cwd=path)
        names = ", ".join(known.text.split()) or "none"
        raise RepositoryError(
            "BRANCH_UNKNOWN",
            f"The repository has no branch {branch!r}.",
            f"Its branches: {names}.",
            "base_branch",
        )

    async def commit_of(self, path: Path, name: str) -> str | None:
        """The commit that a ref or id names, or None."""
        result = await self.git.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", cwd=path, accept=(0, 1, 128)
        )
        return result.text if result.code == 0 else None

    async def has(self, path: Path, commit: str) -> bool:
        """Whether the mirror has this commit. It loses one only when it is tidied, so a known one is not asked for again."""
        key = (path, check_commit(commit))
        if key in self._known:
            return True
        if await self.commit_of(path, commit) is None:
            return False
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known.add(key)
        return True

    def forget(self, path: Path) -> None:
        """Ask again which commits this mirror has: some may have been pruned."""
        self._known = {known for known in self._known if known[0] != path}

    async def need(self, path: Path, *commits: str) -> None:
        """RepositoryError COMMIT_UNKNOWN unless the mirror has every one of `commits`."""
        for commit in commits:
            if not await self.has(path, commit):
                raise RepositoryError(
                    "COMMIT_UNKNOWN", f"The mirror does not have commit {commit[:12]}.", "Refresh it.", "commit"
                )

    async def keep(self, project_id: str, ref: str, commit: str | None) -> None:
        """Set `ref` (refs/omoi/…) to `commit`, or delete it; both may be repeated."""
        check_own_ref(ref)
        path = self.existing(project_id)
        async with self.writing(project_id) as writing:
            if commit is None:
                await self.git.run("update-ref", "-d", ref, cwd=path, held=writing.held)
                return
            await self.need(path, commit)
            await self.set_ref(writing, ref, commit)

    async def set_ref(self, writing: Writing, ref: str, commit: str) -> GitResult:
        """Point `ref` at `commit`."""
        return await self.git.run("update-ref", ref, commit, cwd=writing.path, held=writing.held)

    async def _create(self, writing: Writing) -> None:
        """A half-made mirror never has its final name: it is made beside and renamed."""
        if writing.path.is_dir():
            return
        making = Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{writing.path.name}."))
        await self.git.run(
            "init", "-q", "--bare", "--template=", "--object-format=sha1", ".", cwd=making, held=writing.held
        )
        await asyncio.to_thread(making.rename, writing.path)
        self._known.clear()  # somebody may have deleted a mirror by hand

    async def _fetch(self, writing: Writing, address: Address) -> None:
        options = ["--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
        options.append("--no-recurse-submodules")
        if address.path is not None:
            options.append(f"--upload-pack={served_by('upload-pack')}")
        await refuse_links(address)
        try:
            await self.git.run(
                "fetch",
                *options,
                "--",
                address.text,
                f"+refs/heads/*:{ORIGIN}*",
                cwd=writing.path,
                protocols=address.protocol,
                time_limit=FETCH_SECONDS,
                held=writing.held,
            )
        except RepositoryError as error:
            raise explained(error, address) from error


def explained(error: RepositoryError, address: Address) -> RepositoryError:
    """A failed conversation with the origin, told with its reason and remedy. The words are git's (LC_ALL=C)."""
    if error.reason != "GIT_FAILED":
        return error
    said = error.message
    # A port, a host or a folder may hold any of the words.
    told = said.replace(address.text, "")
    for reason, words, remedy in _REASONS:
        if any(word in told for word in words):
            return RepositoryError(reason, f"{address.text}: {said}", remedy)
    return RepositoryError("REPOSITORY_FAILED", f"{address.text}: {said}", "Try the address with git ls-remote.")


_REASONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "REPOSITORY_ACCESS_DENIED",
        ("Permission denied", "Authentication failed", "could not read Username", "error: 403", "error: 401"),
        "Give the user that runs the server read access (ssh key, ~/.netrc, or file permissions).",
    ),
    (
        "REPOSITORY_HOST_UNKNOWN",
        ("Host key verification failed",),
        "Connect once by ssh as the user that runs the server and accept the host key.",
    ),
    (
        "REPOSITORY_UNREACHABLE",
        (
            "Could not resolve host",
            "Temporary failure in name resolution",
            "Connection refused",
            "Connection reset",
            "Connection closed",
            "timed out",
            "Network is unreachable",
            "No route to host",
            "unable to access",
            "hung up unexpectedly",
            "early EOF",
            "RPC failed",
        ),
        "Check the host name and the network, then try again.",
    ),
    (
        "REPOSITORY_NOT_FOUND",
        ("not found", "does not appear to be a git repository", "does not exist", "not a git repository"),
        "Check the address.",
    ),
)


async def _flock(descriptor: int, project_id: str) -> None:
    deadline = asyncio.get_running_loop().time() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise RepositoryError(
                    "MIRROR_BUSY",
                    f"Another git process still works on the mirror of {project_id}.",
                    "Try again in a minute.",
                    "project_id",
                ) from error
        await asyncio.sleep(_LOCK_POLL)


def _sweep(mirror: Path) -> None:
    """Remove what a killed writer left: lock files, half-received packs and mirrors. The caller holds the lock."""
    for half_made in mirror.parent.glob(f"{mirror.name}.*"):
        if half_made.is_dir():
            delete_tree(half_made)
    if not mirror.is_dir():
        return
    delete_tree(mirror / INCOMING)
    for left in (*mirror.glob("*.lock"), *mirror.glob("refs/**/*.lock"), *mirror.glob("objects/pack/tmp_*")):
        left.unlink(missing_ok=True)
