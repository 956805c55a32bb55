"""How a commit gets onto the spec's branch: intent → push → record, one at a time per spec, fast-forward only.

The order is what makes it safe to die anywhere: the intent is committed before the push, the bundle's commit is kept in the
mirror, and whoever comes next compares the origin with the intent (design section 5).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from omoi_server.domain.events import EventDraft
from omoi_server.domain.states import HELD_JOBS, IntentStatus
from omoi_server.errors import Aborted, PushRejected, RepositoryError, StaleFence
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.patience import passes
from omoi_server.orchestrator.recording import record_intent
from omoi_server.orchestrator.words import count
from omoi_server.store import jobs, projects, sandboxes, specs
from omoi_server.store.transaction import Transaction

ATTEMPTS = 5
"""Pushes that may lose a race against other people before the attempt gives up."""


@dataclass(frozen=True)
class Work:
    """A commit that waits in the mirror under refs/omoi/attempt. `task_id` is empty for the spec's documents."""

    job_id: str
    fence: int
    spec_id: str
    task_id: str
    sandbox_id: str
    commit: str
    parent: str
    result: dict[str, Any]


@dataclass(frozen=True)
class Integrated:
    """The commit is on the branch and recorded."""


@dataclass(frozen=True)
class Moved:
    """The branch is elsewhere: the work must be put onto `tip`."""

    tip: str


@dataclass(frozen=True)
class Refused:
    """A person must do something at the origin first; `message` says exactly what."""

    code: str
    message: str


@dataclass(frozen=True)
class _Elsewhere:
    """Another server's integration of the spec is open."""


