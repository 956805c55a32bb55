"""output, approve, request-changes, reject."""

from __future__ import annotations

import click

from omoi_client.cli.commands.options import (
    PLANNING_PHASES,
    choice,
    json_option,
    sentence,
    spec_argument,
    version_option,
    word_option,
)
from omoi_client.cli.running import run


@click.command()
@spec_argument
@click.argument("phase", type=choice(PLANNING_PHASES))
@version_option("Default: the newest.")
@json_option
def output(spec: str, phase: str, version: int, as_json: bool) -> int:
    """Print what a phase produced, as Markdown."""
    from omoi_client.cli.work import reviewing

    return run(lambda omoi: reviewing.output(omoi, spec, phase, version, as_json))


@click.command()
@spec_argument
@version_option("The version that you read. Default: the one shown last.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask about the version shown last.")
@json_option
def approve(spec: str, version: int, yes: bool, as_json: bool) -> int:
    """Approve the version at the gate.

    Without --version it is the version that `output` showed you last, and you are asked. In a pipe name the version.
    """
    from omoi_client.cli.work import reviewing

    return run(lambda omoi: reviewing.approve(omoi, spec, version, yes, as_json))


@click.command("request-changes")
@spec_argument
@click.argument("comment")
@word_option("--phase", words=PLANNING_PHASES, text="This or an earlier one than the gate's.")
@version_option("The version that you read. Default: the newest.")
@json_option
def request_changes(spec: str, comment: str, phase: str, version: int, as_json: bool) -> int:
    """Ask for a new version, saying what should change."""
    from omoi_client.cli.work import reviewing

    said = sentence(comment)
    return run(lambda omoi: reviewing.request_changes(omoi, spec, said, phase, version, as_json))


@click.command()
@spec_argument
@click.option("--reason", default="", help="For those who read it later.")
@json_option
def reject(spec: str, reason: str, as_json: bool) -> int:
    """Stop a spec at its gate."""
    from omoi_client.cli.work import reviewing

    return run(lambda omoi: reviewing.reject(omoi, spec, reason, as_json))
