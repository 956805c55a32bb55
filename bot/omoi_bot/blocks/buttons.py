"""The buttons that fit a state: at most three, and one menu. On a phone each button is a row of its own.

A menu in Slack has one confirmation for all its entries, so what must be asked again there (Cancel, Reject, Force PR)
opens a form instead; only buttons carry a dialogue.
"""

from __future__ import annotations

import re
from dataclasses import replace

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import Element, asking, button, menu, row
from omoi_bot.blocks.model import REVIEWED, Block, GateView, SpecView
from omoi_bot.blocks.text import count
from omoi_bot.blocks.words import DOCUMENT, PHASE, State, state_of, tasks_of, unfinished, view_label

_WEB = re.compile(r"https?://[A-Za-z0-9][^\s<>|\"'\\^`{}\x00-\x20\x7f-\uffff]*")

_ENTRIES = {
    actions.TIMELINE: "Timeline",
    actions.LOG: "Log",
    actions.DETAILS: "Details",
    actions.CREATE_BRANCH: "Create branch",
    actions.DRAFT_PR: "Create draft PR",
    actions.FORCE_PR: "Force PR…",
    actions.REJECT: "Reject…",
    actions.CANCEL: "Cancel…",
}

_MENUS: dict[State, tuple[str, ...]] = {
    State.DRAFT: (actions.TIMELINE, actions.CANCEL),
    State.QUEUED: (actions.TIMELINE, actions.LOG, actions.CANCEL),
    State.STARTING: (actions.TIMELINE, actions.LOG, actions.CANCEL),
    State.PLANNING: (actions.TIMELINE, actions.LOG, actions.CANCEL),
    State.REVIEW: (actions.TIMELINE, actions.LOG, actions.CREATE_BRANCH, actions.REJECT, actions.CANCEL),
    State.BUILDING: (actions.TIMELINE, actions.LOG, actions.FORCE_PR, actions.CANCEL),
    State.PAUSED: (actions.DETAILS, actions.TIMELINE, actions.LOG, actions.CANCEL),
    State.FAILED: (actions.TIMELINE, actions.LOG, actions.CANCEL),
    State.INCOMPLETE: (actions.TIMELINE, actions.LOG, actions.FORCE_PR, actions.CANCEL),
    State.CANCELLED: (actions.TIMELINE, actions.LOG),
    State.READY: (actions.DRAFT_PR, actions.CREATE_BRANCH, actions.TIMELINE, actions.LOG),
    State.PUBLISHED: (actions.TIMELINE, actions.LOG),
}


def of_spec(view: SpecView) -> list[Block]:
    """The row of buttons for the state that `view` is in."""
    return row(*_primary(view, state_of(view)), menu_of(view))


def of_gate(view: SpecView, gate: GateView) -> list[Block]:
    """[Approve plan v1] [Request changes] [View plan], and the menu with Reject."""
    return row(*_gate(view, gate), menu_of(view))


def menu_of(view: SpecView) -> Element | None:
    """The overflow menu of the state; Reject carries phase and version (the digest is read by version)."""
    entries = []
    for action in _MENUS[state_of(view)]:
        if action == actions.FORCE_PR and not (view.counts.succeeded and unfinished(view)):
            continue
        if action == actions.CREATE_BRANCH and view.commits:
            continue
        target = Target(action=action, spec_id=view.spec_id)
        if action == actions.REJECT and view.gate is not None:
            target = replace(target, phase=view.gate.phase, version=view.gate.version)
        entries.append((_ENTRIES[action], target))
    return menu(entries)


def view_button(view: SpecView, phase: str, version: int) -> Element:
    """Opens a phase's document."""
    return button(view_label(phase), actions.VIEW_OUTPUT, _at(view, phase, version))


def pull_request_button(view: SpecView) -> Element | None:
    """A link for a web address; a path is no link, so it opens as a form. None without a pull request."""
    if view.pull_request is None:
        return None
    number = f" #{view.pull_request.number}" if view.pull_request.number else ""
    target = Target(spec_id=view.spec_id)
    if is_web(view.pull_request.url):
        return button(f"Open pull request{number}", actions.OPEN_PR, target, url=view.pull_request.url)
    return button(f"View pull request{number}", actions.VIEW_PR, target)


def is_web(url: str) -> bool:
    """An http or https address with nothing in it that could end a link early."""
    return len(url) <= 3000 and _WEB.fullmatch(url) is not None


def retry_button(view: SpecView, style: str = "primary") -> Element:
    return button("Retry", actions.RETRY, Target(spec_id=view.spec_id), style)


def _primary(view: SpecView, state: State) -> list[Element | None]:
    target = Target(spec_id=view.spec_id)
    if state is State.REVIEW and view.gate is not None:
        return _gate(view, view.gate)
    if state is State.DRAFT:
        return [button("Start", actions.RESUME, target, "primary")]
    if state is State.PAUSED and view.counts.paused:
        return [retry_button(view), _newest(view)]
    if state in {State.PAUSED, State.CANCELLED}:
        return [button("Resume", actions.RESUME, target, "primary"), _newest(view)]
    if state in {State.FAILED, State.INCOMPLETE}:
        return [retry_button(view), button("Details", actions.DETAILS, target), _newest(view)]
    if state is State.READY:
        return [button("Create PR", actions.CREATE_PR, target, "primary"), _newest(view)]
    if state is State.PUBLISHED:
        retry = retry_button(view, "") if view.counts.failed else None
        return [pull_request_button(view), retry, _newest(view)]
    return [_newest(view)]


def _gate(view: SpecView, gate: GateView) -> list[Element | None]:
    target = _at(view, gate.phase, gate.version, gate.digest)
    word = DOCUMENT.get(gate.phase, PHASE.get(gate.phase, "phase")).lower()
    approve = button(f"Approve {word} v{gate.version}", actions.APPROVE, target, "primary", _approving(gate, word))
    return [
        approve,
        button("Request changes", actions.CHANGES, target),
        button(view_label(gate.phase), actions.VIEW_OUTPUT, target),
    ]


def _approving(gate: GateView, word: str) -> Element:
    number = tasks_of(gate)
    title = f"Approve {word} v{gate.version}"
    if gate.phase == "TASKS":
        return asking(title, f"Starts {count(number, 'task')}." if number else "Starts the tasks.", "Start")
    later = [name for name in REVIEWED if name in DOCUMENT][1:]
    behind = later[later.index(gate.phase) + 1 :] if gate.phase in later else later
    text = f"Goes on with {PHASE[behind[0]].lower()}." if behind and gate.phase in REVIEWED else "Goes on."
    return asking(title, text, "Approve")


def _newest(view: SpecView) -> Element | None:
    """The newest document that exists, the one that says most about what is being done."""
    made = [one for one in view.phases if one.version and one.name in REVIEWED[1:]]
    return view_button(view, made[-1].name, made[-1].version) if made else None


def _at(view: SpecView, phase: str, version: int, digest: str = "") -> Target:
    return Target(spec_id=view.spec_id, phase=phase, version=version, digest=digest)
