"""App Home: waiting for you, running, recent, the board of one project, settings. At most 100 blocks, so it has pages."""

from __future__ import annotations

from dataclasses import replace

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.answers import listed
from omoi_bot.blocks.buttons import of_gate
from omoi_bot.blocks.kit import button, context, divider, header, option, row, section, select
from omoi_bot.blocks.live import status_lines
from omoi_bot.blocks.model import Block, ColumnView, HomeView, SpecView, View
from omoi_bot.blocks.text import at, code, count, escape
from omoi_bot.blocks.words import document, facts, short, title, who

MOST_BLOCKS = 90
"""Blocks of a page; Slack takes 100, the rest is for page buttons."""

MOST_BYTES = 200_000
MOST_RECENT = 10
CARDS_PER_COLUMN = 10

Chunk = list[Block]
"""Blocks that stay together on a page."""


def view(state: HomeView, page: int = 1) -> View:
    """Page `page` (from 1) of somebody's Home."""
    held = _paged(_chunks(state))
    number = min(max(page, 1), len(held))
    target = Target(page=number)
    back = button("Back", actions.HOME_BACK, replace(target, page=number - 1)) if number > 1 else None
    further = button("Next", actions.HOME_NEXT, replace(target, page=number + 1)) if number < len(held) else None
    count_of = f"Page {number} of {len(held)} · " if len(held) > 1 else ""
    blocks = [*held[number - 1], *row(back, further), context(f"{count_of}as of {at(state.as_of, state.as_of)}")]
    return {"type": "home", "callback_id": "home", "private_metadata": target.value(), "blocks": blocks}


def pages(state: HomeView) -> int:
    """How many pages Home has, at least 1."""
    return len(_paged(_chunks(state)))


def _chunks(state: HomeView) -> list[Chunk]:
    new = button("New spec", actions.HOME_NEW, Target(), "primary")
    chunks: list[Chunk] = [row(new, button("Settings", actions.HOME_SETTINGS, Target()))]
    if state.notice:
        chunks.append([section(escape(state.notice, 1500))])
    chunks.append([header("Waiting for you")])
    chunks += [_waiting(one) for one in state.waiting] or [[section("Nothing waits for you.")]]
    chunks.append([header("Running")])
    chunks += [_running(one) for one in state.running] or [
        [section("Nothing runs. Mention me with an idea in a channel, or type `/omoi new`.")]
    ]
    chunks.append([header("Recent")])
    recent = [listed(one) for one in state.recent[:MOST_RECENT]]
    chunks += recent or [[section("Nothing yet. What you finish appears here.")]]
    chunks += _board(state)
    return [*chunks, _settings(state)]


def _waiting(spec: SpecView) -> Chunk:
    if spec.gate is None:
        return listed(spec)
    figures = f": {facts(spec.gate.facts)}" if spec.gate.facts else ""
    since = f" since {at(spec.gate.since, spec.as_of)}" if spec.gate.since else ""
    about = " · ".join(filter(None, [escape(spec.project_name, 60), short(spec), f"asked by {who(spec.requester)}"]))
    lines = [f"*{title(spec, 200)}*", f"*{document(spec.gate.phase, spec.gate.version)}* waits{since}{figures}", about]
    return [section("\n".join(lines)), *of_gate(spec, spec.gate)]


def _running(spec: SpecView) -> Chunk:
    about = " · ".join(filter(None, [escape(spec.project_name, 60), short(spec)]))
    open_it = button("Open", actions.HOME_OPEN, Target(spec_id=spec.spec_id))
    return [section("\n".join([f"*{title(spec, 200)}*", *status_lines(spec)[:1], about]), open_it)]


def _board(state: HomeView) -> list[Chunk]:
    chunks: list[Chunk] = [[divider(), header("Board")]]
    if not state.projects:
        return [
            *chunks,
            [section("You can see no project yet. An admin gives you a role, or links a channel you are in.")],
        ]
    options: dict[str, Block] = {}
    for one in state.projects:
        value = Target(project_id=one.project_id).value()
        options.setdefault(value, option(one.name, value))
    chosen = Target(project_id=state.project.project_id).value() if state.project else ""
    chunks.append(row(select(list(options.values()), actions.HOME_PROJECT, "Choose a project", chosen)))
    if state.project is None:
        return chunks
    if not any(column.cards for column in state.board):
        name = escape(state.project.name, 80)
        return [
            *chunks,
            [section(f"The board of *{name}* is empty. A spec puts its ticket here once its plan is approved.")],
        ]
    return [*chunks, *[_column(column) for column in state.board if column.cards]]


def _column(column: ColumnView) -> Chunk:
    cards = column.cards[:CARDS_PER_COLUMN]
    name = escape(column.name.replace("_", " ").capitalize(), 40) or "Column"
    lines = [f"*{name}* · {count(len(column.cards), 'ticket')}"]
    for card in cards:
        state = f" ({escape(card.status.lower().replace('_', ' '), 30)})" if card.status else ""
        lines.append(f"• {escape(card.title, 160) or '(no title)'}{state}")
    if (more := len(column.cards) - len(cards)) > 0:
        lines.append(f"• and {more} more")
    return [section("\n".join(lines))]


def _settings(state: HomeView) -> Chunk:
    zone = f"Your zone: {code(state.timezone, 60)}. " if state.timezone else ""
    reminders = "Reviews are reminded of after 3 working hours." if state.reminders else "Reviews are not reminded of."
    return [divider(), context(f"{zone}{reminders}")]


def _paged(chunks: list[Chunk]) -> list[Chunk]:
    found: list[Chunk] = [[]]
    size = 0
    for chunk in chunks:
        length = len(str(chunk).encode("utf-8", "replace"))
        if found[-1] and (len(found[-1]) + len(chunk) > MOST_BLOCKS or size + length > MOST_BYTES):
            found.append([])
            size = 0
        found[-1] += chunk
        size += length
    return found