class Integrator:
    """Serial per spec within this process; across processes the open intent and the push lease decide."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def integrate(self, work: Work) -> Integrated | Moved | Refused:
        """Put the commit onto the branch, or say why not. StaleFence if the attempt no longer counts.

        RepositoryError that passes (`patience.passes`): the origin is away. The intent stays open; the same call, repeated,
        compares the origin with it.
        """
        for _ in range(ATTEMPTS):
            answer = await self._in_turn(work)
            while isinstance(answer, _Elsewhere):
                # Another server pushes for this spec. It finishes, or loses its lease and we finish it. Waiting is done
                # without the lock: whoever is to take that lease over needs it.
                await self._still_held(work)
                await asyncio.sleep(self._office.limits.poll)
                answer = await self._in_turn(work)
            if answer is not None:
                return answer
        raise Aborted("BRANCH_BUSY", "the branch moved at every try to push. Retry the task when it is quiet.")

    async def _in_turn(self, work: Work) -> Integrated | Moved | Refused | _Elsewhere | None:
        async with self._locks[work.spec_id]:
            if await self._recover(work.spec_id):
                return _Elsewhere()
            return await self._once(work)

    async def recover(self, spec_id: str) -> None:
        """Finish, repeat or give up every open intent of the spec by what the origin shows."""
        async with self._locks[spec_id]:
            await self._recover(spec_id)

    async def catch_up(self, spec_id: str) -> None:
        """Recover, and record what people or a late push of ours put on the branch meanwhile."""
        async with self._locks[spec_id]:
            await self._recover(spec_id)
            async with self._office.db.read() as conn:
                spec = await specs.spec(conn, spec_id)
                project = await projects.project(conn, spec.project_id)
            if spec.branch_tip:
                await self._tip(spec, project)

    async def _once(self, work: Work) -> Integrated | Moved | Refused | None:
        office = self._office
        async with office.db.read() as conn:
            spec = await specs.spec(conn, work.spec_id)
            project = await projects.project(conn, spec.project_id)
        found = await self._tip(spec, project)
        if found is None or isinstance(found, Refused):
            return found
        remote, tip = found
        if work.commit in (remote, tip):
            return await self._there_already(work, remote)
        if work.parent != tip:
            return Moved(tip)
        intent = await self._intend(work, remote)
        if intent is None:
            return None
        try:
            await self._push(intent, spec, project)
        except PushRejected as rejected:
            await self._abandon(intent)
            return None if rejected.kind == "moved" else Refused(rejected.reason, rejected.message)
        except RepositoryError as error:
            if not passes(error):
                raise
            return None  # nobody knows whether it arrived: the next round compares the origin with the intent
        # Whoever closed the intent meanwhile may have given it up: then our push is a late one; look again.
        return Integrated() if await self._record(intent) else None

    async def _there_already(self, work: Work, remote: str | None) -> Integrated | None:
        """The commit is on the branch: recovery recorded it just now, or it is recorded here."""
        async with self._office.db.read() as conn:
            job = await jobs.job(conn, work.job_id)
        if job.fence == work.fence and job.status in HELD_JOBS:
            intent = await self._intend(work, remote)
            if intent is None or not await self._record(intent):
                return None
        return Integrated()

    async def _tip(self, spec: Any, project: Any) -> tuple[str | None, str] | Refused | None:
        """(what the origin has, the commit that work must stand on). Foreign commits on top are taken as the new tip.

        None: a late push of our own was among them and is recorded now; look again.
        """
        repositories = self._office.repositories
        remote = await repositories.remote_tip(project.project_id, project.repo_url, spec.branch_name)
        ours = spec.branch_tip or spec.base_commit
        if remote is None or remote == ours:
            return remote, ours
        if not await repositories.is_ancestor(project.project_id, ours, remote):
            return Refused(
                "BRANCH_REWRITTEN",
                f"Somebody rewrote {spec.branch_name} at the origin: it no longer contains {ours[:12]}, which Omoi "
                f"put there. Put that commit back (git push origin {ours[:12]}:refs/heads/{spec.branch_name} --force), or "
                "delete the branch at the origin, then retry.",
            )
        foreign = await repositories.commits(project.project_id, ours, remote)
        if await self._record_late(spec.spec_id, {commit.sha for commit in foreign}):
            return None

        async def work(tx: Transaction) -> None:
            row = await specs.locked(tx, spec.spec_id)
            if row.branch_tip == spec.branch_tip:
                await specs.update_spec(tx, spec.spec_id, branch_tip=remote)
                people = ", ".join(sorted({commit.author for commit in foreign}))
                message = f"{count(len(foreign), 'commit')} by {people} on {spec.branch_name}; work goes on top."
                tx.emit(EventDraft(spec.spec_id, "spec.note", message))

        await self._office.write("branch_moved", work)
        return remote, remote

    async def _record_late(self, spec_id: str, commits: set[str]) -> bool:
        """Record abandoned intents whose push arrived after all (a process that stood still and woke).

        True if there were any, or if a push of another server is among the commits: it records that itself.
        """
        async with self._office.db.read() as conn:
            late = [row for row in await sandboxes.abandoned_intents(conn, spec_id) if row.new_sha in commits]
            under_way = [row for row in await sandboxes.open_intents(conn, spec_id) if row.new_sha in commits]
        for intent in late:

            async def work(tx: Transaction, intent: Any = intent) -> None:
                await sandboxes.reopen_intent(tx, intent)
                await record_intent(tx, intent, intent.new_sha)

            await self._office.write("record", work)
        return bool(late or under_way)

    async def _intend(self, work: Work, remote: str | None) -> Any:
        """The recorded intent; None while another server's integration of this spec is open."""

        async def record(tx: Transaction) -> Any:
            await specs.locked(tx, work.spec_id)
            await jobs.held(tx, work.job_id, work.fence)
            if await sandboxes.open_intents(tx.conn, work.spec_id):
                return None
            await sandboxes.insert_intent(
                tx,
                {
                    "job_id": work.job_id,
                    "fence": work.fence,
                    "spec_id": work.spec_id,
                    "task_id": work.task_id,
                    "sandbox_id": work.sandbox_id,
                    "old_tip": remote or "",
                    "new_sha": work.commit,
                    "result": work.result,
                },
            )
            return await sandboxes.intent(tx.conn, work.job_id, work.fence)

        return await self._office.write("intent", record)

    async def _push(self, intent: Any, spec: Any, project: Any) -> None:
        """Push what the intent says, if it still counts at this moment."""
        self._office.faults.reached("push.before")
        # This process may have stood still: then the job may be cancelled or another server's, and its intent closed.
        await self._still_counts(intent)
        await self._office.repositories.push(
            project.project_id,
            project.repo_url,
            spec.branch_name,
            intent.old_tip or None,
            intent.new_sha,
            self._office.limits.push,
        )
        self._office.faults.reached("push.after")

    async def _still_counts(self, intent: Any) -> None:
        """StaleFence unless the intent is open and its attempt holds the job."""
        await self._still_held(intent)
        async with self._office.db.read() as conn:
            open_now = await sandboxes.open_intents(conn, intent.spec_id)
        key = (intent.job_id, intent.fence, intent.attempt)
        if key not in [(row.job_id, row.fence, row.attempt) for row in open_now]:
            raise StaleFence(intent.job_id, intent.fence)

    async def _still_held(self, attempt: Any) -> None:
        async with self._office.db.read() as conn:
            job = await jobs.job(conn, attempt.job_id)
        if job.fence != attempt.fence or job.status not in HELD_JOBS:
            raise StaleFence(attempt.job_id, attempt.fence)

    async def _record(self, intent: Any) -> bool:
        """False if the intent was closed before."""
        recorded = await self._office.write("record", lambda tx: record_intent(tx, intent, intent.new_sha))
        await self._office.repositories.keep(
            await self._project_of(intent.spec_id), attempt_ref(intent.job_id, intent.fence), None
        )
        return recorded

    async def _abandon(self, intent: Any) -> None:
        await self._office.write("abandon", lambda tx: sandboxes.close_intent(tx, intent, IntentStatus.ABANDONED))

    async def _project_of(self, spec_id: str) -> str:
        async with self._office.db.read() as conn:
            return str((await specs.spec(conn, spec_id)).project_id)

    async def _recover(self, spec_id: str) -> bool:
        """True if an intent is left to the server that holds its job: a push under way is nobody else's business."""
        office = self._office
        async with office.db.read() as conn:
            intents = await sandboxes.open_intents(conn, spec_id)
            if not intents:
                return False
            others = [row for row in intents if await jobs.held_by_another(conn, row, office.server_id)]
            spec = await specs.spec(conn, spec_id)
            project = await projects.project(conn, spec.project_id)
        for intent in intents:
            if intent in others:
                continue
            remote = await office.repositories.remote_tip(project.project_id, project.repo_url, spec.branch_name)
            if await self._contains(project.project_id, remote, intent.new_sha):
                await self._record(intent)
            elif (remote or "") == intent.old_tip and await self._counts(intent):
                await self._push_again(intent, spec, project)
            else:
                await self._abandon(intent)
        return bool(others)

    async def _push_again(self, intent: Any, spec: Any, project: Any) -> None:
        try:
            await self._push(intent, spec, project)
        except (PushRejected, StaleFence):
            await self._abandon(intent)
        else:
            await self._record(intent)

    async def _contains(self, project_id: str, remote: str | None, commit: str) -> bool:
        repositories = self._office.repositories
        if remote is None or not await repositories.has_commit(project_id, commit):
            return False
        return remote == commit or await repositories.is_ancestor(project_id, commit, remote)

    async def _counts(self, intent: Any) -> bool:
        """Whether the intent's attempt still holds its job and its commit is here to be pushed."""
        async with self._office.db.read() as conn:
            job = await jobs.job(conn, intent.job_id)
            spec = await specs.spec(conn, intent.spec_id)
        held = job.fence == intent.fence and job.status in HELD_JOBS
        return held and await self._office.repositories.has_commit(spec.project_id, intent.new_sha)


def attempt_ref(job_id: str, fence: int) -> str:
    """Where an attempt's commit is kept in the mirror until it is recorded."""
    return f"refs/omoi/attempt/{job_id}/{fence}"
