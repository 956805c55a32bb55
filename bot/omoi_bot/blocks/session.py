"""A spec as one of Slack's agent sessions: the state that Slack itself shows beside the thread.

Statuses: https://docs.slack.dev/reference/methods/agents.sessions.setStatus
"""

from __future__ import annotations

from omoi_bot.blocks.model import SpecView
from omoi_bot.blocks.text import plain
from omoi_bot.blocks.words import State, state_of

PROCESSING, SUSPENDED, CLOSED = "processing", "suspended", "closed"

MOST_TITLE = 200
"""Characters of a session's title."""

_STATUS = {
    # What waits for a slot counts as work: the stop button is shown with this status only.
    State.QUEUED: PROCESSING,
    State.STARTING: PROCESSING,
    State.PLANNING: PROCESSING,
    State.BUILDING: PROCESSING,
    State.DRAFT: SUSPENDED,
    State.REVIEW: SUSPENDED,
    State.PAUSED: SUSPENDED,
}


def status(view: SpecView) -> str:
    """`processing` while work goes on by itself, `suspended` while a person has to do something, `closed` at the end.

    A failed spec is closed: whoever retries it sets it to work again, and its session with it.
    """
    return _STATUS.get(state_of(view), CLOSED)


def title(view: SpecView) -> str:
    """What the session is called in Slack's list of sessions."""
    return plain(view.title or view.description or view.short_id, MOST_TITLE)
