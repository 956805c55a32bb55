"""The branch and the pull request."""

from __future__ import annotations

from dataclasses import dataclass

from omoi_bot.blocks import text
from omoi_bot.listeners.running import told
from omoi_bot.listeners.turn import Turn
from omoi_client.errors import OmoiError


@dataclass(frozen=True)
class Opened:
    """A pull request. `existed`: it was there before this click."""

    url: str
    number: int
    existed: bool


async def create_branch(turn: Turn, spec_id: str) -> str:
    """Make the branch exist at the origin; a sentence that names it. Raises Told when the server refuses."""
    omoi = await turn.omoi()
    try:
        made = await omoi.create_branch(spec_id, turn.request_id(f"branch/{spec_id}"))
    except OmoiError as error:
        raise await told(turn, error, spec_id) from error
    there = "is there already" if made.already_exists else "is there now"
    return f"The branch {text.code(made.branch_name)} {there}."


async def create_pull_request(turn: Turn, spec_id: str, *, draft: bool = False, force: bool = False) -> Opened:
    """Open the pull request, or find the one that exists. Raises Told; tasks that are missing are named by the server."""
    omoi = await turn.omoi()
    step = f"pull-request/{spec_id}/{'force' if force else 'draft' if draft else 'plain'}"
    try:
        made = await omoi.create_pull_request(spec_id, force=force, draft=draft, request_id=turn.request_id(step))
    except OmoiError as error:
        raise await told(turn, error, spec_id) from error
    return Opened(made.pull_request_url, made.pull_request_number, made.already_exists)
