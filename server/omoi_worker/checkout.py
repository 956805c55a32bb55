"""The clone that an attempt works in, made from the bundle the server sent."""

from __future__ import annotations

from omoi_worker.git import Git, GitError
from omoi_worker.job import Job
from omoi_worker.removal import delete_tree
from omoi_worker.sandbox import Sandbox


class CheckoutError(Exception):
    """The repository cannot be unpacked at the commit of the job. Names the bundle, the reason and the remedy."""


def check_out(git: Git, sandbox: Sandbox, job: Job) -> None:
    """Make `work/` anew at the job's branch tip. Raises CheckoutError, SandboxPathError."""
    bundle = sandbox.input(job.bundle, "in")
    if sandbox.work.is_symlink():
        raise CheckoutError("work/ is a link. Start a new sandbox.")
    if sandbox.work.exists():
        # Left by a process that died: what it had not handed out cannot be told from half a write.
        delete_tree(sandbox.work)
    sandbox.work.mkdir(mode=0o700)
    git.init()
    try:
        git.fetch_bundle(bundle, job.branch_tip)
    except GitError as error:
        raise CheckoutError(
            f"{job.bundle} does not give commit {job.branch_tip}: {error}. Bundle that commit with its history."
        ) from error
    git.checkout(job.branch_tip)
