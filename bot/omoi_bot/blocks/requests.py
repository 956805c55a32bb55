"""A request that waits for a person before it becomes a spec, and what is offered in a thread that has one."""

from __future__ import annotations

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import Element, button, context, option, row, section, select
from omoi_bot.blocks.model import Message, ProjectView, RequestView, SpecView, Who
from omoi_bot.blocks.text import at, escape, one_line, plain, push, quote, sentences
from omoi_bot.blocks.words import document, short, title, where, who

MOST_BUTTONS = 3


def picker(request: RequestView, projects: tuple[ProjectView, ...], reason: str = "") -> Message:
    """Which project? A normal message; only the requester's choice counts. `reason` says why it was not clear."""
    lines = [f"{who(request.requester)} *Which project is this for?*", escape(reason, 300), quote(_words(request), 400)]
    text = push("Which project is “", _words(request), "” for?")
    drop = button("Drop", actions.DROP_REQUEST, _target(request))
    if not projects:
        lines.insert(1, "You can see no project yet: an admin or maintainer gives you a role, or links this channel.")
        return Message(text, [section(_joined(lines)), *row(drop)])
    if len(projects) <= MOST_BUTTONS - 1:
        held = [_pick(request, one, number) for number, one in enumerate(projects)]
    else:
        held = [_select(request, projects)]
    kept = context("Your words are kept for 24 hours. Only you can choose.")
    return Message(text, [section(_joined(lines)), *row(*held, drop), kept])


def confirm_old(request: RequestView) -> Message:
    """A request that was read late: start it or drop it. No time span is named, it would grow old."""
    asked = f" at {at(request.asked_at, request.as_of)}" if request.asked_at and request.as_of else ""
    line = f"{who(request.requester)} You asked this{asked} while I was away."
    text = push("“", _words(request), "” was asked while Omoi was away: start it?")
    return Message(text, [section(_joined([line, quote(_words(request))])), *_start_or_drop(request)])


def waiting(request: RequestView, reason: str, remedy: str = "", may: tuple[Who, ...] = ()) -> Message:
    """The request is kept until somebody did something: `reason` (no admin yet, no role), `remedy`, who can."""
    lines = [f"{sentences(reason, 400)} {sentences(remedy, 600)}".strip()]
    if may:
        lines.append(f"Who can: {', '.join(who(one) for one in may[:5])}")
    lines += [quote(_words(request), 400), "The request is kept for 24 hours and goes on by itself."]
    text = push("“", _words(request), "” is kept until somebody gives what is missing.")
    return Message(text, [section(_joined(lines)), *row(button("Drop", actions.DROP_REQUEST, _target(request)))])


def gone(request: RequestView, reason: str) -> Message:
    """What the picker or question turns into when it is over: dropped, expired, or started elsewhere."""
    text = push("“", _words(request), "” is not waiting any more.")
    return Message(text, [section(_joined([escape(reason, 300) or "Dropped.", quote(_words(request), 300)]))])


def invite(request: RequestView, channel: str, private: bool) -> Message:
    """Omoi cannot post where it was asked: [I invited you, go on] [Run it in our DM], which stay for a day."""
    named = f"#{escape(channel.lstrip('#'), 80)}" if channel else "that conversation"
    how = f"Invite me with `/invite @Omoi` in {named}" if private else f"I could not join {named}; invite me there"
    line = f"I am not in {named}, so I could not report there. {how}, or let it run here."
    text = push("“", _words(request), "” waits: I am not in the channel it was asked in.")
    target = _target(request)
    held = row(
        button("I invited you, go on", actions.INVITED, target, "primary"),
        button("Run it in our DM", actions.RUN_IN_DM, target),
        button("Drop", actions.DROP_REQUEST, target),
    )
    return Message(text, [section(_joined([line, quote(_words(request), 400)])), *held])


