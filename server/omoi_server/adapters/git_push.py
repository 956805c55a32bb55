"""Moving a branch of the origin forward, and saying exactly why when it does not move."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omoi_server.adapters.git_address import Address
from omoi_server.adapters.git_links import refuse_links
from omoi_server.adapters.git_mirror import Mirrors, explained
from omoi_server.adapters.git_names import check_branch, check_commit
from omoi_server.adapters.git_process import RECEIVE_SETTINGS, GitResult, failure, mask, served_by
from omoi_server.errors import PushRejected, RepositoryError

RETRY = "then retry the task."


@dataclass(frozen=True)
class Push:
    """One branch, from one commit (None: it does not exist) to another."""

    branch: str
    old_tip: str | None
    new_sha: str


async def remote_refs(mirrors: Mirrors, address: Address, *patterns: str) -> dict[str, str]:
    """Refs of the origin, name → id; `patterns` as git ls-remote takes them (a name matches at its end too)."""
    options = [] if address.path is None else [f"--upload-pack={served_by('upload-pack')}"]
    await refuse_links(address)
    try:
        listed = await mirrors.git.run(
            "ls-remote",
            *options,
            "--",
            address.text,
            *patterns,
            cwd=mirrors.git.folder,
            protocols=address.protocol,
        )
    except RepositoryError as error:
        raise explained(error, address) from error
    pairs = (line.split("\t", 1) for line in listed.text.splitlines() if "\t" in line)
    return {name: sha for sha, name in pairs}


async def remote_tip(mirrors: Mirrors, address: Address, branch: str) -> str | None:
    """Where the branch is on the origin now, or None."""
    ref = f"refs/heads/{check_branch(branch, 'branch')}"
    return (await remote_refs(mirrors, address, ref)).get(ref)


async def push(mirrors: Mirrors, project_id: str, address: Address, wanted: Push, timeout: float) -> None:
    """Fast-forward, guarded by the tip that the caller saw. A branch that already is at `new_sha` is done.

    PushRejected says why not; RepositoryError (GIT_TIMEOUT, REPOSITORY_UNREACHABLE …): nobody knows, look at the tip.
    """
    check_branch(wanted.branch, "branch")
    check_commit(wanted.new_sha)
    path = mirrors.existing(project_id)
    await refuse_links(address)
    async with mirrors.writing(project_id) as writing:
        await mirrors.need(path, wanted.new_sha, *([wanted.old_tip] if wanted.old_tip else []))
        if wanted.old_tip and not await is_ancestor(mirrors, path, wanted.old_tip, wanted.new_sha):
            raise PushRejected(
                "other",
                f"Commit {wanted.new_sha[:12]} does not build on {wanted.old_tip[:12]}; branches are never rewritten.",
                "Put the work on top of the branch again.",
            )
        ref = f"refs/heads/{wanted.branch}"
        options = [] if address.path is None else [f"--receive-pack={served_by('receive-pack', RECEIVE_SETTINGS)}"]
        result = await mirrors.git.run(
            "push",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            "--recurse-submodules=no",
            f"--force-with-lease={ref}:{wanted.old_tip or ''}",
            *options,
            "--",
            address.text,
            f"{wanted.new_sha}:{ref}",
            cwd=path,
            protocols=address.protocol,
            time_limit=timeout,
            held=writing.held,
            accept=range(256),
        )
    if result.code != 0:
        await _judge(mirrors, address, wanted, result)


async def is_ancestor(mirrors: Mirrors, path: Path, ancestor: str, commit: str) -> bool:
    """Whether `commit` is `ancestor` or builds on it."""
    result = await mirrors.git.run(
        "merge-base", "--is-ancestor", check_commit(ancestor), check_commit(commit), cwd=path, accept=(0, 1)
    )
    return result.code == 0


async def _judge(mirrors: Mirrors, address: Address, wanted: Push, result: GitResult) -> None:
    """Why a push failed: first what the origin looks like now, then what git said.

    An origin that does not answer refused nothing: RepositoryError, as for a fetch.
    """
    try:
        refs = await remote_refs(mirrors, address)
    except RepositoryError as error:
        if error.reason in ("REPOSITORY_UNREACHABLE", "GIT_TIMEOUT"):
            raise
        raise PushRejected("other", error.message, "Try again when the origin answers.") from error
    ref = f"refs/heads/{wanted.branch}"
    tip = refs.get(ref)
    if tip == wanted.new_sha:
        return
    if tip != wanted.old_tip:
        now = f"at {tip[:12]}" if tip else "gone"
        raise PushRejected(
            "moved",
            f"Branch {wanted.branch} moved: it is {now}, not {wanted.old_tip[:12] if wanted.old_tip else 'absent'}.",
            "The work is put on top of it and checked again.",
        )
    clashing = next((name for name in refs if ref.startswith(f"{name}/") or name.startswith(f"{ref}/")), None)
    if clashing is not None:
        raise _clash(address, wanted, clashing.removeprefix("refs/heads/"))
    said = _said(result)
    if "branch is currently checked out" in said:
        raise await _checked_out(mirrors, address, wanted)
    if any(word in said for word in _DENIED):
        raise PushRejected("denied", f"{address.text} refused the push: {said}.", _denied_remedy(address, wanted))
    unreachable = explained(failure("push", result), address)
    if unreachable.reason == "REPOSITORY_UNREACHABLE":
        raise unreachable
    raise PushRejected("other", f"{address.text} did not take the push: {said}.", "Look into the reason, " + RETRY)


_DENIED = (
    "Permission denied",
    "insufficient permission",
    "unable to create temporary object directory",
    "hidden ref",
    "protected branch",
    "pre-receive hook declined",
    "hook declined",
    "Read-only file system",
    "Authentication failed",
    "could not read Username",
    "not allowed",
    "prohibited",
    "403",
)


def _said(result: GitResult) -> str:
    """The origin's own words: the rejected line of --porcelain (`!<TAB>refs<TAB>reason`), then its messages."""
    porcelain = [line.split("\t") for line in result.text.splitlines() if line.startswith("!\t")]
    reasons = [mask(parts[2]) for parts in porcelain if len(parts) == 3]
    remote = [line.removeprefix("remote: ") for line in result.stderr.splitlines() if line.startswith("remote: error")]
    return "; ".join(reasons + remote) or failure("push", result).message.rstrip(".")


def _clash(address: Address, wanted: Push, other: str) -> PushRejected:
    where = f"git -C {address.text} branch -m {other} {other}-old" if address.path else f"rename {other} at the origin"
    return PushRejected(
        "clash",
        f"Branch {wanted.branch} cannot exist beside branch {other}: git keeps branches as files and folders.",
        f"Rename that branch ({where}), " + RETRY,
    )


async def _checked_out(mirrors: Mirrors, address: Address, wanted: Push) -> PushRejected:
    place = address.text
    if address.path is not None:
        listed = await mirrors.git.run("worktree", "list", "--porcelain", "-z", cwd=address.path, accept=range(256))
        for block in listed.text.split("\0\0"):
            lines = block.split("\0")
            if f"branch refs/heads/{wanted.branch}" in lines:
                place = lines[0].removeprefix("worktree ")
    return PushRejected(
        "checked_out",
        f"Branch {wanted.branch} is checked out in {place}; pushing would change files under somebody's hands.",
        f"Switch it to another branch (git -C {place} switch --detach), " + RETRY,
    )


def _denied_remedy(address: Address, wanted: Push) -> str:
    if address.path is not None:
        return f"Give the user that runs the server the right to write to {address.text}, " + RETRY
    return f"Allow the server's account to create and move {wanted.branch} (access, branch protection), " + RETRY
