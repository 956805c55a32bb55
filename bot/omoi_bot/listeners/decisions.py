"""Deciding a gate: by button, word or form, always the version that the person saw; the server has the last word."""

from __future__ import annotations

from omoi_bot.blocks import buttons, text, words
from omoi_bot.blocks.kit import said
from omoi_bot.blocks.model import Message, SpecView, Who
from omoi_bot.listeners import failures, running
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.people import Person
from omoi_client.errors import Aborted, FailedPrecondition, OmoiError, PermissionDenied

_DONE = {"APPROVE": "approved", "REQUEST_CHANGES": "sent back with changes", "REJECT": "rejected"}


async def decide(
    turn: Turn, spec_id: str, phase: str, version: int, digest: str, decision: str, comment: str = ""
) -> str:
    """Decide about the version that was shown; what happens next, in the server's words.

    `decision` is APPROVE, REQUEST_CHANGES or REJECT. Without a digest (a menu entry carries none) it is found by version.
    Raises Told with what the person needs to know: a newer version and its buttons, who decided before, who may decide.
    """
    omoi = await turn.omoi()
    try:
        seen = digest or (await omoi.get_phase_output(spec_id, phase, version)).digest
        answer = await omoi.review_phase(
            spec_id, phase, seen, decision, comment, turn.request_id(f"review/{spec_id}/{phase}/{decision}")
        )
    except OmoiError as error:
        if failures.passing(error):
            raise
        raise Told(await _refused(turn, error, spec_id, phase, version)) from error
    return answer.message


async def _refused(turn: Turn, error: OmoiError, spec_id: str, phase: str, version: int) -> Message:
    if isinstance(error, FailedPrecondition) and error.reason == "STALE_DIGEST":
        return stale(await turn.desk.backend.snapshot(spec_id), phase, version)
    if isinstance(error, Aborted) and error.reason == "ALREADY_DECIDED":
        return await _decided(turn, error, phase, version)
    if isinstance(error, PermissionDenied):
        return await _not_allowed(turn, error, spec_id)
    found = await running.told(turn, error, spec_id)
    return found.message if isinstance(found, Told) else Message(failures.sentence(error))


def stale(view: SpecView, phase: str, version: int) -> Message:
    """What was shown is not what waits: which version waits, since when, and its buttons."""
    shown = words.document(phase, version)
    if view.gate is None:
        return Message(f"That was {shown}. Nothing of {words.short(view)} waits for a decision now.")
    gate = view.gate
    came = f" came at {text.at(gate.since, view.as_of)}" if gate.since else " is here now"
    newer = f"v{gate.version}" if gate.phase == phase else words.document(gate.phase, gate.version)
    return said(f"That was {shown}; {newer}{came}.", *buttons.of_gate(view, gate))


async def _decided(turn: Turn, error: OmoiError, phase: str, version: int) -> Message:
    user_id = error.metadata.get("decided_by", "")
    users = await turn.desk.backend.users([user_id] if user_id else [])
    name = text.escape(users[user_id].name if user_id in users else user_id, 80) or "somebody"
    done = _DONE.get(error.metadata.get("decision", ""), "decided")
    return Message(f"{words.document(phase, version)} was already {done} by {name}. This changed nothing.")


async def _not_allowed(turn: Turn, error: OmoiError, spec_id: str) -> Message:
    if error.reason == "NOT_AN_APPROVER":
        return Message(failures.sentence(error))  # the server names who may by the project's rule
    view = await turn.desk.backend.snapshot(spec_id)
    return await failures.refusal(turn, error, view.project_id)


def first_look(view: SpecView) -> Message:
    """Something waits that was not in the thread yet when it was approved: it is shown first."""
    assert view.gate is not None, "asked only when something waits"
    name = words.document(view.gate.phase, view.gate.version)
    return said(f"{name} came after your message. Look at it, then approve it.", *buttons.of_gate(view, view.gate))


def mention(person: Person) -> Who:
    """The person, as somebody who can be mentioned."""
    return Who(slack_user=person.slack_user, name=person.name)
