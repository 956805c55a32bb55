"""launch, execute, watch, cancel."""

from __future__ import annotations

from pathlib import Path

import click

from omoi_client.cli.commands.options import (
    PLANNING_PHASES,
    choice,
    idea_options,
    json_option,
    spec_argument,
    word_option,
    words,
)
from omoi_client.cli.running import invocation, run


@click.command()
@idea_options
@click.option(
    "--gate", "gates", multiple=True, type=choice(PLANNING_PHASES), help="Pause after this phase. Repeatable."
)
@click.option("--no-gates", is_flag=True, help="Pause after none. Only a maintainer can go below the project's gates.")
def launch(
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
    gates: tuple[str, ...],
    no_gates: bool,
) -> int:
    """Start a spec from an idea.

    TEXT is the idea in your words; "-" reads it from stdin. In a pipe only the new id goes to stdout.
    """
    if gates and no_gates:
        raise click.UsageError("--gate and --no-gates exclude each other.")
    if watch and no_execute:
        raise click.UsageError("--watch and --no-execute exclude each other: nothing would happen.")
    from omoi_client.cli.work import starting

    idea = starting.Idea(
        words(text),
        title,
        project,
        base,
        work_dir,
        gates if gates or no_gates else None,
        not no_execute,
        priority,
        files,
    )
    state = invocation()
    return run(lambda omoi: starting.launch(omoi, idea, state, watch, as_json))


@click.command()
@spec_argument
@word_option("--from", "from_phase", words=PLANNING_PHASES, text="Run again from this phase.")
@click.option("--watch", "-w", is_flag=True, help="Stay and watch.")
@json_option
def execute(spec: str, from_phase: str, watch: bool, as_json: bool) -> int:
    """Start a spec, or go on where it stopped.

    Finished phases are kept. A spec that runs already is left alone.
    """
    from omoi_client.cli.work import starting

    state = invocation()
    return run(lambda omoi: starting.execute(omoi, spec, from_phase, state, watch, as_json))


@click.command()
@spec_argument
@click.option("--after", default=0, type=click.IntRange(min=0), help="In a pipe: only events after this sequence.")
@click.option("--forever", is_flag=True, help="Go on watching when nothing more will happen by itself.")
@json_option
def watch(spec: str, after: int, forever: bool, as_json: bool) -> int:
    """Watch a spec until it is done or waits for a person.

    On a terminal: a live picture. In a pipe: one line per event, "SEQUENCE TIME TYPE SUBJECT MESSAGE".
    """
    from omoi_client.cli.work import starting

    state = invocation()
    return run(lambda omoi: starting.watch(omoi, spec, after, state, as_json, forever))


@click.command()
@spec_argument
@click.option("--reason", default="", help="For those who read it later.")
@json_option
def cancel(spec: str, reason: str, as_json: bool) -> int:
    """Stop a spec wherever it is."""
    from omoi_client.cli.work import starting

    return run(lambda omoi: starting.cancel(omoi, spec, reason, as_json))
