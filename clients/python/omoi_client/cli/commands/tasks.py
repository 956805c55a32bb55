"""task: list, show, retry, cancel, complete."""

from __future__ import annotations

import click

from omoi_client.cli.commands.options import TASK_STATUSES, choice, json_option, spec_argument
from omoi_client.cli.running import run


@click.group()
def task() -> None:
    """Look at tasks and decide about them.

    A TASK is named by the beginning of its id, or as SPEC/TSK-003.
    """


@task.command("list")
@spec_argument
@click.option("--status", "statuses", multiple=True, type=choice(TASK_STATUSES), help="Only these. Repeatable.")
@json_option
def list_tasks(spec: str, statuses: tuple[str, ...], as_json: bool) -> int:
    """List a spec's tasks in the order of the plan."""
    from omoi_client.cli.work import tasks

    return run(lambda omoi: tasks.list_tasks(omoi, spec, statuses, as_json))


@task.command()
@click.argument("which", metavar="TASK")
@json_option
def show(which: str, as_json: bool) -> int:
    """Show one task."""
    from omoi_client.cli.work import tasks

    return run(lambda omoi: tasks.show(omoi, which, as_json))


@task.command()
@click.argument("which", metavar="TASK")
@json_option
def retry(which: str, as_json: bool) -> int:
    """Queue a failed, paused or cancelled task again."""
    from omoi_client.cli.work import tasks

    return run(lambda omoi: tasks.retry(omoi, which, as_json))


@task.command()
@click.argument("which", metavar="TASK")
@click.option("--reason", default="", help="For those who read it later.")
@json_option
def cancel(which: str, reason: str, as_json: bool) -> int:
    """Cancel one task; what depends on it is blocked."""
    from omoi_client.cli.work import tasks

    return run(lambda omoi: tasks.cancel(omoi, which, reason, as_json))


@task.command()
@click.argument("which", metavar="TASK")
@click.option("--commit", default="", help="Full id of the commit on the spec's branch that does it.")
@click.option("--reason", default="", help="Why no commit is needed.")
@json_option
def complete(which: str, commit: str, reason: str, as_json: bool) -> int:
    """Say that a person finished it."""
    if not commit and not reason:
        raise click.UsageError("Say --commit, or --reason why none is needed.")
    from omoi_client.cli.work import tasks

    return run(lambda omoi: tasks.complete(omoi, which, commit, reason, as_json))
