"""Rarely: sweep what grows with every attempt. Refs and packs of the mirrors, and old evidence."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import structlog

from omoi_server.errors import OmoiError
from omoi_server.orchestrator.office import Office
from omoi_server.store import commits

log = structlog.get_logger()

EVIDENCE_DAYS = 30
"""How long transcripts of attempts that did not finish are kept."""


async def tidy_all(office: Office) -> None:
    """Every mirror and the evidence; what fails is logged and tried again the next time."""
    async with office.db.read() as conn:
        projects = await commits.project_ids(conn)
    for project_id in projects:
        try:
            await _tidy_mirror(office, project_id)
        except OmoiError as error:
            log.warning("tidy.later", project_id=project_id, reason=error.reason, message=error.message)
        except Exception:
            log.exception("tidy.internal_error", project_id=project_id)
    swept = await asyncio.to_thread(_sweep_evidence, office.home / "evidence")
    if swept:
        log.info("tidy.evidence", files=swept)


async def _tidy_mirror(office: Office, project_id: str) -> None:
    """The refs are listed before the rows are read: a ref that is made meanwhile is not looked at."""
    refs = await office.repositories.attempt_refs(project_id)
    async with office.db.read() as conn:
        counting = await commits.counting_attempts(conn, project_id)
        needed = await commits.needed_commits(conn, project_id)
    over = [ref for ref in refs if _attempt_of(ref) not in counting]
    await office.repositories.tidy(project_id, over, needed)
    if over:
        log.info("tidy.attempts", project_id=project_id, refs=len(over))


def _attempt_of(ref: str) -> tuple[str, int]:
    """(job, fence) of refs/omoi/attempt/<job>/<fence>; a name of another form belongs to no attempt."""
    job_id, _, fence = ref.rpartition("/")
    return job_id.rpartition("/")[2], int(fence) if fence.isdecimal() else -1


def _sweep_evidence(folder: Path) -> int:
    """Delete files that nobody wrote to for EVIDENCE_DAYS; how many."""
    oldest = time.time() - EVIDENCE_DAYS * 86_400
    old = [path for path in folder.glob("*") if path.is_file() and path.lstat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
