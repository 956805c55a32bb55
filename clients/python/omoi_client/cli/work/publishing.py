"""branch, pr."""

from __future__ import annotations

from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit
from omoi_client.client import OmoiClient


async def branch(omoi: OmoiClient, typed: str, as_json: bool) -> int:
    """CreateBranch. stdout is the name alone."""
    answer = await omoi.create_branch(await ids.find_spec(omoi, typed))
    if as_json:
        screen.emit(answer)
    else:
        screen.say(answer.branch_name)
        if answer.already_exists:
            screen.note("It was there before.")
    return Exit.DONE


async def pull_request(omoi: OmoiClient, typed: str, force: bool, draft: bool, as_json: bool) -> int:
    """CreatePullRequest. stdout is the address alone."""
    answer = await omoi.create_pull_request(await ids.find_spec(omoi, typed), force, draft)
    if as_json:
        screen.emit(answer)
    else:
        screen.say(answer.pull_request_url)
        if answer.already_exists:
            screen.note(f"Pull request {answer.pull_request_number} was there before.")
    return Exit.DONE
