"""project add, list, show, set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omoi.v1.project_pb2 import ApproverRule, Project
from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit, Refusal, program
from omoi_client.client import OmoiClient
from omoi_client.data import as_data
from omoi_client.names import phase_word, role_word
from omoi_client.project_calls import approver_rule


@dataclass(frozen=True)
class NewProject:
    """What `project add` is given."""

    name: str
    repo: str
    branch: str = ""
    work_dir: str = ""
    setup: str = ""
    test: str = ""
    gates: tuple[str, ...] = ()
    max_jobs: int = 0
    documents: bool = True


@dataclass(frozen=True)
class Changes:
    """What `project set` is given. None: left as it is."""

    gates: str | None = None
    setup_command: str | None = None
    test_command: str | None = None
    approvers: str | None = None


def repo_url(written: str) -> str:
    """A folder of this machine as an absolute path; URLs and owner/repo as they are.

    "owner/repo" is taken for a folder when there is one of that name here, as a shell would. Refusal: a path that
    cannot be followed.
    """
    if "://" in written or written.startswith("-") or "::" in written:
        return written
    try:
        path = Path(written).expanduser()
        if written.startswith(("/", ".", "~")) or path.is_dir():
            return str(path.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a link to itself, a user that is none, a name too long
        raise Refusal(f"{written} is no folder: {error}", "Check the path.", Exit.USAGE) from error
    return written


async def add(omoi: OmoiClient, new: NewProject, as_json: bool) -> int:
    """CreateProject."""
    created = await omoi.create_project(
        repo_url(new.repo),
        name=new.name,
        default_branch=new.branch,
        work_dir=new.work_dir,
        setup_command=new.setup,
        test_command=new.test,
        gates=new.gates or None,
        max_concurrent_jobs=new.max_jobs,
        export_documents=new.documents,
    )
    if as_json:
        screen.emit(created)
        return Exit.DONE
    project = created.project
    if created.message:
        screen.note(created.message)
    if screen.on_terminal():
        screen.labelled(
            [
                (project.name, f"{project.repo_url}, branch {project.default_branch}"),
                ("next", f'{program()} launch "what you want" --project {project.name} --watch'),
            ]
        )
    else:
        screen.say(project.project_id)
    return Exit.DONE


async def list_projects(omoi: OmoiClient, as_json: bool) -> int:
    """Every project."""
    projects = [one async for one in omoi.list_projects()]
    if as_json:
        screen.emit({"projects": [as_data(one) for one in projects]})
    elif projects:
        rows = [(one.name, one.default_branch, _gates(one), one.repo_url) for one in projects]
        screen.table(("PROJECT", "BRANCH", "GATES", "REPOSITORY"), rows)
    elif screen.on_terminal():
        screen.say(f"No project yet. Add one: {program()} project add NAME --repo PATH")
    return Exit.DONE


async def change(omoi: OmoiClient, typed: str, changes: Changes, as_json: bool) -> int:
    """UpdateProject. Refusal when nothing is to be changed."""
    if changes == Changes():
        raise Refusal("nothing is to be changed", f"See: {program()} project set --help", Exit.USAGE)
    gates = None if changes.gates is None else words_of("--gates", changes.gates, "none")
    rule = None if changes.approvers is None else rule_of(changes.approvers)
    project = await ids.find_project(omoi, typed)
    project = await omoi.update_project(
        project.project_id,
        gates=gates,
        setup_command=changes.setup_command,
        test_command=changes.test_command,
        approvers=rule,
    )
    _shown(project, as_json)
    return Exit.DONE


def words_of(option: str, written: str, nothing: str) -> list[str]:
    """The words of a list with commas; `nothing` alone is none of them. Refusal for no word at all."""
    words = [word.strip() for word in written.split(",") if word.strip()]
    if not words:
        raise Refusal(f"{option} is empty", f'Say "{nothing}" if that is meant.', Exit.USAGE)
    return [] if words == [nothing] else words


def rule_of(written: str) -> ApproverRule:
    """An approver rule: `anyone`, or any of a role, `not-requester` and users, with commas."""
    words = words_of("--approvers", written, "anyone")
    roles = [word for word in words if word.lower() in ("viewer", "contributor", "maintainer")]
    if len(roles) > 1 or "anyone" in words:
        raise Refusal("--approvers contradicts itself", 'Name one role at most; "anyone" stands alone.', Exit.USAGE)
    users = [word for word in words if word not in roles and word != "not-requester"]
    return approver_rule("".join(roles), users, "not-requester" in words)


async def show(omoi: OmoiClient, typed: str, as_json: bool) -> int:
    """One project."""
    _shown(await ids.find_project(omoi, typed), as_json)
    return Exit.DONE


def _shown(project: Project, as_json: bool) -> None:
    if as_json:
        screen.emit(project)
        return
    screen.labelled(
        [
            (project.name, project.repo_url),
            ("id", project.project_id),
            ("branch", project.default_branch),
            ("folder", project.work_dir),
            ("set-up", project.setup_command),
            ("test", project.test_command),
            ("gates", _gates(project) or "none"),
            ("approvers", _approvers(project.approvers)),
            ("jobs", f"at most {project.max_concurrent_jobs}" if project.max_concurrent_jobs else "the server's limit"),
            ("documents", "committed to the spec branch" if project.export_documents else "not committed"),
            ("added", screen.when(project.created_at)),
        ]
    )


def _approvers(rule: ApproverRule) -> str:
    who = ", ".join(rule.user_ids) or "anyone"
    role = role_word(rule.min_role).lower() or "contributor"
    return f"{who} as {role} or more{', but not the requester' if rule.requester_excluded else ''}"


def _gates(project: Project) -> str:
    return ", ".join(phase_word(one) for one in project.gates.approval_phases)
