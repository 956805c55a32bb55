"""Block Kit's parts as functions. Strings handed to `mrkdwn`, `section` and `context` are mrkdwn that text.py made safe;
labels and titles are cleaned here. https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from omoi_bot.blocks import actions, limits, limits_elements
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.model import Block, Message, View
from omoi_bot.blocks.text import plain, split, typed

Element = dict[str, Any]
NOTHING = "–"
"""Stands where a text would be empty, which Slack refuses."""


def mrkdwn(text: str) -> Element:
    """`verbatim`: addresses and channel names in it do not turn into links."""
    return {"type": "mrkdwn", "text": text or NOTHING, "verbatim": True}


def plain_text(text: str, limit: int) -> Element:
    """Cleaned and cut. Emoji codes such as `:x:` stay letters."""
    return {"type": "plain_text", "text": plain(text, limit) or NOTHING, "emoji": False}


def section(text: str, accessory: Element | None = None) -> Block:
    found: Block = {"type": "section", "text": mrkdwn(text)}
    return found if accessory is None else {**found, "accessory": accessory}


def sections(text: str) -> list[Block]:
    """Any amount of mrkdwn in as many sections as it takes."""
    return [section(piece) for piece in split(text)]


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts if text][: limits.CONTEXT] or [mrkdwn("")]}


def header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, limits.HEADER)}


def divider() -> Block:
    return {"type": "divider"}


def row(*elements: Element | None) -> list[Block]:
    """An actions block with the elements that are there; nothing without any."""
    held = [one for one in elements if one is not None]
    return [{"type": "actions", "elements": held}] if held else []


def button(
    label: str, action: str, target: Target, style: str = "", confirm: Element | None = None, url: str = ""
) -> Element:
    """A button; with `url` (http or https only, checked by the caller) it opens that address as well."""
    found: Element = {
        "type": "button",
        "action_id": action,
        "text": plain_text(label, limits_elements.BUTTON),
        "value": target.value(),
    }
    extra = {"style": style, "confirm": confirm, "url": url}
    return found | {key: value for key, value in extra.items() if value}


def asking(title: str, text: str, yes: str, no: str = "Back", danger: bool = False) -> Element:
    """A confirmation dialogue; `text` is cleaned here."""
    found: Element = {
        "title": plain_text(title, limits_elements.CONFIRM_TITLE),
        "text": plain_text(text, limits_elements.CONFIRM_TEXT),
        "confirm": plain_text(yes, limits_elements.CONFIRM_BUTTON),
        "deny": plain_text(no, limits_elements.CONFIRM_BUTTON),
    }
    return {**found, "style": "danger"} if danger else found


def menu(entries: Sequence[tuple[str, Target]]) -> Element | None:
    """The overflow menu: label and target of each entry, whose `action` says which it is. Needs two, shows five."""
    if len(entries) < 2:
        return None
    options = [option(label, target.value()) for label, target in entries[: limits_elements.OVERFLOW]]
    return {"type": "overflow", "action_id": actions.MENU, "options": options}


def option(label: str, value: str, description: str = "") -> Element:
    found: Element = {"text": plain_text(label, limits_elements.OPTION), "value": value}
    return {**found, "description": plain_text(description, limits_elements.OPTION)} if description else found


def select(
    options: Sequence[Element], action: str, placeholder: str, chosen: str = "", several: bool = False,
    chosen_values: Sequence[str] = (),
) -> Element:  # fmt: skip
    """A select menu that Slack lets people search; more than 100 options become groups of 100."""
    most = limits_elements.OPTIONS
    held = list(options)[: most * most]
    found: Element = {
        "type": "multi_static_select" if several else "static_select",
        "action_id": action,
        "placeholder": plain_text(placeholder, limits_elements.PLACEHOLDER),
    }
    if len(held) <= most:
        found["options"] = held
    else:
        found["option_groups"] = [
            {"label": plain_text(f"{n + 1} to {min(n + most, len(held))}", 75), "options": held[n : n + most]}
            for n in range(0, len(held), most)
        ]
    wanted = {chosen, *chosen_values} - {""}
    initial = [one for one in held if one["value"] in wanted]
    if initial:
        found |= {"initial_options": initial} if several else {"initial_option": initial[0]}
    return found


def choices(kind: str, options: Sequence[Element], chosen: Iterable[str] = ()) -> Element:
    """`checkboxes` or `radio_buttons`, at most ten."""
    held = list(options)[: limits_elements.CHOICES]
    wanted = set(chosen)
    initial = [one for one in held if one["value"] in wanted]
    found: Element = {"type": kind, "action_id": actions.FIELD, "options": held}
    if initial:
        found |= {"initial_options": initial} if kind == "checkboxes" else {"initial_option": initial[0]}
    return found


def text_input(text: str = "", several_lines: bool = False, most: int = 3000, placeholder: str = "") -> Element:
    """A text box that already holds `text` (cut to `most`)."""
    found: Element = {"type": "plain_text_input", "action_id": actions.FIELD, "max_length": most}
    if several_lines:
        found["multiline"] = True
    if held := typed(text, most):
        found["initial_value"] = held
    if placeholder:
        found["placeholder"] = plain_text(placeholder, limits_elements.PLACEHOLDER)
    return found


def field(name: str, label: str, element: Element, optional: bool = False, hint: str = "") -> Block:
    """An input block called `name`."""
    found: Block = {
        "type": "input",
        "block_id": name,
        "label": plain_text(label, 150),
        "element": element,
        "optional": optional,
    }
    return {**found, "hint": plain_text(hint, 300)} if hint else found


def modal(
    title: str, blocks: Sequence[Block], callback: str, target: Target, submit: str = "", close: str = "Close"
) -> View:
    """A form, or without `submit` a view to read. `target` comes back as its private_metadata."""
    found: View = {
        "type": "modal",
        "callback_id": callback,
        "title": plain_text(title, limits.VIEW_TITLE),
        "close": plain_text(close, limits.VIEW_TITLE),
        "private_metadata": target.value(),
        "blocks": list(blocks),
    }
    return {**found, "submit": plain_text(submit, limits.VIEW_TITLE)} if submit else found


def said(text: str, *more: Block) -> Message:
    """A message whose only section says the same as its text."""
    return Message(text, [*sections(text), *more])
