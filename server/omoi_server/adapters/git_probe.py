"""What a repository is like before a project uses it, found out without running anything that it brings along."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from omoi_server.adapters.git_address import Address, check_path
from omoi_server.adapters.git_links import leads_outside, refuse_links
from omoi_server.adapters.git_mirror import explained
from omoi_server.adapters.git_names import check_branch
from omoi_server.adapters.git_process import Git, served_by
from omoi_server.errors import RepositoryError
from omoi_server.ports import RepositoryFacts

DIRTY_PATHS_LIMIT = 100
_USUAL_BRANCHES = ("main", "master", "trunk")
_ALTERNATES_DEPTH = 5
# How git compares a working tree; harmless, and without them a checkout made on another system looks changed.
_COMPARISON = r"^core\.(filemode|symlinks|ignorecase|trustctime|checkstat|precomposeunicode|autocrlf|eol)$"


async def probe(git: Git, address: Address, roots: Sequence[Path], closed: Sequence[Path] = ()) -> RepositoryFacts:
    """Default branch, commit and uncommitted paths.

    RepositoryError: REPOSITORY_NOT_FOUND, NOT_A_REPOSITORY, REPOSITORY_EMPTY, REPOSITORY_SHALLOW,
    REPOSITORY_DETACHED (no branch can be chosen), PATH_NOT_ALLOWED (it reaches outside the roots), and those of
    `explained` for an origin that cannot be reached.
    """
    notes: list[str] = []
    dirty: tuple[str, ...] = ()
    await refuse_links(address)
    if address.path is not None:
        bare, git_dir, common = await _look_at(git, address.path, roots, closed)
        if not bare:
            dirty = await _dirty_paths(git, address.path, git_dir, common)
    head_ref, head, branches = await _branches(git, address)
    if not branches:
        raise RepositoryError(
            "REPOSITORY_EMPTY",
            f"{address.text} has no commit yet.",
            "Make a first one: git commit --allow-empty -m Start",
        )
    if head_ref is None or head_ref not in branches:
        head_ref = _choose(address, branches)
        notes.append(f"HEAD names no branch with commits; {head_ref} is taken as the default branch")
        head = branches[head_ref]
    if dirty:
        shown = ", ".join(dirty[:3]) + (" …" if len(dirty) > 3 else "")
        notes.append(f"uncommitted changes are not seen ({shown})")
    return RepositoryFacts(check_branch(head_ref, "repo_url"), head or branches[head_ref], dirty, tuple(notes))


def _choose(address: Address, branches: dict[str, str]) -> str:
    if len(branches) == 1:
        return next(iter(branches))
    for name in _USUAL_BRANCHES:
        if name in branches:
            return name
    raise RepositoryError(
        "REPOSITORY_DETACHED",
        f"HEAD of {address.text} is on no branch, and it has {len(branches)}.",
        f"Name the default branch: one of {', '.join(sorted(branches)[:10])}.",
        "default_branch",
    )


async def _branches(git: Git, address: Address) -> tuple[str | None, str | None, dict[str, str]]:
    """The branch HEAD names, the commit it is at, and every branch with its commit."""
    options = [] if address.path is None else [f"--upload-pack={served_by('upload-pack')}"]
    try:
        listed = await git.run(
            "ls-remote",
            "--symref",
            *options,
            "--",
            address.text,
            "HEAD",
            "refs/heads/*",
            cwd=git.folder,
            protocols=address.protocol,
        )
    except RepositoryError as error:
        raise explained(error, address) from error
    head_ref = head = None
    branches: dict[str, str] = {}
    for line in listed.text.splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith("ref: refs/heads/"):
            head_ref = value.removeprefix("ref: refs/heads/")
        elif name == "HEAD":
            head = value
        elif name.startswith("refs/heads/"):
            branches[name.removeprefix("refs/heads/")] = value
    return head_ref, head, branches


async def _look_at(git: Git, path: Path, roots: Sequence[Path], closed: Sequence[Path]) -> tuple[bool, Path, Path]:
    """Is it a repository, whole, and all of it in allowed places? Gives bare, git directory, common directory."""
    try:
        told = await git.run(
            "rev-parse",
            "--is-bare-repository",
            "--is-shallow-repository",
            "--show-object-format",
            "--absolute-git-dir",
            "--path-format=absolute",
            "--git-common-dir",
            cwd=path,
        )
    except RepositoryError as error:
        if error.reason != "GIT_FAILED":
            raise
        raise RepositoryError(
            "NOT_A_REPOSITORY",
            f"{path} is not a git repository.",
            f"Make it one: git -C {path} init, then commit.",
        ) from error
    bare_word, shallow, object_format, git_dir, common = told.text.split("\n", 4)
    bare = bare_word == "true"
    await _check_top(git, path, bare, Path(git_dir))
    for place in (Path(git_dir), Path(common), Path(common) / "objects", *_alternates(Path(common) / "objects")):
        check_path(place, roots, closed, f"{path} uses {place}, which")
    if shallow == "true":
        raise RepositoryError(
            "REPOSITORY_SHALLOW", f"{path} is a shallow clone.", f"Complete it: git -C {path} fetch --unshallow"
        )
    if object_format != "sha1":
        raise RepositoryError(
            "REPOSITORY_FORMAT", f"{path} uses {object_format} object ids.", "Only SHA-1 repositories are taken."
        )
    return bare, Path(git_dir), Path(common)


async def _check_top(git: Git, path: Path, bare: bool, git_dir: Path) -> None:
    """git looks upwards for a repository; the address must be the repository itself."""
    top = git_dir if bare else Path((await git.run("rev-parse", "--show-toplevel", cwd=path)).text)
    if await asyncio.to_thread(top.resolve) != await asyncio.to_thread(path.resolve):
        raise RepositoryError(
            "NOT_A_REPOSITORY",
            f"{path} is not a repository itself; the repository around it is {top}.",
            f"Give {top}, and the folder as work_dir.",
        )


def _alternates(objects: Path, depth: int = _ALTERNATES_DEPTH) -> list[Path]:
    """Object directories that this one borrows from (gitrepository-layout(5), objects/info/alternates)."""
    listing = objects / "info" / "alternates"
    if listing.is_symlink():  # its lines would be told as paths
        raise leads_outside(objects, listing)
    if depth == 0 or not listing.is_file():
        return []
    lines = [line for line in listing.read_text("utf-8", "replace").splitlines() if line and line[0] != "#"]
    found = [objects / line for line in lines]
    return found + [further for place in found for further in _alternates(place, depth - 1)]


async def _dirty_paths(git: Git, path: Path, git_dir: Path, common: Path) -> tuple[str, ...]:
    """Tracked paths that differ from the last commit.

    diff-files reads a file again when its time says nothing (an entry as young as the index), and then runs the clean
    filter that the repository's configuration names. So both comparisons run with an empty git directory of our own:
    they see the other index, files and objects, but not one line of its configuration.
    """
    index = git_dir / "index"
    head = await git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", cwd=path, accept=(0, 1, 128))
    if not index.is_file() or head.code != 0:
        return ()
    rules = await git.run("config", "--get-regexp", _COMPARISON, cwd=path, accept=(0, 1))
    options = [word for line in rules.text.splitlines() for word in ("-c", "=".join(line.split(" ", 1)))]
    void = await _void(git)
    env = {
        "GIT_DIR": str(void),
        "GIT_WORK_TREE": str(path),
        "GIT_INDEX_FILE": str(index),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(common / "objects"),
    }
    compare = ["-z", "--name-only", "--no-renames", "--ignore-submodules=all"]
    found: set[str] = set()
    for command in (["diff-index", "--cached", *compare, head.text, "--"], ["diff-files", *compare, "--"]):
        listed = await git.run(*options, *command, cwd=path, env=env)
        found.update(name for name in listed.stdout.decode("utf-8", "replace").split("\0") if name)
    return tuple(sorted(found)[:DIRTY_PATHS_LIMIT])


async def _void(git: Git) -> Path:
    void = git.folder / "void"
    if not (void / "HEAD").is_file():
        await git.run("init", "-q", "--template=", "--object-format=sha1", "--bare", str(void), cwd=git.folder)
    return void


def _quoted(path: Path) -> str:
    """A path for a list separated by colons (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES: C-style quotes)."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
