"""A phase's result in the thread: two lines and its View button."""

from __future__ import annotations

from omoi_bot.blocks.buttons import view_button
from omoi_bot.blocks.gate import link
from omoi_bot.blocks.kit import context, row, section
from omoi_bot.blocks.model import DOCUMENT_PHASES, Message, PhaseView, SpecView
from omoi_bot.blocks.text import count, escape, lasted, push
from omoi_bot.blocks.words import document, facts, short, title

MOST_CHANGES = 8


def phase(view: SpecView, name: str, verbosity: str = "normal", live_link: str = "") -> Message | None:
    """What phase `name` came to, or None when the channel's `verbosity` (quiet, normal, everything) leaves it out:
    quiet shows no results, normal those with a document to read, everything also what the exploration found."""
    held = view.phase_named(name)
    wanted = {"quiet": (), "normal": DOCUMENT_PHASES[1:], "everything": DOCUMENT_PHASES}.get(
        verbosity, DOCUMENT_PHASES[1:]
    )
    if name not in wanted:
        return None
    lines = [f"✓ *{document(name, held.version)}*{_figures(held)}", *_changes(held)]
    about = " · ".join(
        filter(None, [title(view, 120), short(view), link(live_link, "live message") if live_link else ""])
    )
    look = row(view_button(view, name, held.version)) if held.version else []
    text = push(f"{document(name, held.version)} of “", view.title or view.description, "” is written.")
    return Message(text, [section("\n".join(lines)), context(about), *look])


def _figures(held: PhaseView) -> str:
    parts = [facts(held.facts)] if held.facts else []
    if held.score is not None:
        parts.append(f"score {held.score:.2f}")
    if held.duration_ms > 0:
        parts.append(lasted(held.duration_ms / 1000))
    return f": {' · '.join(parts)}" if parts else ""


def _changes(held: PhaseView) -> list[str]:
    """For a later version: what differs from the one before."""
    lines = [f"• {escape(one, 200)}" for one in held.changes[:MOST_CHANGES]]
    if (more := len(held.changes) - MOST_CHANGES) > 0:
        lines.append(f"• and {count(more, 'more change')}")
    return lines
