"""say, comments."""

from __future__ import annotations

import click

from omoi_client.cli.commands.options import json_option, sentence, spec_argument
from omoi_client.cli.running import run


@click.command()
@spec_argument
@click.argument("text")
@click.option("--task", "which", default="", metavar="TASK", help="Only for the worker of this task.")
@click.option("--now", "interrupt", is_flag=True, help="Interrupt what the worker does.")
@click.option("--comment", "later", is_flag=True, help="Not for the running worker; the next attempt reads it.")
@json_option
def say(spec: str, text: str, which: str, interrupt: bool, later: bool, as_json: bool) -> int:
    """Say something to the agent.

    A running worker reads it at its next step. When none runs, the next attempt does.
    """
    if interrupt and later:
        raise click.UsageError("--now and --comment exclude each other. Choose one.")
    from omoi_client.cli.work import talking

    said = sentence(text)
    delivery = "interrupt" if interrupt else "comment" if later else "queued"
    return run(lambda omoi: talking.say(omoi, spec, said, which, delivery, as_json))


@click.command()
@spec_argument
@json_option
def comments(spec: str, as_json: bool) -> int:
    """List what people said about a spec, and who has read it."""
    from omoi_client.cli.work import talking

    return run(lambda omoi: talking.comments(omoi, spec, as_json))
