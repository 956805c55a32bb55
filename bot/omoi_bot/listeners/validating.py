"""What is wrong with a submitted form, as far as the form alone shows it: said at once, beside the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from omoi_bot.blocks import actions
from omoi_bot.listeners import ideas, payloads

Json = dict[str, Any]
Errors = dict[str, str]

MAX_COMMENT = 10_000
"""Characters of ReviewPhaseRequest.comment."""

MAX_REASON = 2_000
"""Characters of CancelSpecRequest.reason."""

MAX_BRANCH = 255
"""Characters of LaunchSpecRequest.base_branch."""

MAX_BOTS = 20
"""Apps that a channel may name."""

_GROUP = re.compile(r"(?:<!subteam\^)?(S[A-Z0-9]{2,30})(?:\|[^>]*)?>?")
_APP = re.compile(r"[BUW][A-Z0-9]{2,30}")

GATES = ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS")
ROLES = ("viewer", "contributor", "maintainer")


def launch(payload: Mapping[str, Any]) -> Errors:
    """The launch form."""
    typed = payloads.typed(payload)
    idea = ideas.Idea(_text(typed, actions.DESCRIPTION), _text(typed, actions.TITLE))
    errors: Errors = {}
    if fault := ideas.fault(idea):
        errors[actions.TITLE if len(idea.title) > ideas.MAX_TITLE else actions.DESCRIPTION] = fault
    if not _target_project(typed):
        errors[actions.PROJECT] = "Choose the project that this is for."
    branch = _text(typed, actions.BASE_BRANCH)
    if len(branch) > MAX_BRANCH or any(letter.isspace() for letter in branch):
        errors[actions.BASE_BRANCH] = (
            f"A branch's name has no spaces and at most {MAX_BRANCH} characters. Empty: the default."
        )
    return errors


def changes(payload: Mapping[str, Any]) -> Errors:
    """The form that asks for changes."""
    return _comment(payload, "Say what should change; the next version follows these words.", MAX_COMMENT)


def reject(payload: Mapping[str, Any]) -> Errors:
    """The form that rejects."""
    return _comment(payload, "Say why, so that the requester knows what to ask instead.", MAX_COMMENT)


def cancel(payload: Mapping[str, Any]) -> Errors:
    """The form that cancels; its reason may be empty."""
    return _comment(payload, "", MAX_REASON)


def link(payload: Mapping[str, Any]) -> Errors:
    """The form that links a channel."""
    chosen = _target_project(payloads.typed(payload))
    return {} if chosen else {actions.PROJECT: "Choose the project that this channel works on."}


def role(payload: Mapping[str, Any]) -> Errors:
    """The form that gives a role."""
    typed = payloads.typed(payload)
    errors: Errors = {}
    if not typed.get(actions.PERSON):
        errors[actions.PERSON] = "Choose the person."
    if not _target_project(typed):
        errors[actions.PROJECT] = "Choose the project."
    if typed.get(actions.ROLE) not in ROLES:
        errors[actions.ROLE] = f"Choose one of {', '.join(ROLES)}."
    return errors


def settings(payload: Mapping[str, Any]) -> Errors:
    """The channel's settings."""
    typed = payloads.typed(payload)
    errors: Errors = {}
    if typed.get(actions.LISTENING) not in ("mention", "requester", "all"):
        errors[actions.LISTENING] = "Choose what Omoi hears."
    if typed.get(actions.VERBOSITY) not in ("quiet", "normal", "everything"):
        errors[actions.VERBOSITY] = "Choose how much Omoi says."
    group = _text(typed, actions.USERGROUP)
    if group and not chosen_usergroup(typed):
        errors[actions.USERGROUP] = (
            "This is no id of a user group; one looks like S0123ABCD. Empty: no group is called."
        )
    listed = chosen_bots(typed)
    if wrong := [one for one in listed if _APP.fullmatch(one) is None]:
        errors[actions.BOTS] = f"“{wrong[0][:40]}” is no id of an app; one looks like B0123ABCD or U0123ABCD."
    elif len(listed) > MAX_BOTS:
        errors[actions.BOTS] = f"At most {MAX_BOTS} apps can be named."
    return errors


VALIDATORS: dict[str, Callable[[Json], Errors]] = {
    actions.LAUNCH_FORM: launch,
    actions.CHANGES_FORM: changes,
    actions.REJECT_FORM: reject,
    actions.CANCEL_FORM: cancel,
    actions.LINK_FORM: link,
    actions.ROLE_FORM: role,
    actions.SETTINGS_FORM: settings,
}
"""By callback_id; each gives errors by block id."""


def chosen_project(typed: Mapping[str, Any]) -> str:
    """The project id that a form's project field holds; empty for none."""
    return _target_project(typed)


def chosen_usergroup(typed: Mapping[str, Any]) -> str:
    """The user group's id, typed as it is or as a mention of it; empty for none."""
    found = _GROUP.fullmatch(_text(typed, actions.USERGROUP))
    return found.group(1) if found else ""


def chosen_bots(typed: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of apps as they were typed, each once; a mention of one counts as its id."""
    words = _text(typed, actions.BOTS).replace(",", " ").split()
    return tuple(dict.fromkeys(word.removeprefix("<@").removesuffix(">").partition("|")[0] for word in words))


def chosen_gates(typed: Mapping[str, Any]) -> tuple[str, ...]:
    """The phases that are ticked, in order; what is no phase is left out."""
    held = typed.get(actions.GATES) or ()
    return tuple(name for name in GATES if name in held)


def _target_project(typed: Mapping[str, Any]) -> str:
    try:
        return actions.read(str(typed.get(actions.PROJECT) or "")).project_id
    except ValueError:
        return ""


def _comment(payload: Mapping[str, Any], missing: str, most: int) -> Errors:
    text = _text(payloads.typed(payload), actions.COMMENT)
    if missing and not text:
        return {actions.COMMENT: missing}
    if len(text) > most:
        return {actions.COMMENT: f"This has {len(text):,} characters; at most {most:,} are possible. Shorten it."}
    return {}


def _text(typed: Mapping[str, Any], name: str) -> str:
    return str(typed.get(name) or "").strip()
