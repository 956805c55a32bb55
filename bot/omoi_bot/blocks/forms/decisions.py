"""Forms about a running spec: request changes, reject, cancel, force the pull request."""

from __future__ import annotations

from omoi_bot.blocks import actions, limits_elements
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import choices, field, modal, option, section, select, text_input
from omoi_bot.blocks.model import Block, GateView, RequirementView, SpecView, View
from omoi_bot.blocks.rail import counts_line
from omoi_bot.blocks.text import count, escape, plain
from omoi_bot.blocks.words import document, short, task_word, title, unfinished

MOST_NAMED = 40


def changes_form(
    view: SpecView, requirements: tuple[RequirementView, ...] = (), comment: str = "", ticked: tuple[str, ...] = ()
) -> View:
    """One box and the requirements to tick: up to 10 as checkboxes, more as a list with search. `comment` and `ticked`
    are kept from an earlier try."""
    gate = view.gate
    name = document(gate.phase, gate.version) if gate else "this version"
    blocks: list[Block] = [
        section(f"*{title(view)}*\nChanges to {name}; what you do not name stays as it is."),
        field(actions.COMMENT, "What should change?", text_input(comment, True, placeholder="Lock per IP as well")),
    ]
    options = _requirement_options(requirements)
    if options:
        few = len(options) <= limits_elements.CHOICES
        element = (
            choices("checkboxes", options, ticked)
            if few
            else select(options, actions.FIELD, "Search requirements", several=True, chosen_values=ticked)
        )
        blocks.append(field(actions.REQUIREMENTS, "Which requirements?", element, optional=True))
    return modal("Request changes", blocks, actions.CHANGES_FORM, _gate_target(view), "Request changes", "Back")


def reject_form(view: SpecView, comment: str = "") -> View:
    """Reject asks again, and for the reason."""
    gate = view.gate
    name = document(gate.phase, gate.version) if gate else "this version"
    blocks = [
        section(f"*{title(view)}*\nRejecting {name} cancels {short(view)}. What was written so far is kept."),
        field(
            actions.COMMENT, "Why?", text_input(comment, True), hint="Kept with the decision and shown in the thread."
        ),
    ]
    return modal("Reject", blocks, actions.REJECT_FORM, _gate_target(view), "Reject", "Back")


def cancel_form(view: SpecView, comment: str = "") -> View:
    """Cancel asks again and says what is kept."""
    state = counts_line(view)
    blocks = [
        section(f"*{title(view)}*\nStops {short(view)} now. Branch and finished work stay; Resume goes on later."),
        *([section(state)] if state else []),
        field(actions.COMMENT, "Reason", text_input(comment), optional=True),
    ]
    return modal("Cancel the spec?", blocks, actions.CANCEL_FORM, Target(spec_id=view.spec_id), "Cancel it", "Back")


def force_form(view: SpecView) -> View:
    """Force PR names every task that is missing, and asks again."""
    titles = {one.key or one.task_id: (one.title, one.status) for one in view.tasks}
    missing = unfinished(view)
    lines = []
    for key in missing[:MOST_NAMED]:
        words, status = titles[key]
        lines.append(f"• {task_word(key)} {escape(words, 150)} ({escape(status.lower(), 20)})")
    if (more := len(missing) - MOST_NAMED) > 0:
        lines.append(f"• and {more} more")
    blocks = [
        section(f"*{title(view)}*\nThe pull request would lack {count(len(missing), 'task')}; its first line says so."),
        *[section("\n".join(lines[start : start + 10])) for start in range(0, len(lines), 10)],
    ]
    return modal("Force PR?", blocks, actions.FORCE_FORM, Target(spec_id=view.spec_id), "Open it anyway", "Back")


def _requirement_options(requirements: tuple[RequirementView, ...]) -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for one in requirements:
        value = plain(one.requirement_id, 75)
        if value:
            found.setdefault(value, option(f"{value} {one.title}", value))
    return list(found.values())


def _gate_target(view: SpecView) -> Target:
    gate = view.gate or GateView("", 0, "")
    return Target(spec_id=view.spec_id, phase=gate.phase, version=gate.version, digest=gate.digest)
