"""One task, one commit: its message, its tree, and the bundle that carries it out of the sandbox."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from omoi_worker.git import Git, GitError
from omoi_worker.job import Task
from omoi_worker.sandbox import Sandbox

MAX_SUBJECT = 72
"""Characters of a commit's first line: what `git log --oneline` shows whole on a terminal."""

REF = "refs/omoi/tip-0"
"""The one ref in every bundle that leaves the sandbox."""


# Where git takes a message to end or to be an order: the divider before a patch (git-interpret-trailers, git-mailinfo),
# the scissors (git-commit), and the subjects that `git rebase --autosquash` folds into another commit.
_DIVIDER = re.compile(r"---(?!\S)|diff -|Index: |# -{8,} >8 ")
_FOLDED = re.compile(r"(?:fixup|squash|amend)! ")


@dataclass(frozen=True)
class Commit:
    """A commit of this task. `files` are the paths changed against `parent`, sorted."""

    sha: str
    tree: str
    parent: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Bundle:
    """A bundle in out/: its path as a journal line names it, and the SHA-256 of its bytes."""

    path: str
    sha256: str


class RebaseConflict(Exception):
    """The commit does not fit on the new tip. `paths` are the files in conflict."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(f"conflict in {', '.join(paths)}")
        self.paths = list(paths)


def subject(task: Task) -> str:
    """The commit's first line: the task's title, its printable characters cut at a word to MAX_SUBJECT. Same task, same
    line."""
    printable = "".join(char for char in " ".join(task.title.split()) if char.isprintable())
    title = " ".join(printable.split()) or task.key or "Task"
    if _DIVIDER.match(title) or _FOLDED.match(title):
        title = f"{task.key or 'Task'}: {title}"
    if len(title) <= MAX_SUBJECT:
        return title
    cut = title[: MAX_SUBJECT - 1]
    if " " in cut[MAX_SUBJECT // 2 :]:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip(" ,;:.") + "…"


def message(task: Task, summary: str) -> str:
    """Subject, the summary wrapped at 72 columns, and the trailers as the last paragraph.

    A line of the summary that git would take for the end of the message is indented by a blank.
    """
    body: list[str] = []
    for line in summary.strip().splitlines():
        line = "".join(char for char in line if char.isprintable() or char == "\t").rstrip()
        body.extend(textwrap.wrap(line, 72, break_long_words=False, break_on_hyphens=False) or [""])
    parts = [subject(task)]
    if any(body):
        parts.append("\n".join(f" {line}" if _DIVIDER.match(line) else line for line in body))
    if task.trailers:
        parts.append("\n".join(f"{key}: {value}" for key, value in task.trailers))
    return "\n\n".join(parts) + "\n"


def stage(git: Git, paths: Sequence[str]) -> str:
    """Put these files of the clone (ignored ones too) into the index and return the tree's id."""
    git.run("update-index", "--add", "-z", "--stdin", stdin="\0".join(paths).encode("utf-8"))
    return git.line("write-tree")


def untouched(git: Git) -> bool:
    """Whether the clone still has exactly the staged content in every tracked file."""
    git.run("update-index", "-q", "--refresh")
    return git.succeeds("diff-files", "--quiet")


def commit(git: Git, task: Task, tree: str, parent: str, text: str, author_date: str = "") -> Commit:
    """Make the commit and move the clone's HEAD to it. `author_date` in git's raw form ("@SECONDS ZONE")."""
    env = {
        "GIT_AUTHOR_NAME": task.author_name,
        "GIT_AUTHOR_EMAIL": task.author_email,
        "GIT_COMMITTER_NAME": task.author_name,
        "GIT_COMMITTER_EMAIL": task.author_email,
    }
    if author_date:
        env["GIT_AUTHOR_DATE"] = author_date
    sha = git.line("commit-tree", tree, "-p", parent, "-F", "-", stdin=text.encode("utf-8", "replace"), env=env)
    git.run("update-ref", "--no-deref", "HEAD", sha)
    return describe(git, sha)


def describe(git: Git, sha: str) -> Commit:
    """The facts of a commit that the clone has. Raises GitError."""
    tree, parent = git.line("rev-parse", f"{sha}^{{tree}}", f"{sha}^1").split()
    files = git.paths("diff-tree", "-r", "-z", "--no-renames", "--name-only", parent, sha)
    return Commit(sha, tree, parent, tuple(sorted(files)))


def bundle(git: Git, sandbox: Sandbox, made: Commit, name: str) -> Bundle:
    """Write out/<name> with the commit alone; whoever takes it must have its parent."""
    git.run("update-ref", REF, made.sha)
    path = f"out/{name}"
    target = sandbox.root / path
    git.run("bundle", "create", "--quiet", str(target), REF, f"^{made.parent}")
    return Bundle(path, hashlib.sha256(target.read_bytes()).hexdigest())


def replay(git: Git, made: Commit, tip: str) -> str:
    """Put the change of a commit onto `tip` in the clone and return the new tree; nothing is committed yet.

    Raises RebaseConflict, after putting the clone back to the commit, and GitError for any other reason.
    """
    git.checkout(tip)
    if made.tree == git.line("rev-parse", f"{made.parent}^{{tree}}"):
        return git.line("write-tree")
    try:
        git.run("cherry-pick", "--no-commit", made.sha)
    except GitError:
        paths = sorted(set(git.paths("diff", "--name-only", "--diff-filter=U", "-z")))
        git.checkout(made.sha)
        if paths:
            raise RebaseConflict(paths) from None
        raise
    return git.line("write-tree")
