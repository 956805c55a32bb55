"""What an attempt that did not finish leaves behind: its transcript, and the last work that it handed out.

Evidence only: nothing of it is read as state, and its commit is never pushed. The commit is kept in the project's mirror
under refs/omoi/wip/<task>, the transcript as OMOI_HOME/evidence/<sandbox>.jsonl, both until a newer one or the sweep.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from omoi_server.errors import OmoiError
from omoi_server.orchestrator.journal import MAX_LINE, JournalCorrupt, Line, parse
from omoi_server.orchestrator.office import Office
from omoi_server.store import specs, tasks

log = structlog.get_logger()

TRANSCRIPT = "out/transcript.jsonl"
MAX_TRANSCRIPT = 32 * 1024 * 1024
"""Bytes; the worker stops at half of it (omoi_worker.transcript.MAX_TOTAL)."""


def wip_ref(task_id: str) -> str:
    """Where unfinished work of a task is kept in the mirror."""
    return f"refs/omoi/wip/{task_id}"


async def keep_evidence(office: Office, sandbox: Any) -> str:
    """Save what a stopped sandbox still holds; what was kept of its work, as a sentence ("" when nothing was).

    `sandbox` is its row. Never raises an OmoiError: a sandbox is not kept for the sake of its evidence (a full disk would
    otherwise stay full of them).
    """
    await _attempted(sandbox.sandbox_id, "transcript", lambda: _keep_transcript(office, sandbox.sandbox_id))
    if not sandbox.task_id:
        return ""
    return await _attempted(sandbox.sandbox_id, "work", lambda: _keep_work(office, sandbox)) or ""


async def _attempted(name: str, what: str, keep: Callable[[], Awaitable[str]]) -> str:
    try:
        return await keep()
    except OmoiError as error:
        log.info("sandbox.evidence_incomplete", sandbox_id=name, what=what, reason=error.reason, message=error.message)
        return ""


async def _keep_transcript(office: Office, name: str) -> str:
    folder = office.home / "evidence"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The journal names its digest only when the worker came to its end; a killed one's is taken as it lies there.
    await office.sandboxes.fetch_file(name, TRANSCRIPT, folder / f"{name}.jsonl", None, MAX_TRANSCRIPT)
    return ""


async def _keep_work(office: Office, sandbox: Any) -> str:
    """The newest bundle that the journal names, unless its commit is on the branch."""
    line = await _last_work(office, sandbox.sandbox_id)
    if line is None:
        return ""
    commit = line.fields["commit"]
    async with office.db.read() as conn:
        task = await tasks.task(conn, sandbox.task_id)
        project_id = (await specs.spec(conn, sandbox.spec_id)).project_id
    if task.commit_sha == commit:
        return ""
    bundle = office.scratch() / f"{sandbox.sandbox_id}-kept.bundle"
    ref = wip_ref(sandbox.task_id)
    try:
        await office.sandboxes.fetch_file(
            sandbox.sandbox_id, line.fields["bundle"], bundle, line.fields["sha256"], office.limits.bundle_bytes
        )
        await office.repositories.take_bundle(project_id, bundle, commit, ref)
    finally:
        bundle.unlink(missing_ok=True)
    return f"Its unfinished work is kept in the mirror as {commit[:12]} ({ref})."


async def _last_work(office: Office, name: str) -> Line | None:
    """The last result or conflict line. What was stored is read again: lines behind a cancel were kept as text only."""
    found: Line | None = None
    number, byte = 0, 0
    try:
        while lines := parse(await office.sandboxes.read_journal(name, byte, 2 * MAX_LINE), number, byte):
            found = next((line for line in reversed(lines) if line.type in ("result", "conflict")), found)
            number, byte = lines[-1].number, lines[-1].end
    except JournalCorrupt as corrupt:
        log.info("sandbox.evidence_incomplete", sandbox_id=name, what="journal", message=str(corrupt)[:200])
    return found