def second_launch(request: RequestView, running: SpecView) -> Message:
    """A thread has one live spec: add the words to it, or start a new spec in a thread of its own."""
    line = f"{short(running)} (*{title(running, 120)}*) runs in this thread. What are these words?"
    text = push("What should become of “", _words(request), f"”: {short(running)} runs in this thread.")
    target = _target(request, running.spec_id)
    held = row(
        button(f"Add to {plain(running.short_id, 20) or 'it'}", actions.ADD_TO_SPEC, target, "primary"),
        button("New spec in its own thread", actions.NEW_SPEC, target),
        button("Drop", actions.DROP_REQUEST, target),
    )
    return Message(text, [section(_joined([line, quote(_words(request), 400)])), *held])


def after_the_end(request: RequestView, ended: SpecView) -> Message:
    """A reply in the thread of a spec that ended: a new spec, or just a comment."""
    line = f"{short(ended)} is over. Should this become a new spec?"
    text = push("Should “", _words(request), "” become a new spec, or is it just a comment?")
    target = _target(request, ended.spec_id)
    held = row(
        button("New spec", actions.NEW_SPEC, target, "primary"),
        button("Just a comment", actions.JUST_COMMENT, target),
    )
    return Message(text, [section(_joined([line, quote(_words(request), 400)])), *held])


def edited(request: RequestView, running: SpecView) -> Message:
    """The launching message was edited before the first gate: restart with the new text, or leave it."""
    line = f"The message that started {short(running)} was edited."
    text = push("The request for “", running.title, "” was edited: restart with the new text?")
    target = _target(request, running.spec_id)
    held = row(
        button("Restart with the edited text", actions.RESTART_EDITED, target),
        button("Just a comment", actions.JUST_COMMENT, target),
    )
    return Message(text, [section(_joined([line, quote(_words(request), 600)])), *held])


def use_as_change(view: SpecView, author: Who, words: str, comment_id: str) -> Message:
    """A comment at a gate: offer it as the change request. `comment_id` comes back as the target's key."""
    gate = view.gate
    name = document(gate.phase, gate.version) if gate else "this version"
    line = f"{who(author)} commented while {name} waits for a review."
    text = push("A comment on “", view.title, f"” can be used as a change request to {name}.")
    target = Target(
        spec_id=view.spec_id, phase=gate.phase if gate else "", version=gate.version if gate else 0, key=comment_id,
        digest=gate.digest if gate else "",
    )  # fmt: skip
    held = row(
        button("Use as change request", actions.USE_AS_CHANGE, target),
        button("Just a comment", actions.JUST_COMMENT, target),
    )
    return Message(text, [section(_joined([line, quote(words, 600)])), *held])


def moved(view: SpecView, reason: str) -> Message:
    """The report goes on in the requester's DM; `reason` says why (channel archived, Omoi removed, message deleted)."""
    line = f"*{title(view)}* goes on; I report here because {escape(reason, 200) or 'I cannot post there any more'}."
    text = push("“", view.title, "” goes on and is reported here from now on.")
    return Message(text, [section(line), context(f"{where(view)} · {short(view)}")])


def _words(request: RequestView) -> str:
    return request.text if one_line(request.text) else request.title if one_line(request.title) else "(no text)"


def _target(request: RequestView, spec_id: str = "") -> Target:
    return Target(request_id=request.request_id, spec_id=spec_id)


def _pick(request: RequestView, project: ProjectView, number: int) -> Element:
    target = Target(request_id=request.request_id, project_id=project.project_id)
    # Slack wants each action_id once in a block; listeners match by the prefix.
    return button(project.name, f"{actions.PICK_PROJECT}:{number}", target)


def _select(request: RequestView, projects: tuple[ProjectView, ...]) -> Element:
    found: dict[str, Element] = {}
    for one in projects:
        value = Target(request_id=request.request_id, project_id=one.project_id).value()
        found.setdefault(value, option(one.name, value, one.repository))
    return select(list(found.values()), actions.PICK_PROJECT, "Choose a project")


def _start_or_drop(request: RequestView) -> list[dict[str, object]]:
    target = _target(request)
    return row(button("Start", actions.START_REQUEST, target, "primary"), button("Drop", actions.DROP_REQUEST, target))


def _joined(lines: list[str]) -> str:
    return "\n".join(line for line in lines if line)
