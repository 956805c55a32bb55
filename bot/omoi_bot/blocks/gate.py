"""What needs a person: a new message in the thread with mentions and the decision's buttons; later who decided."""

from __future__ import annotations

import re
from datetime import datetime

from omoi_bot.blocks import buttons
from omoi_bot.blocks.kit import context, section
from omoi_bot.blocks.model import GateView, Message, SpecView, Who
from omoi_bot.blocks.rail import rail
from omoi_bot.blocks.text import at, count, date, escape, push, quote
from omoi_bot.blocks.words import document, facts, people, short, title, who

MOST_MENTIONS = 3
MOST_CHANGES = 6

_LINK = re.compile(r"https://[A-Za-z0-9.-]+/[A-Za-z0-9/_.?=&%-]*")

_DECIDED = {"APPROVE": "Approved", "REQUEST_CHANGES": "Changes requested", "REJECT": "Rejected"}


def message(view: SpecView, mentions: tuple[Who, ...] = (), live_link: str = "", far: bool = False) -> Message:
    """The gate that `view.gate` is. At most three people or one group are mentioned; `live_link` is a permalink. `far`: the
    live message is far up in the thread, so that this one also says where the spec stands and who asked for what.

    Raises ValueError when the spec is at no gate.
    """
    gate = _gate_of(view)
    called = " ".join(filter(None, (one.mention for one in mentions[:MOST_MENTIONS])))
    what = f"*{document(gate.phase, gate.version)} is ready for review*"
    figures = f": {facts(gate.facts)}" if gate.facts else ""
    lines = [f"{called}  {what}{figures}".strip(), f"*{title(view)}*"]
    if far:
        lines += [f"{who(view.requester)} asked: “{escape(view.description or view.title, 300)}”", rail(view)]
    lines += changed(gate)
    return Message(sentence(view), [section("\n".join(lines)), _about(view, live_link), *buttons.of_gate(view, gate)])


def direct(view: SpecView, place: str, live_link: str = "") -> Message:
    """The same for an approver who is not in the channel, as a DM; `place` is the channel's name or empty."""
    gate = _gate_of(view)
    named = f" in #{escape(place.lstrip('#'), 80)}" if place else ""
    figures = f": {facts(gate.facts)}" if gate.facts else ""
    lines = [
        f"*{document(gate.phase, gate.version)} is ready for your review*{figures}",
        f"*{title(view)}*, asked by {who(view.requester)}{named}",
        *changed(gate),
    ]
    return Message(sentence(view), [section("\n".join(lines)), _about(view, live_link), *buttons.of_gate(view, gate)])


def reminder(view: SpecView, mentions: tuple[Who, ...] = (), number: int = 1, live_link: str = "") -> Message:
    """Says again that a gate waits, the `number`th time of three. Nothing is decided by time."""
    gate = _gate_of(view)
    called = " ".join(filter(None, (one.mention for one in mentions[:MOST_MENTIONS])))
    since = f" since {at(gate.since, view.as_of)}" if gate.since else ""
    last = " This is the last reminder; it stays open." if number >= 3 else ""
    line = f"{called}  *{document(gate.phase, gate.version)}* waits for a review{since}.{last}".strip()
    text = push(f"Still waiting: {document(gate.phase, gate.version)} of “", view.title, "” needs a review.")
    blocks = [section(f"{line}\n*{title(view)}*"), _about(view, live_link), *buttons.of_gate(view, gate)]
    return Message(text, blocks)


def decided(
    view: SpecView, phase: str, version: int, decision: str, decider: Who | None, when: datetime, comment: str = ""
) -> Message:
    """What every copy of a gate turns into: `decision` is a ReviewDecision without prefix. No buttons."""
    line = decision_line(version, decision, decider, when, view.as_of)
    lines = [line, f"{document(phase)} of *{title(view)}*", quote(comment)]
    text = push(
        f"{_DECIDED.get(decision, 'Decided')}: {document(phase, version)} of “", view.title, f"”, by {_name(decider)}."
    )
    return Message(text, [section("\n".join(filter(None, lines))), context(short(view))])


def decision_line(version: int, decision: str, decider: Who | None, when: datetime, as_of: datetime | None) -> str:
    """`Approved by @mara at 10:14 (v1)`; with the day when no `as_of` says how near `when` is."""
    mark = {"APPROVE": "✓", "REJECT": "✗"}.get(decision, "◆")
    time = f"at {at(when, as_of)}" if as_of else f"on {date(when, '{date_short_pretty} {time}')}"
    return f"{mark} {_DECIDED.get(decision, 'Decided')} by {who(decider)} {time} (v{version})"


def superseded(view: SpecView, phase: str, version: int, newer: int, opened: datetime | None = None) -> Message:
    """An old gate, or the answer to an `approve` that meant it: "That was v1; v2 came at 10:14" with v2's buttons."""
    came = f" came at {at(opened, view.as_of)}" if opened else " is the current one"
    line = f"That was {document(phase, version)}; v{newer}{came}."
    current = view.gate is not None and view.gate.phase == phase and view.gate.version == newer
    held = buttons.of_gate(view, view.gate) if current and view.gate else []
    text = push(f"{document(phase, version)} of “", view.title, f"” is no longer current; v{newer} is.")
    return Message(text, [section(f"{line}\n*{title(view)}*"), *held])


def changes_asked(
    view: SpecView, phase: str, version: int, by: Who | None, comment: str, targets: tuple[str, ...] = ()
) -> Message:
    """`@mara asked for changes to REQ-002: "lock per IP as well". Working on v2.`"""
    names = ", ".join(escape(one, 20) for one in targets[:10]) or document(phase, version)
    line = f"{who(by)} asked for changes to {names}. Working on v{version + 1}."
    text = push(
        f"Changes to {document(phase, version)} of “", view.title, f"” were asked for; v{version + 1} is coming."
    )
    return Message(text, [section("\n".join(filter(None, [line, quote(comment)])))])


def sentence(view: SpecView) -> str:
    """For phones: "Plan v1 of “Lock an account” waits for your approval: 5 tasks in 3 waves"."""
    gate = _gate_of(view)
    figure = escape(gate.facts[0], 40) if gate.facts else ""
    after = f"” waits for your review: {figure}." if figure else "” waits for your review."
    return push(f"{document(gate.phase, gate.version)} of “", view.title or view.description, after)


def changed(gate: GateView) -> list[str]:
    """What a later version changed, a line each."""
    held = [f"• {escape(one, 200)}" for one in gate.changes[:MOST_CHANGES]]
    if (more := len(gate.changes) - MOST_CHANGES) > 0:
        held.append(f"• and {count(more, 'more change')}")
    return held


def link(address: str, label: str) -> str:
    """A link with our own label to one of Slack's permalinks; only the label for anything else."""
    return f"<{address.replace('&', '&amp;')}|{label}>" if _LINK.fullmatch(address) else label


def _about(view: SpecView, live_link: str) -> dict[str, object]:
    parts = [escape(view.project_name, 80), short(view)]
    if view.gate is not None and view.gate.approvers:
        parts.append(f"who decides: {people(view.gate.approvers)}")
    if live_link:
        parts.append(link(live_link, "live message"))
    return context(" · ".join(filter(None, parts)))


def _gate_of(view: SpecView) -> GateView:
    if view.gate is None:
        raise ValueError(f"{view.spec_id} is at no gate: build the gate's message from a snapshot that has one")
    return view.gate


def _name(person: Who | None) -> str:
    return f"@{escape(person.name.lstrip('@'), 30)}" if person is not None and person.name else "a reviewer"
