"""From an envelope to its listener; and what a person is told when it cannot do what they asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from omoi_bot.desk import Answer, Desk
from omoi_bot.listeners import buttons, commands, edits, failures, home, messages, places, shortcuts, submissions
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.slack_api import SlackAway
from omoi_bot.store.envelopes import Claimed
from omoi_client.errors import OmoiError

Listener = Callable[[Turn], Awaitable[None]]
Handler = Callable[[Claimed, Desk], Awaitable[Answer | None]]

_ASKED_FOR = ("message", "block_actions", "shortcut", "slash_command", "agent_session_stopped")
"""Kinds in which a person asked for something and waits for an answer."""

log = structlog.get_logger()


def _listening(listener: Listener) -> Handler:
    async def handle(envelope: Claimed, desk: Desk) -> Answer | None:
        turn = Turn.of(envelope, desk)
        try:
            await listener(turn)
        except Told as told:
            await _tell(turn, envelope.kind, told)
        except OmoiError as error:
            await _refused(turn, envelope, error)
        return None

    return handle


async def _tell(turn: Turn, kind: str, told: Told) -> None:
    if kind in _ASKED_FOR:
        await turn.tell(told.message)
    else:
        log.info("turn.told_nobody", kind=kind, why=told.message.text[:100])


async def _refused(turn: Turn, envelope: Claimed, error: OmoiError) -> None:
    """A refusal is told. When the server is away that is told at once, and the envelope stays to be tried again."""
    if not failures.passing(error):
        await _tell(turn, envelope.kind, Told(await failures.refusal(turn, error)))
        return
    if turn.attempt == 0 and envelope.kind in _ASKED_FOR:
        try:
            await turn.tell(failures.AWAY, "away")
        except SlackAway:
            log.info("turn.not_told", kind=envelope.kind)
    raise error


async def _submitted(envelope: Claimed, desk: Desk) -> Answer | None:
    return await submissions.submitted(Turn.of(envelope, desk))


HANDLERS: dict[str, Handler] = {
    "message": _listening(messages.said),
    "message_changed": _listening(edits.changed),
    "message_deleted": _listening(edits.deleted),
    "block_actions": _listening(buttons.clicked),
    "view_submission": _submitted,
    "shortcut": _listening(shortcuts.used),
    "slash_command": _listening(commands.run),
    "app_home_opened": _listening(home.opened),
    "member_joined_channel": _listening(places.joined),
    "channel_archive": _listening(places.closed),
    "channel_deleted": _listening(places.closed),
    "group_archive": _listening(places.closed),
    "group_deleted": _listening(places.closed),
    "channel_left": _listening(places.closed),
    "group_left": _listening(places.closed),
    "agent_session_stopped": _listening(places.stopped),
}
"""By kind of envelope. app_uninstalled and tokens_revoked are the receiver's own."""
