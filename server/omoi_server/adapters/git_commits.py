"""Reading and making commits in a mirror, by plumbing only: no working tree, no filter, no hook."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from omoi_server.adapters.git_mirror import Mirrors
from omoi_server.adapters.git_names import check_tree_path
from omoi_server.adapters.git_process import GitResult
from omoi_server.errors import RepositoryError
from omoi_server.ports import Author, CommitFacts

COMMITS_LIMIT = 2000
_FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%s", "%B", "%(trailers:only=true,unfold=true)")
_FORMAT = "--format=" + "%x00".join(_FIELDS)


async def read_commits(mirrors: Mirrors, path: Path, selection: Sequence[str]) -> list[CommitFacts]:
    """The facts of the commits that `git log <selection>` lists, in its order."""
    logged = await mirrors.git.run("log", "-z", "--no-color", _FORMAT, *selection, "--", cwd=path)
    fields = logged.stdout.decode("utf-8", "replace").split("\0")
    width = len(_FIELDS)
    rows = [fields[at : at + width] for at in range(0, len(fields) - width + 1, width)]
    changed = await _changed_files(mirrors, path, [row[0] for row in rows])
    return [_facts(row, changed.get(row[0], ())) for row in rows]


def _facts(row: Sequence[str], files: tuple[str, ...]) -> CommitFacts:
    sha, tree, parents, author, email, subject, message, trailers = row
    pairs = (line.partition(":") for line in trailers.splitlines() if ":" in line)
    return CommitFacts(
        sha=sha,
        tree=tree,
        parents=tuple(parents.split()),
        subject=subject,
        message=message.rstrip("\n") + "\n",
        trailers=tuple((key.strip(), value.strip()) for key, _, value in pairs),
        files=files,
        author=author,
        email=email,
    )


async def _changed_files(mirrors: Mirrors, path: Path, commits: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Paths changed against the first parent (the empty tree for a root), for each commit.

    In the raw format a path always follows a word that begins with “:”, so no file name can pass for a commit id.
    """
    told = await mirrors.git.run(
        "diff-tree",
        "--stdin",
        "-r",
        "-z",
        "--raw",
        "--root",
        "--no-renames",
        "--diff-merges=first-parent",
        cwd=path,
        stdin="".join(f"{sha}\n" for sha in commits).encode(),
    )
    found: dict[str, list[str]] = {}
    words = iter(told.stdout.decode("utf-8", "replace").split("\0"))
    current = ""
    for word in words:
        if word.startswith(":"):
            found[current].append(next(words))
        elif word:
            # A merge names its first parent beside itself: "<sha> (from <parent>)".
            current = word.strip().split(" ")[0]
            found.setdefault(current, [])
    return {sha: tuple(files) for sha, files in found.items()}


async def commit_files(
    mirrors: Mirrors,
    project_id: str,
    parent: str,
    files: Mapping[str, bytes],
    message: str,
    author: Author,
    at: datetime,
) -> str:
    """Write `files` over the tree of `parent` and commit; the id depends on nothing but the arguments.

    RepositoryError TREE_PATH_INVALID for a path outside the tree, TREE_PATH_TAKEN where a file or link stands in the
    way of a directory or the other way round.
    """
    for path in files:
        check_tree_path(path)
    if at.tzinfo is None:
        raise ValueError("the time of a commit needs a time zone")
    mirror = mirrors.existing(project_id)
    git = mirrors.git
    async with mirrors.writing(project_id) as writing:
        await mirrors.need(mirror, parent)
        await _check_room(mirrors, mirror, parent, files)
        with _temporary_index(mirror) as index:
            env = {"GIT_INDEX_FILE": str(index)}

            async def plumb(*args: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> GitResult:
                together = {**env, **(extra or {})}
                return await git.run(*args, cwd=mirror, stdin=stdin, env=together, held=writing.held)

            await plumb("read-tree", parent)
            lines = []
            for path, content in sorted(files.items()):
                blob = await plumb("hash-object", "-w", "--no-filters", "--stdin", stdin=content)
                lines.append(f"100644 {blob.text}\t{path}\0")
            await plumb("update-index", "-z", "--index-info", stdin="".join(lines).encode())
            tree = (await plumb("write-tree")).text
            old_tree = (await plumb("rev-parse", "--verify", f"{parent}^{{tree}}")).text
            if tree == old_tree:
                return parent
            made = await plumb("commit-tree", tree, "-p", parent, stdin=message.encode(), extra=_identity(author, at))
            return made.text


async def _check_room(mirrors: Mirrors, mirror: Path, parent: str, files: Mapping[str, bytes]) -> None:
    """update-index would silently replace a file by a directory of its name; nobody asked for that."""
    listed = await mirrors.git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", parent, cwd=mirror)
    present = set(listed.stdout.decode("utf-8", "surrogateescape").split("\0"))
    folders = {"/".join(parts[:n]) for parts in (p.split("/") for p in present) for n in range(1, len(parts))}
    for path in files:
        above = [str(folder) for folder in Path(path).parents if str(folder) != "."]
        in_the_way = next((name for name in above if name in present), path if path in folders else None)
        if in_the_way is not None:
            raise RepositoryError(
                "TREE_PATH_TAKEN",
                f"{path} cannot be written: {in_the_way} is in the way.",
                f"Rename {in_the_way} in the repository, or switch the export of documents off.",
                "path",
            )


@contextlib.contextmanager
def _temporary_index(mirror: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=mirror, prefix="index.") as folder:
        yield Path(folder) / "index"


def _identity(author: Author, at: datetime) -> dict[str, str]:
    offset = at.strftime("%z")[:5]
    moment = f"{int(at.timestamp())} {offset}"
    return {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_AUTHOR_DATE": moment,
        "GIT_COMMITTER_NAME": author.name,
        "GIT_COMMITTER_EMAIL": author.email,
        "GIT_COMMITTER_DATE": moment,
    }
