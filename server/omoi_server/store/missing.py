"""What is said of a thing that does not exist, or that the caller may not know of: the same words for both."""

from __future__ import annotations

from collections.abc import Sequence

from omoi_server.domain.access import is_identity
from omoi_server.errors import NotFound

SHOWN = 80
"""Characters of an unknown id that are repeated."""


def spec(spec_id: str) -> NotFound:
    return NotFound(
        "SPEC_NOT_FOUND",
        f'spec "{spec_id[:SHOWN]}" does not exist. ListSpecs shows what there is.',
        {"spec_id": spec_id[:SHOWN]},
    )


def task(task_id: str) -> NotFound:
    return NotFound("TASK_NOT_FOUND", f'task "{task_id[:SHOWN]}" does not exist. ListTasks shows what there is.')


def ticket(ticket_id: str) -> NotFound:
    return NotFound(
        "TICKET_NOT_FOUND", f'ticket "{ticket_id[:SHOWN]}" does not exist. ListTickets shows what there is.'
    )


def project(project_id: str, known: Sequence[str]) -> NotFound:
    """`known`: names of projects that the caller may know of."""
    if project_id.lower() in (name.lower() for name in known):
        return NotFound(
            "PROJECT_NOT_FOUND",
            f'"{project_id[:SHOWN]}" is the name of a project, and its id is needed here. GetProject gives the id.',
            {"project_id": project_id[:SHOWN]},
        )
    hint = f"Known projects: {', '.join(known)}." if known else "There are no projects yet; CreateProject adds one."
    return NotFound(
        "PROJECT_NOT_FOUND",
        f'project "{project_id[:SHOWN]}" does not exist. {hint}',
        {"project_id": project_id[:SHOWN]},
    )


def user(user_id: str) -> NotFound:
    remedy = (
        "They speak to Omoi once, or a maintainer gives the role in Slack with /omoi role."
        if is_identity(user_id)
        else "Use the id, as whoami and the list of tokens show it, or an identity such as slack:T012AB3C4/U061F7AUR."
    )
    return NotFound(
        "USER_NOT_FOUND",
        f'user "{user_id[:SHOWN]}" does not exist. {remedy}',
        {"user_id": user_id[:SHOWN]},
    )


def token(token_id: str) -> NotFound:
    return NotFound(
        "TOKEN_NOT_FOUND",
        f'token "{token_id[:SHOWN]}" does not exist. ListTokens shows what there is.',
        {"token_id": token_id[:SHOWN]},
    )
