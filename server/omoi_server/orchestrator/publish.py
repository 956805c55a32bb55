"""CreateBranch and CreatePullRequest."""

from __future__ import annotations

from typing import Any

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft, by_user
from omoi_server.domain.states import IntentStatus, TaskStatus, TicketPhase
from omoi_server.errors import FailedPrecondition, NotFound, PushRejected
from omoi_server.orchestrator import ticketing
from omoi_server.orchestrator.ground import settle_ground
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.pull_request_body import Material, body
from omoi_server.ports import PullRequest, PullRequestRequest, PullRequestText
from omoi_server.store import outputs, people, projects, requests, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction


async def create_branch(office: Office, caller: Caller, spec_id: str, request_id: str) -> tuple[str, bool]:
    """Make the spec's branch exist at the origin; (its name, whether it was there before).

    Raises NotFound, RepositoryError, FailedPrecondition with the origin's reason when it refuses.
    """
    request = Request(caller.user_id, "CreateBranch", request_id, {"spec_id": spec_id})
    request.check()
    async with office.db.read() as conn:
        spec = await specs.spec(conn, spec_id)
        project = await projects.project(conn, spec.project_id)
        if await requests.was_made(conn, request):
            return str(spec.branch_name), True
    spec = await settle_ground(office, spec, project)
    remote = await office.repositories.remote_tip(project.project_id, project.repo_url, spec.branch_name)
    if remote is None:
        tip = spec.branch_tip or spec.base_commit
        try:
            await office.repositories.push(
                project.project_id, project.repo_url, spec.branch_name, None, tip, office.limits.push
            )
        except PushRejected as rejected:
            if rejected.kind != "moved":
                raise FailedPrecondition(rejected.reason, rejected.message) from rejected

    async def work(tx: Transaction) -> None:
        row = await specs.locked(tx, spec_id)
        if await requests.find_earlier(tx, request):
            return
        if not row.branch_tip:
            await specs.update_spec(tx, spec_id, branch_tip=row.base_commit)
            payload = {"branch": {"branch_name": row.branch_name, "commit": row.base_commit}}
            message = f"Branch {row.branch_name} exists."
            tx.emit(
                EventDraft(
                    spec_id, "spec.branch_created", message, by_user(caller.user_id, caller.via), payload=payload
                )
            )
        await requests.remember(tx, request, spec_id)

    await office.write("branch", work)
    return str(spec.branch_name), remote is not None


async def create_pull_request(
    office: Office, caller: Caller, spec_id: str, force: bool, draft: bool, request_id: str
) -> tuple[PullRequest, bool]:
    """Open the pull request, or return the one that exists; (it, whether it was there before).

    Raises NotFound, FailedPrecondition (TASKS_MISSING names them; NOTHING_TO_REVIEW when the branch has no commit).
    """
    content = {"spec_id": spec_id, "force": force, "draft": draft}
    request = Request(caller.user_id, "CreatePullRequest", request_id, content)
    request.check()
    async with office.db.read() as conn:
        spec = await specs.spec(conn, spec_id)
        project = await projects.project(conn, spec.project_id)
        rows = await tasks.active_tasks(conn, spec_id)
        await requests.was_made(conn, request)  # refuses a reused id; a pull request is found again by its branch
    existing = await _existing(office, spec, project)
    missing = [row for row in rows if row.status != TaskStatus.SUCCEEDED]
    if existing is None:
        _require_ready(spec, rows, missing, force)
        office.faults.reached("pull_request.before")
        pull_request = await office.forge.create_pull_request(
            await _request(office, caller, spec, project, missing, draft)
        )
        office.faults.reached("pull_request.after")
    else:
        pull_request = existing

    async def work(tx: Transaction) -> bool:
        row = await specs.locked(tx, spec_id)
        await requests.remember_once(tx, request, spec_id)
        if row.pull_request_url:
            return False
        await specs.update_spec(tx, spec_id, pull_request_url=pull_request.url, pull_request_number=pull_request.number)
        payload = {
            "pull_request": {
                "number": pull_request.number,
                "url": pull_request.url,
                "missing_tasks": [task.key or task.title for task in missing] if existing is None else [],
            }
        }
        message = f"Pull request {pull_request.number} is open: {pull_request.url}"
        tx.emit(
            EventDraft(spec_id, "pull_request.created", message, by_user(caller.user_id, caller.via), payload=payload)
        )
        await ticketing.move_ticket_to(tx, spec_id, TicketPhase.REFACTORING)
        return True

    await office.write("pull_request", work)
    return pull_request, existing is not None


async def read_pull_request(office: Office, spec_id: str) -> PullRequestText:
    """The pull request as the forge has it now. Raises NotFound."""
    async with office.db.read() as conn:
        spec = await specs.spec(conn, spec_id)
        project = await projects.project(conn, spec.project_id)
    text = None
    if spec.pull_request_url:
        text = await office.forge.read_pull_request(project.name, spec.branch_name)
    if text is None:
        raise NotFound("PULL_REQUEST_NOT_FOUND", f"{spec_id} has no pull request. CreatePullRequest opens one.")
    return text


async def _existing(office: Office, spec: Any, project: Any) -> PullRequest | None:
    if spec.pull_request_url:
        return PullRequest(spec.pull_request_number, spec.pull_request_url, spec.branch_name)
    if not spec.branch_name:
        return None
    return await office.forge.find_pull_request(project.name, spec.branch_name)


def _require_ready(spec: Any, rows: list[Any], missing: list[Any], force: bool) -> None:
    if not spec.branch_tip or spec.branch_tip == spec.base_commit:
        raise FailedPrecondition(
            "NOTHING_TO_REVIEW", f"{spec.spec_id} has no commit on its branch yet. Wait for its first task."
        )
    if force:
        return
    if missing or not rows:
        names = ", ".join(f"{row.key or row.title} ({row.status.lower()})" for row in missing[:20]) or "all of them"
        raise FailedPrecondition(
            "TASKS_MISSING",
            f"tasks have not succeeded: {names}. Retry or complete them, or use force to open it all the same.",
            {"tasks": ",".join(row.task_id for row in missing[:20])},
        )


async def _request(
    office: Office, caller: Caller, spec: Any, project: Any, missing: list[Any], draft: bool
) -> PullRequestRequest:
    async with office.db.read() as conn:
        newest = await outputs.newest(conn, spec.spec_id)
        decisions = await outputs.decisions(conn, spec.spec_id)
        named = await people.users(conn, [spec.user_id, *(row.decided_by for row in decisions)])
        rows = await tasks.active_tasks(conn, spec.spec_id)
        results = await tasks.recorded_results(conn, spec.spec_id, IntentStatus.RECORDED)
    remote = await office.repositories.remote_tip(project.project_id, project.repo_url, spec.branch_name)
    tip = remote or spec.branch_tip
    material = Material(
        spec=spec,
        newest=newest,
        decisions=decisions,
        tasks=rows,
        missing=missing,
        commits=await office.repositories.commits(project.project_id, spec.base_commit, tip),
        diffstat=await office.repositories.diffstat(project.project_id, spec.base_commit, tip),
        behind=await office.repositories.behind(project.project_id, spec.base_branch, spec.base_commit),
        project_checks=sorted({row.result.get("project_check", "") for row in results} - {""}),
        names={user_id: user.name for user_id, user in named.items()},
    )
    return PullRequestRequest(
        project_id=project.project_id,
        project_name=project.name,
        repo_url=project.repo_url,
        branch=spec.branch_name,
        base_branch=spec.base_branch,
        title=spec.title,
        body=body(material),
        draft=draft,
    )
