"""What a form shows while its content is on the way, and when it cannot come. A trigger lives three seconds, so every form
opens at once from what the click carried and is filled later by views.update."""

from __future__ import annotations

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import button, field, modal, row, section, sections, text_input
from omoi_bot.blocks.model import Block, View
from omoi_bot.blocks.text import escape, paragraphs


def loading(title: str, target: Target, what: str = "") -> View:
    """Opens at once; `title` and `what` come from the click."""
    held = f"*{escape(what, 200)}*\nLoading…" if escape(what, 200) else "Loading…"
    return modal(title, [section(held)], actions.LOADING, target)


def trouble(title: str, reason: str, target: Target, typed: str = "", again: bool = True) -> View:
    """The content cannot be shown: `reason` with its remedy, Try again (`target.action` says what), and the text that a
    person typed, in a box to copy from or send again."""
    blocks: list[Block] = [section(paragraphs(reason, 2000) or "The server does not answer.")]
    if again:
        blocks += row(button("Try again", actions.TRY_AGAIN, target, "primary"))
    if not typed.strip():
        return modal(title, blocks, actions.TROUBLE, target)
    blocks.append(field(actions.TYPED, "Your text", text_input(typed, several_lines=True), optional=True))
    return modal(title, blocks, actions.TROUBLE, target, submit="Send again")


def kept_text(reason: str, typed: str) -> list[Block]:
    """For a DM when the form is gone: the reason and the whole typed text, so that nothing is lost."""
    held = paragraphs(typed, 11_000)
    lines = [section(paragraphs(reason, 1500) or "This could not be done."), section("Your text:")]
    return [*lines, *sections(held)]
