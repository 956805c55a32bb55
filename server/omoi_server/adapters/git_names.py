"""Names that end up as arguments of git: branches, refs, commit ids, paths in a tree."""

from __future__ import annotations

import re

from omoi_server.errors import RepositoryError

OWN_REFS = "refs/omoi/"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PROJECT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
# git-check-ref-format(1), rules 1 to 10.
_BAD_IN_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|\.$|/$|^/|^\.")
_BAD_COMPONENT = re.compile(r"^(|\.|\.\.|\.git|git~\d+)$", re.IGNORECASE)


def check_branch(name: str, field: str = "base_branch") -> str:
    """`name`, if git takes it as a branch name; RepositoryError BRANCH_NAME_INVALID otherwise."""
    if not name or name.startswith("-") or name in ("@", "HEAD") or len(name) > 200 or _BAD_IN_REF.search(name):
        raise RepositoryError(
            "BRANCH_NAME_INVALID",
            f"{name[:80]!r} is not a branch name.",
            "Use letters, digits, “-”, “_”, “.” and single “/”.",
            field,
        )
    return name


def check_commit(commit: str) -> str:
    """`commit`, if it is a full SHA-1 id; RepositoryError COMMIT_INVALID otherwise."""
    if not _COMMIT.fullmatch(commit):
        raise RepositoryError("COMMIT_INVALID", f"{commit[:80]!r} is not a full commit id.", "", "commit")
    return commit


def check_own_ref(ref: str) -> str:
    """`ref`, if it is one that the server keeps for itself in a mirror (`refs/omoi/…`)."""
    if not ref.startswith(OWN_REFS) or len(ref) > 300 or _BAD_IN_REF.search(ref):
        raise RepositoryError("REF_INVALID", f"{ref[:80]!r} is not a ref below {OWN_REFS}.", "", "ref")
    return ref


def check_project(project_id: str) -> str:
    """`project_id`, if it can be the name of a directory."""
    if not _PROJECT.fullmatch(project_id):
        raise RepositoryError("PROJECT_INVALID", f"{project_id[:80]!r} is not a project id.", "", "project_id")
    return project_id


def check_tree_path(path: str) -> str:
    """`path`, if it stays inside a working tree and outside every `.git`, whatever the file system folds."""
    parts = path.split("/")
    folded = [part.rstrip(" .").translate(_INVISIBLE) or part for part in parts]
    if (
        len(path) > 1000
        or "\\" in path
        or any(ord(character) < 32 for character in path)
        or any(_BAD_COMPONENT.match(part) for part in (*parts, *folded))
    ):
        raise RepositoryError("TREE_PATH_INVALID", f"{path[:120]!r} is not a path inside a repository.", "", "path")
    return path


# Characters that HFS+ ignores in names (git's utf8.c, next_hfs_char).
_INVISIBLE = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
