"""What the server refused, in words for the person who asked; and what is not theirs to see."""

from __future__ import annotations

import re

import structlog

from omoi_bot.blocks import text
from omoi_bot.blocks.model import Message
from omoi_bot.listeners.turn import Turn
from omoi_client.errors import OmoiError, PermissionDenied, ServerFault, Unauthenticated, Unavailable

log = structlog.get_logger()

AWAY = "Omoi's server does not answer right now. I have kept this and do it as soon as it answers."

APP = " (app)"
"""Ends the name of an app that may comment: it holds a role, and nobody can ask it."""

_FULL_ID = re.compile(r"(spec-[0-9a-f]{4})[0-9a-f]{4}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def passing(error: OmoiError) -> bool:
    """Trying the same again later may help, and nobody has to decide anything first."""
    return isinstance(error, Unavailable | ServerFault | Unauthenticated)


def sentence(error: OmoiError) -> str:
    """What was refused, why and what to do, safe for Slack. The server writes these for people; a fault of its own is not
    repeated here, it is in the log."""
    if passing(error):
        return AWAY
    said = _FULL_ID.sub(lambda found: found.group(1), error.message)
    said = said if said.startswith("spec-") else said[:1].upper() + said[1:]
    return text.sentences(said, 1500) or "The server refused this without a reason."


async def refusal(turn: Turn, error: OmoiError, project_id: str = "", role: str = "contributor") -> Message:
    """`sentence`, and for something that this person may not do, who may."""
    said = sentence(error)
    if isinstance(error, PermissionDenied):
        log.info("turn.denied", reason=error.reason)
        said = f"{said} {await who_may(turn, error.metadata.get('project_id', '') or project_id, role)}".strip()
    return Message(said)


async def who_may(turn: Turn, project_id: str, role: str) -> str:
    """Who may do it, or how somebody comes to be allowed; empty when the project is not known."""
    if not project_id:
        return ""
    names = [name for name in await turn.desk.people.who_may(project_id, role) if not name.endswith(APP)]
    if not names:
        return f"Nobody has the role {role} in this project yet; an admin gives it: `/omoi role @person {role}`."
    return f"{_listed([text.escape(name, 80) for name in names])} may, and a maintainer can give you the role {role}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
