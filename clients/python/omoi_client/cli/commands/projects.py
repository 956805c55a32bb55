"""project: add, list, show, set."""

from __future__ import annotations

import click

from omoi_client.cli.commands.options import PLANNING_PHASES, choice, json_option
from omoi_client.cli.running import run


@click.group()
def project() -> None:
    """Repositories and the rules for working in them."""


@project.command()
@click.argument("name")
@click.option("--repo", required=True, metavar="PATH|URL|OWNER/REPO", help="Where the repository is.")
@click.option("--branch", default="", help="Where work starts and goes to. Default: what the repository says.")
@click.option("--work-dir", default="", metavar="FOLDER", help="Folder of the repository that work is about.")
@click.option("--setup", default="", metavar="COMMAND", help="Prepares a fresh clone.")
@click.option("--test", default="", metavar="COMMAND", help="Runs the tests.")
@click.option("--gate", "gates", multiple=True, type=choice(PLANNING_PHASES), help="Always pause after. Repeatable.")
@click.option("--max-jobs", default=0, type=click.IntRange(0, 100), help="Jobs at once. Default: the server's limit.")
@click.option("--no-documents", is_flag=True, help="Do not commit requirements, design and tasks to the branch.")
@json_option
def add(
    name: str,
    repo: str,
    branch: str,
    work_dir: str,
    setup: str,
    test: str,
    gates: tuple[str, ...],
    max_jobs: int,
    no_documents: bool,
    as_json: bool,
) -> int:
    """Register a repository. In a pipe only the new id goes to stdout."""
    from omoi_client.cli.work import projects

    new = projects.NewProject(name, repo, branch, work_dir, setup, test, gates, max_jobs, not no_documents)
    return run(lambda omoi: projects.add(omoi, new, as_json))


@project.command("list")
@json_option
def list_projects(as_json: bool) -> int:
    """List projects by name."""
    from omoi_client.cli.work import projects

    return run(lambda omoi: projects.list_projects(omoi, as_json))


@project.command()
@click.argument("which", metavar="PROJECT")
@json_option
def show(which: str, as_json: bool) -> int:
    """Show one project."""
    from omoi_client.cli.work import projects

    return run(lambda omoi: projects.show(omoi, which, as_json))


@project.command("set")
@click.argument("which", metavar="PROJECT")
@click.option("--gates", metavar="PHASES", help='Always pause after these, such as "requirements,tasks", or "none".')
@click.option("--setup-command", metavar="COMMAND", help="Prepares a fresh clone.")
@click.option("--test-command", metavar="COMMAND", help="Runs the tests.")
@click.option(
    "--approvers",
    metavar="RULE",
    help='Who approves: "anyone", or any of maintainer, not-requester and users, such as "maintainer,slack:T1/U1".',
)
@json_option
def set_project(
    which: str,
    gates: str | None,
    setup_command: str | None,
    test_command: str | None,
    approvers: str | None,
    as_json: bool,
) -> int:
    """Change the rules for working in a project. Needs maintainer."""
    from omoi_client.cli.work import projects

    changes = projects.Changes(gates, setup_command, test_command, approvers)
    return run(lambda omoi: projects.change(omoi, which, changes, as_json))
