"""The first view of each form, from the payload alone: a trigger lives three seconds, and nobody can be asked in that time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.documents import view_title
from omoi_bot.blocks.forms.waiting import loading
from omoi_bot.listeners import payloads

Json = dict[str, Any]
Opener = Callable[[Json], Mapping[str, Any] | None]

NEW, LINK, SETTINGS, ROLE, TURN_INTO = "/omoi new", "/omoi link", "/omoi settings", "/omoi role", "turn_into_spec"
"""Forms that a command or the message shortcut opens, by the names under which the receiver looks for them."""

TITLES = {
    actions.CHANGES: "Request changes",
    actions.REJECT: "Reject",
    actions.CANCEL: "Cancel the spec?",
    actions.FORCE_PR: "Force PR?",
    actions.TIMELINE: "Timeline",
    actions.LOG: "Log",
    actions.DETAILS: "Details",
    actions.VIEW_PR: "Pull request",
    actions.HOME_NEW: "New spec",
    actions.HOME_SETTINGS: "Your settings",
    NEW: "New spec",
    TURN_INTO: "New spec",
    LINK: "Link this channel",
    SETTINGS: "Channel settings",
    ROLE: "Give a role",
}
"""What each form is called while it loads; a view's title takes 24 characters."""


def of_command(name: str) -> Opener:
    """For a command or shortcut: it carries where it was used."""

    def opened(payload: Json) -> Mapping[str, Any]:
        origin = payloads.origin(payload)
        return loading(TITLES[name], Target(channel=origin.channel))

    return opened


def of_click(name: str) -> Opener:
    """For a click. One inside a form opens no other one: the form itself changes."""

    def opened(payload: Json) -> Mapping[str, Any] | None:
        if in_form(payload):
            return None
        try:
            return loading(TITLES[name], payloads.target(payload))
        except ValueError:
            return None

    return opened


def of_document(payload: Json) -> Mapping[str, Any] | None:
    """For [View requirements]: the title names document and version at once."""
    if in_form(payload):
        return None
    try:
        target = payloads.target(payload)
    except ValueError:
        return None
    return loading(view_title(target.phase, target.version), target)


def in_form(payload: Mapping[str, Any]) -> bool:
    """The click was in an open form (not in a message, not in Home)."""
    view = payload.get("view")
    return isinstance(view, dict) and view.get("type") == "modal"


OPENERS: dict[str, Opener] = {
    **{name: of_click(name) for name in TITLES if not name.startswith("/") and name != TURN_INTO},
    **{name: of_command(name) for name in (NEW, LINK, SETTINGS, ROLE, TURN_INTO)},
    actions.VIEW_OUTPUT: of_document,
}
"""By action id, callback id, or "/omoi <word>"."""
