"""list, show, label, archive."""

from __future__ import annotations

import click

from omoi_client.cli.commands.options import STATUSES, choice, json_option, spec_argument
from omoi_client.cli.running import run


@click.command("list")
@click.argument("search", nargs=-1)
@click.option("--project", "-p", default="", help="Only this project.")
@click.option("--status", "statuses", multiple=True, type=choice(STATUSES), help="Only these. Repeatable.")
@click.option("--label", "labels", multiple=True, help="Only with all these labels. Repeatable.")
@click.option("--user", default="", help="Only of this user.")
@click.option("--all", "archived", is_flag=True, help="Archived ones too.")
@click.option("--limit", "-n", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@json_option
def list_specs(
    search: tuple[str, ...],
    project: str,
    statuses: tuple[str, ...],
    labels: tuple[str, ...],
    user: str,
    archived: bool,
    limit: int,
    as_json: bool,
) -> int:
    """List specs, newest first.

    SEARCH: words that title or description contain.
    """
    from omoi_client.cli.work import looking

    wanted = looking.Filter(" ".join(search), project, statuses, labels, user, archived, limit)
    return run(lambda omoi: looking.list_specs(omoi, wanted, as_json))


@click.command()
@spec_argument
@json_option
def show(spec: str, as_json: bool) -> int:
    """Show where a spec stands."""
    from omoi_client.cli.work import looking

    return run(lambda omoi: looking.show(omoi, spec, as_json))


@click.command()
@spec_argument
@click.argument("labels", nargs=-1)
@click.option("--remove", "-r", multiple=True, help="Take this one off. Repeatable.")
@json_option
def label(spec: str, labels: tuple[str, ...], remove: tuple[str, ...], as_json: bool) -> int:
    """Label a spec, for finding it again."""
    from omoi_client.cli.work import looking

    return run(lambda omoi: looking.label(omoi, spec, labels, remove, as_json))


@click.command()
@click.argument("specs", nargs=-1, required=True)
@click.option("--undo", is_flag=True, help="Show them in lists again.")
@json_option
def archive(specs: tuple[str, ...], undo: bool, as_json: bool) -> int:
    """Hide specs from lists."""
    from omoi_client.cli.work import looking

    return run(lambda omoi: looking.archive(omoi, specs, not undo, as_json))
