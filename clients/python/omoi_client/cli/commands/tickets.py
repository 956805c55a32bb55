"""tickets: list, move, start, add."""

from __future__ import annotations

from pathlib import Path

import click

from omoi_client.cli.commands.options import COLUMNS, choice, idea_options, json_option, word_option, words
from omoi_client.cli.running import invocation, run


@click.group(invoke_without_command=True)
@click.pass_context
def tickets(context: click.Context) -> int | None:
    """The board, and quick tasks. Alone: list the tickets."""
    return context.invoke(list_tickets) if context.invoked_subcommand is None else None


@tickets.command("list")
@click.option("--project", "-p", default="", help="Only this project.")
@word_option("--column", "-c", words=COLUMNS, text="Only this column.")
@click.option("--limit", "-n", default=50, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@json_option
def list_tickets(project: str, column: str, limit: int, as_json: bool) -> int:
    """List tickets, newest first."""
    from omoi_client.cli.work import board

    return run(lambda omoi: board.list_tickets(omoi, project, column, limit, as_json))


@tickets.command()
@click.argument("ticket")
@click.argument("column", type=choice(COLUMNS))
@json_option
def move(ticket: str, column: str, as_json: bool) -> int:
    """Put a ticket into a column. It stays there until its work moves it on."""
    from omoi_client.cli.work import board

    return run(lambda omoi: board.move(omoi, ticket, column, as_json))


@tickets.command()
@click.argument("which", metavar="TICKET...", nargs=-1, required=True)
@json_option
def start(which: tuple[str, ...], as_json: bool) -> int:
    """Start tickets that were added with --no-execute: all of them or none."""
    from omoi_client.cli.work import board

    return run(lambda omoi: board.start(omoi, which, as_json))


@tickets.command()
@idea_options
def add(
    text: str,
    title: str,
    project: str,
    base: str,
    work_dir: str,
    priority: str,
    files: tuple[Path, ...],
    no_execute: bool,
    watch: bool,
    as_json: bool,
) -> int:
    """Add a quick task: one task, no planning.

    TEXT says what is to be done; "-" reads it from stdin. In a pipe: ticket, task and spec id, with tabs.
    """
    if watch and no_execute:
        raise click.UsageError("--watch and --no-execute exclude each other: nothing would happen.")
    from omoi_client.cli.work import starting

    idea = starting.Idea(words(text), title, project, base, work_dir, None, not no_execute, priority, files)
    state = invocation()
    return run(lambda omoi: starting.quick_task(omoi, idea, state, watch, as_json))
