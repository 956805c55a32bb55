"""The Repositories port by git: a bare mirror per project under OMOI_HOME, and every call through `git_process`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from omoi_server.adapters import git_bundle, git_commits, git_push, git_tidy
from omoi_server.adapters.git_address import Address, parse_address
from omoi_server.adapters.git_mirror import ORIGIN, Mirrors
from omoi_server.adapters.git_names import check_branch
from omoi_server.adapters.git_probe import probe
from omoi_server.adapters.git_process import Git
from omoi_server.ports import Author, CommitFacts, RepositoryFacts

BUNDLE_LIMIT = 256 * 1024 * 1024


class GitRepositories:
    """Implements ports.Repositories. Creating it writes only our git configuration below `home`.

    home: OMOI_HOME. roots: OMOI_REPO_ROOTS, where path repositories may lie (empty: anywhere).
    bundle_limit: bytes taken from a sandbox at most. time_limit: seconds for an ordinary call; fetches and bundles have
    their own (git_mirror.FETCH_SECONDS, git_bundle.BUNDLE_SECONDS). most_packs: above it tidying collects garbage. environ: as in `git_process.Git`.
    """

    def __init__(
        self,
        home: Path,
        *,
        roots: Sequence[Path] = (),
        bundle_limit: int = BUNDLE_LIMIT,
        time_limit: float = 120.0,
        most_packs: int = git_tidy.MOST_PACKS,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        home = home.resolve()
        self._git = Git(home, environ=environ, time_limit=time_limit)
        self._mirrors = Mirrors(self._git, home)
        self._roots = tuple(roots)
        # A sandbox can write below `sandboxes`; git is never run there.
        self._closed = (home / "sandboxes", home / "mirrors", home / "git")
        self._bundle_limit = bundle_limit
        self._most_packs = most_packs

    def check_url(self, repo_url: str) -> str:
        """See ports.Repositories. RepositoryError REPO_URL_INVALID or PATH_NOT_ALLOWED."""
        return self._address(repo_url).text

    async def probe(self, repo_url: str) -> RepositoryFacts:
        """See git_probe.probe."""
        return await probe(self._git, self._address(repo_url), self._roots, self._closed)

    async def refresh(self, project_id: str, repo_url: str) -> None:
        """Create the mirror if it is missing and fetch every branch."""
        await self._mirrors.refresh(project_id, self._address(repo_url))

    async def resolve(self, project_id: str, branch: str) -> str:
        """The commit of origin/<branch> as of the last refresh; RepositoryError BRANCH_UNKNOWN."""
        return await self._mirrors.resolve(project_id, branch)

    async def bundle(self, project_id: str, commits: Sequence[str], target: Path) -> None:
        """See git_bundle.write_bundle."""
        await git_bundle.write_bundle(self._mirrors, project_id, commits, target)

    async def take_bundle(self, project_id: str, bundle: Path, commit: str, ref: str) -> None:
        """See git_bundle.take_bundle."""
        await git_bundle.take_bundle(self._mirrors, project_id, bundle, commit, ref, self._bundle_limit)

    async def has_commit(self, project_id: str, commit: str) -> bool:
        """Whether the mirror has this commit; False also when there is no mirror."""
        path = self._mirrors.path(project_id)
        return path.is_dir() and await self._mirrors.has(path, commit)

    async def commit_facts(self, project_id: str, commit: str) -> CommitFacts:
        """The facts of one commit; RepositoryError COMMIT_UNKNOWN."""
        path = await self._having(project_id, commit)
        return (await git_commits.read_commits(self._mirrors, path, ["--no-walk", commit]))[0]

    async def is_ancestor(self, project_id: str, ancestor: str, commit: str) -> bool:
        """Whether `commit` is `ancestor` or builds on it; RepositoryError COMMIT_UNKNOWN."""
        path = await self._having(project_id, ancestor, commit)
        return await git_push.is_ancestor(self._mirrors, path, ancestor, commit)

    async def remote_tip(self, project_id: str, repo_url: str, branch: str) -> str | None:
        """Where the branch is on the origin now; its commits are then in the mirror. None: there is none."""
        address = self._address(repo_url)
        tip = await git_push.remote_tip(self._mirrors, address, branch)
        if tip is None or await self.has_commit(project_id, tip):
            return tip
        # Every branch, not this one: a branch deleted there may stand in the way of its name here.
        await self._mirrors.refresh(project_id, address)
        return await self._mirrors.resolve(project_id, branch)

    async def push(
        self, project_id: str, repo_url: str, branch: str, old_tip: str | None, new_sha: str, timeout: float
    ) -> None:
        """See git_push.push."""
        wanted = git_push.Push(branch, old_tip, new_sha)
        await git_push.push(self._mirrors, project_id, self._address(repo_url), wanted, timeout)

    async def commit_files(
        self,
        project_id: str,
        parent: str,
        files: Mapping[str, bytes],
        message: str,
        author: Author,
        at: datetime,
    ) -> str:
        """See git_commits.commit_files."""
        return await git_commits.commit_files(self._mirrors, project_id, parent, files, message, author, at)

    async def keep(self, project_id: str, ref: str, commit: str | None) -> None:
        """Set (or delete with None) a ref below refs/omoi/."""
        await self._mirrors.keep(project_id, ref, commit)

    async def attempt_refs(self, project_id: str) -> list[str]:
        """See git_tidy.attempt_refs."""
        return await git_tidy.attempt_refs(self._mirrors, project_id)

    async def tidy(self, project_id: str, over: Collection[str], needed: Collection[str]) -> None:
        """See git_tidy.tidy."""
        await git_tidy.tidy(self._mirrors, project_id, over, needed, self._most_packs)

    async def commits(self, project_id: str, base: str, tip: str) -> list[CommitFacts]:
        """Commits of `tip` that `base` does not have, oldest first, at most git_commits.COMMITS_LIMIT of the newest."""
        path = await self._having(project_id, base, tip)
        limit = f"--max-count={git_commits.COMMITS_LIMIT}"
        selection = ["--reverse", "--topo-order", limit, f"{base}..{tip}"]
        return await git_commits.read_commits(self._mirrors, path, selection)

    async def diffstat(self, project_id: str, base: str, tip: str) -> str:
        """What `tip` changed since it left `base`, as `git diff --stat` prints it, 100 columns."""
        path = await self._having(project_id, base, tip)
        options = ["--stat=100", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames"]
        return (await self._git.run("diff", *options, f"{base}...{tip}", "--", cwd=path)).text

    async def behind(self, project_id: str, base_branch: str, commit: str) -> int:
        """How many commits origin/<base_branch> has that `commit` does not; RepositoryError BRANCH_UNKNOWN."""
        path = await self._having(project_id, commit)
        await self._mirrors.resolve(project_id, base_branch)
        ahead = f"{commit}..{ORIGIN}{check_branch(base_branch)}"
        return int((await self._git.run("rev-list", "--count", ahead, "--", cwd=path)).text)

    def _address(self, repo_url: str) -> Address:
        return parse_address(repo_url, self._roots, self._closed)

    async def _having(self, project_id: str, *commits: str) -> Path:
        path = self._mirrors.existing(project_id)
        await self._mirrors.need(path, *commits)
        return path
