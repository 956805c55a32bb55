"""Submitted forms: what they do, and what stays in them when it could not be done, so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.forms import waiting
from omoi_bot.blocks.text import shown as as_read
from omoi_bot.desk import Answer
from omoi_bot.listeners import (
    decisions,
    failures,
    gathering,
    launching,
    linking,
    payloads,
    publishing,
    roles,
    running,
    starting,
    validating,
    wishes,
)
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.slack_api import SlackRefused
from omoi_bot.store import people
from omoi_bot.store.database import Tx
from omoi_client.errors import OmoiError

Typed = dict[str, object]
Submission = Callable[[Turn, Target, Typed], Awaitable[None]]

_LATER = "Omoi's server does not answer right now. Nothing was changed; press the button again in a moment."
_ODD = "I could not read what this form is about. Close it and open it again."


async def submitted(turn: Turn) -> Answer | None:
    """Do what the form says; an answer with errors, or with a view that says why not, when it cannot be done."""
    view = turn.payload.get("view") or {}
    callback = str(view.get("callback_id") or "")
    found = SUBMISSIONS.get(callback)
    validate = validating.VALIDATORS.get(callback)
    if validate is not None and (errors := validate(turn.payload)):
        return Answer(errors=errors)
    try:
        target = payloads.target(turn.payload)
    except ValueError:
        return _not_done(turn, callback, _ODD)
    if found is None:
        return _not_done(turn, callback, _ODD)
    try:
        await found(turn, target, payloads.typed(turn.payload))
    except Told as told:
        return _not_done(turn, callback, as_read(told.message.text))
    except OmoiError as error:
        if callback == actions.LAUNCH_FORM and failures.passing(error):
            raise  # the wish is kept; the launch goes on as soon as the server answers
        return _not_done(turn, callback, _LATER if failures.passing(error) else as_read(failures.sentence(error)))
    return None


def _not_done(turn: Turn, callback: str, why: str) -> Answer:
    """Beside the first input that was filled in, so that the form stays as it is; a form without inputs says it itself."""
    block = _PLACES.get(callback, "")
    if block and block in payloads.typed(turn.payload):
        return Answer(errors={block: why})
    title = str(((turn.payload.get("view") or {}).get("title") or {}).get("text") or "Omoi")
    return Answer(view=waiting.trouble(title, why, Target(), again=False))


_PLACES = {
    actions.LAUNCH_FORM: actions.DESCRIPTION,
    actions.CHANGES_FORM: actions.COMMENT,
    actions.REJECT_FORM: actions.COMMENT,
    actions.CANCEL_FORM: actions.COMMENT,
    actions.LINK_FORM: actions.PROJECT,
    actions.ROLE_FORM: actions.PROJECT,
    actions.SETTINGS_FORM: actions.VERBOSITY,
}
"""The block beside which it is said that a form could not be done."""


async def _launch(turn: Turn, target: Target, typed: Typed) -> None:
    """A new message in the channel quotes the request, with the thread below it; without a channel it is the DM."""
    channel = target.channel or await turn.dm()
    wish = wishes.Wish(
        _text(typed, actions.DESCRIPTION),
        origin="shortcut" if target.key else "form" if target.channel else "home",
        channel=channel,
        message_ts=target.key,
        discussion=target.thread_ts or target.key,
        title=_text(typed, actions.TITLE),
        quick=typed.get(actions.MODE) == "QUICK",
        project_id=validating.chosen_project(typed),
        base_branch=_text(typed, actions.BASE_BRANCH),
        gates=validating.chosen_gates(typed),
        include_discussion=bool(typed.get(actions.DISCUSSION)),
        files=await _files_of(turn, target),
    )
    await launching.begin(turn, wish)


async def _files_of(turn: Turn, target: Target) -> list[payloads.Json]:
    """Files of the message that the shortcut was used on; the form does not carry them."""
    if not (target.key and target.channel):
        return []
    try:
        message = await gathering.message(turn, target.channel, target.thread_ts, target.key)
    except SlackRefused:
        return []
    return [one for one in message.get("files") or () if isinstance(one, dict)]


async def _changes(turn: Turn, target: Target, typed: Typed) -> None:
    ticked = typed.get(actions.REQUIREMENTS)
    named = ", ".join(str(one) for one in ticked) if isinstance(ticked, list) else ""
    words = _text(typed, actions.COMMENT)
    comment = f"{named}: {words}" if named else words
    await decisions.decide(
        turn, target.spec_id, target.phase, target.version, target.digest, "REQUEST_CHANGES", comment
    )


async def _reject(turn: Turn, target: Target, typed: Typed) -> None:
    comment = _text(typed, actions.COMMENT)
    await decisions.decide(turn, target.spec_id, target.phase, target.version, target.digest, "REJECT", comment)


async def _cancel(turn: Turn, target: Target, typed: Typed) -> None:
    await running.cancel(turn, target.spec_id, _text(typed, actions.COMMENT))


async def _force(turn: Turn, target: Target, _: Typed) -> None:
    await publishing.create_pull_request(turn, target.spec_id, force=True)


async def _link(turn: Turn, target: Target, typed: Typed) -> None:
    await linking.link(turn, target.channel, validating.chosen_project(typed))


async def _settings(turn: Turn, target: Target, typed: Typed) -> None:
    gates = validating.chosen_gates(typed)
    await linking.set_up(
        turn,
        target.channel,
        validating.chosen_bots(typed),
        listening=_text(typed, actions.LISTENING),
        verbosity=_text(typed, actions.VERBOSITY),
        broadcast=bool(typed.get(actions.BROADCAST)),
        usergroup=validating.chosen_usergroup(typed),
        # What is asked everywhere is no choice of this channel's own.
        gates=None if gates == (starting.DEFAULT_GATE,) else list(gates),
    )


async def _role(turn: Turn, _: Target, typed: Typed) -> None:
    said = await roles.give(
        turn, _text(typed, actions.PERSON), _text(typed, actions.ROLE), validating.chosen_project(typed)
    )
    await turn.tell_in_dm(said, "role")


async def _own_settings(turn: Turn, _: Target, typed: Typed) -> None:
    person = await turn.person()

    async def work(tx: Tx) -> None:
        known = await people.get(tx, person.identity)
        settings = {**(known.settings if known else {}), "reminders": bool(typed.get(actions.REMINDERS))}
        await people.change(tx, person.identity, settings=settings)

    await turn.write(work)


SUBMISSIONS: dict[str, Submission] = {
    actions.LAUNCH_FORM: _launch,
    actions.CHANGES_FORM: _changes,
    actions.REJECT_FORM: _reject,
    actions.CANCEL_FORM: _cancel,
    actions.FORCE_FORM: _force,
    actions.LINK_FORM: _link,
    actions.SETTINGS_FORM: _settings,
    actions.ROLE_FORM: _role,
    actions.PERSON_FORM: _own_settings,
}
"""By callback_id."""


def _text(typed: Typed, name: str) -> str:
    held = typed.get(name)
    return held.strip() if isinstance(held, str) else ""
