"""completion, version: what needs no server."""

from __future__ import annotations

import json

import click

from omoi_client.cli.commands.options import choice, json_option

SHELLS = ("bash", "zsh", "fish")
COMPLETE = "_OMOI_COMPLETE"


@click.command()
@click.argument("shell", type=choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print a completion script.

    bash: omoi completion bash >> ~/.bashrc
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    root = context.find_root()
    print(found(root.command, {}, "omoi", COMPLETE).source())
    return 0


@click.command()
@json_option
def version(as_json: bool) -> int:
    """Print the version of this program."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        found = installed("omoi")
    except PackageNotFoundError:
        found = "not installed"
    print(json.dumps({"version": found}) if as_json else f"omoi {found}")
    return 0
