"""Short answers: what was done, why not and who may, lists, help."""

from __future__ import annotations

from omoi_bot.blocks import actions, live
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.buttons import menu_of, pull_request_button
from omoi_bot.blocks.gate import link
from omoi_bot.blocks.kit import button, context, divider, header, row, said, section
from omoi_bot.blocks.model import Block, Message, ProjectView, SpecView, Who
from omoi_bot.blocks.rail import rail
from omoi_bot.blocks.text import at, code, count, escape, one_line, push, sentences
from omoi_bot.blocks.words import STATE, State, short, state_of, title, who

MOST_LISTED = 10
STARTING = "starting"
RUNNING = "running"
SITUATIONS = (STARTING, RUNNING)


def sentence(text: str) -> Message:
    """One untrusted or plain sentence, escaped: an error's message and remedy, a confirmation."""
    held = sentences(text)
    return Message(push("", text) if held else "Done.", [section(held or "Done.")])


def no_idea(typed: str, meant: tuple[str, ...] = ()) -> Message:
    """What was typed says too little to start anything; `meant` are commands of ours that are near to it."""
    read = escape(typed, 80)
    lines = [f"I read “{read}” and started nothing: an idea needs at least two words."]
    if meant:
        lines.append(f"Did you mean {' or '.join(code(one) for one in meant)}?")
    lines.append(
        "An idea looks like this: `@Omoi Lock an account after five failed logins`. `/omoi help` tells the rest."
    )
    return Message(push("I started nothing: “", typed, "” is no idea."), [section("\n".join(lines))])


def refused(what: str, may: tuple[Who, ...] = (), remedy: str = "") -> Message:
    """Not allowed: what, who can, and how to get there."""
    said_plainly = escape(what, 600)
    lines = [said_plainly or "You are not allowed to do this."]
    if may:
        lines.append(f"Who can: {', '.join(who(one) for one in may[:5])}{' …' if len(may) > 5 else ''}")
    if remedy:
        lines.append(sentences(remedy, 600))
    return Message(push("", what) if said_plainly else lines[0], [section("\n".join(lines))])


def failed(reference: str) -> Message:
    """A click or message that could not be worked off after all attempts; `reference` is what an admin searches for."""
    held = code(reference, 60) or "(none)"
    return Message(
        "Omoi could not do this; it was tried again and again.",
        [section(f"I could not do this; it was tried again and again. An admin finds it in the log as {held}.")],
    )


def claimed(person: Who) -> Message:
    """The first admin."""
    return said(f"{who(person)} is admin of this Omoi now. Give roles with `/omoi role @person contributor`.")


def role_given(person: Who, role: str, project: str, by: Who) -> Message:
    """Somebody's role in a project changed."""
    line = f"{who(person)} is {escape(role, 30)} in *{escape(project, 80) or 'the project'}* now, by {who(by)}."
    return Message(push("A role in “", project, f"” changed to {escape(role, 30)}."), [section(line)])


def linked(channel: str, project: ProjectView, by: Who) -> Message:
    """A channel is linked to a project."""
    name = escape(project.name, 80)
    line = f"This channel is linked to *{name}* now, by {who(by)}. Ideas told to me here go there."
    return Message(push("This channel is linked to “", project.name, "” now."), [section(line)])


def projects(found: tuple[ProjectView, ...], linked_to: str = "") -> Message:
    """The projects that the asker may see; `linked_to` is the channel's project id."""
    if not found:
        return said("You can see no project. An admin gives you a role with `/omoi role`, or links this channel.")
    lines = []
    for one in found[:40]:
        mark = " (this channel's)" if one.project_id == linked_to else ""
        where = f": {code(one.repository, 120)}" if one.repository else ""
        lines.append(f"• *{escape(one.name, 80)}*{where}{mark}")
    if len(found) > 40:
        lines.append(f"… and {len(found) - 40} more")
    blocks = [section("\n".join(lines[start : start + 12])) for start in range(0, len(lines), 12)]
    return Message(f"You can see {count(len(found), 'project')}.", blocks)


