"""branch, pr, logs."""

from __future__ import annotations

import click

from omoi_client.cli.commands.options import json_option, spec_argument
from omoi_client.cli.running import invocation, run


@click.command()
@spec_argument
@json_option
def branch(spec: str, as_json: bool) -> int:
    """Make the spec's branch exist at the origin now."""
    from omoi_client.cli.work import publishing

    return run(lambda omoi: publishing.branch(omoi, spec, as_json))


@click.command()
@spec_argument
@click.option("--force", is_flag=True, help="Although tasks are missing; the first line will name them.")
@click.option("--draft", is_flag=True, help="As a draft, where the forge knows drafts.")
@json_option
def pr(spec: str, force: bool, draft: bool, as_json: bool) -> int:
    """Open the pull request, or say where it is."""
    from omoi_client.cli.work import publishing

    return run(lambda omoi: publishing.pull_request(omoi, spec, force, draft, as_json))


@click.command()
@click.argument("which", metavar="SPEC|TASK")
@click.option("--follow", "-f", is_flag=True, help="Go on until nothing more will come by itself.")
@json_option
def logs(which: str, follow: bool, as_json: bool) -> int:
    """Print what workers wrote down, line by line."""
    from omoi_client.cli.work import transcripts

    state = invocation()
    return run(lambda omoi: transcripts.logs(omoi, which, follow, state, as_json))