def specs(
    found: tuple[SpecView, ...],
    heading: str,
    empty: str = "Nothing runs here. Tell me an idea: `@Omoi Lock an account after five failed logins`.",
) -> Message:
    """A list of specs with the buttons that fit each; `heading` and `empty` are our own words."""
    if not found:
        return said(empty)
    blocks: list[Block] = [section(f"*{heading}*")]
    for view in found[:MOST_LISTED]:
        blocks += listed(view)
    if (more := len(found) - MOST_LISTED) > 0:
        blocks.append(context(f"{more} more are on Omoi's Home tab."))
    return Message(f"{heading}: {count(len(found), 'spec')}.", blocks)


def listed(view: SpecView) -> list[Block]:
    """One spec as a section with its menu, and a row for what waits for a person."""
    state = state_of(view)
    lines = [f"*{title(view, 200)}*", *live.status_lines(view)[:1]]
    about = " · ".join(filter(None, [short(view), escape(view.project_name, 60), STATE[state]]))
    held: list[Block] = [section("\n".join([*lines, about]), menu_of(view))]
    if state in {State.PAUSED, State.CANCELLED}:
        held += row(button("Resume", actions.RESUME, Target(spec_id=view.spec_id)))
    elif state in {State.FAILED, State.INCOMPLETE}:
        held += row(button("Retry", actions.RETRY, Target(spec_id=view.spec_id)))
    elif state is State.READY:
        held += row(button("Create PR", actions.CREATE_PR, Target(spec_id=view.spec_id)))
    elif state is State.PUBLISHED:
        held += row(pull_request_button(view))
    return held


def status(view: SpecView, live_link: str = "") -> Message:
    """The answer to `status` in a thread: the live message's words without its buttons."""
    lines = [f"*{title(view)}*", rail(view), *live.status_lines(view)]
    parts = [short(view), f"as of {at(view.as_of, view.as_of)}", link(live_link, "live message") if live_link else ""]
    return Message(live.sentence(view), [section("\n".join(lines)), context(" · ".join(filter(None, parts)))])


def help_text(situation: str = STARTING, project: str = "", listening: str = "requester") -> Message:
    """Short, by situation: before anything runs, or in the thread of a spec."""
    named = f"\nThis channel's project is *{escape(project, 80)}*." if project else ""
    if situation == RUNNING:
        hears = {
            "mention": "I read what mentions me",
            "all": "I read every reply here",
        }.get(listening, "I read the requester's replies and what mentions me")
        lines = [
            "*In this thread*",
            "`stop`  `status`  `retry`  `approve`  `help` as the whole message do what they say; longer text is never a command.",
            f"{hears}; other replies are comments for the next attempt. `!now …` interrupts.",
            "Slash commands do not work in threads.",
        ]
        return Message("In this thread: stop, status, retry, approve, help.", [section("\n".join(lines))])
    start = [
        "`@Omoi Lock an account after five failed logins`: plan, ask, build, pull request",
        "`@Omoi quick: fix the typo in the footer`: one task, no planning",
        "`/omoi new`: a form with project, mode, branch and gates",
        "On any message: *Turn into a spec* in its menu",
    ]
    look = [
        "`/omoi list`: your newest specs  ·  `/omoi status`: what runs in this channel",
        "`/omoi cancel`: stops a spec; branch and finished work stay  ·  `/omoi retry`: goes on with one that failed or stopped",
        "`/omoi link`  `/omoi projects`  `/omoi settings`: this channel",
        "`/omoi role @person contributor`: who may do what  ·  `/omoi claim CODE`: become the first admin",
        "In a spec's thread: `stop`, `status`, `retry`, `approve`, `help` as the whole message; slash commands do not work there",
    ]
    blocks = [header("Omoi"), section("\n".join(["*Start*" + named, *start])), divider()]
    return Message("How to start with Omoi.", [*blocks, section("\n".join(["*Look and steer*", *look]))])


def comment_taken(author: Who, message: str) -> Message:
    """What happens with somebody's words: the server's own sentence, escaped."""
    words = one_line(message).rstrip(".") or "the next attempt reads it"
    return Message(push("", words[:1].upper() + words[1:], "."), [section(f"{who(author)}: {escape(words, 400)}.")])
