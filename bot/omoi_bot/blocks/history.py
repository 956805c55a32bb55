"""Timeline, Log and Details: what happened, as views to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import button, context, modal, option, row, section, select
from omoi_bot.blocks.live import kept
from omoi_bot.blocks.model import Block, EventView, LogLine, SpecView, TaskView, View
from omoi_bot.blocks.rail import FAILED
from omoi_bot.blocks.text import at, code, escape, fenced
from omoi_bot.blocks.words import failing_phase, phase_word, short, task_word, title, who

EVENTS_PER_PAGE = 40
LOG_LINES = 40

FILTERS = {
    "all": ("Everything", ()),
    "phases": ("Phases and reviews", ("spec.", "review.")),
    "tasks": ("Tasks", ("task.", "command.", "sandbox.")),
    "people": ("People", ("review.", "comment.", "spec.cancelled", "spec.created", "spec.execution_started")),
    "failures": ("Failures", ()),
}
_FAILURES = ("failed", "lost", "blocked", "retry", "requeued", "paused")


def matches(event: EventView, chosen: str) -> bool:
    """Whether the filter `chosen` (a key of FILTERS; an unknown one is "all") shows `event`."""
    if chosen == "failures":
        return event.type.endswith(_FAILURES)
    kinds = FILTERS.get(chosen, FILTERS["all"])[1]
    return not kinds or event.type.startswith(kinds)


def timeline(view: SpecView, events: tuple[EventView, ...], page: int = 1, chosen: str = "all") -> View:
    """Newest first, 40 to a page, with a filter. `events` is the whole log, oldest first."""
    chosen = chosen if chosen in FILTERS else "all"
    held = [one for one in reversed(events) if matches(one, chosen)]
    of = max(1, -(-len(held) // EVENTS_PER_PAGE))
    number = min(max(page, 1), of)
    target = Target(spec_id=view.spec_id, page=number, key=chosen)
    shown = held[(number - 1) * EVENTS_PER_PAGE : number * EVENTS_PER_PAGE]
    options = [option(words, replace(target, page=1, key=key).value()) for key, (words, _) in FILTERS.items()]
    first = replace(target, page=1, key=chosen).value()
    blocks: list[Block] = [
        section(f"*{title(view)}*"),
        *row(select(options, actions.FILTER, "Show", first)),
        *[section("\n".join(_event(one, view) for one in shown[n : n + 4])) for n in range(0, len(shown), 4)],
    ]
    if not shown:
        blocks.append(section("Nothing of this kind happened yet."))
    back = button("Newer", actions.PAGE_BACK, replace(target, page=number - 1)) if number > 1 else None
    older = button("Older", actions.PAGE_NEXT, replace(target, page=number + 1)) if number < of else None
    name = f"Timeline · {number}/{of}" if of > 1 else "Timeline"
    return modal(name, [*blocks, *row(back, older)], actions.TIMELINE_VIEW, target)


def log(view: SpecView, lines: tuple[LogLine, ...], until: datetime | None = None) -> View:
    """The last 40 lines that workers wrote, oldest on top; `until` is when they were read."""
    held = lines[-LOG_LINES:]
    heading = (
        f"*{title(view)}*\n{short(view)} · the last {len(held)} lines · as of {at(until or view.as_of, view.as_of)}"
    )
    if not held:
        return modal("Log", [section(f"*{title(view)}*\nNo worker wrote anything yet.")], actions.LOG_VIEW, _of(view))
    blocks = [section(heading)]
    blocks += [section(fenced("\n".join(map(_log_line, held[n : n + 10])))) for n in range(0, len(held), 10)]
    again = button("Refresh", actions.LOG, _of(view))
    return modal("Log", [*blocks, context("Times are UTC."), *row(again)], actions.LOG_VIEW, _of(view))


def details(view: SpecView, task: TaskView | None = None, findings: tuple[str, ...] = (), tail: str = "") -> View:
    """A failure in full: what, the reason with its remedy, the evaluator's findings, the last lines of output."""
    phase = failing_phase(view)
    if task is not None:
        what, reason = f"{task_word(task.key or task.task_id)} {escape(task.title, 200)}", task.reason
    else:
        what, reason = (phase_word(phase.name) if phase else "Planning"), (phase.reason if phase else "") or view.reason
    blocks = [
        section(f"*{title(view)}*"),
        section(f"{FAILED} *{what}*\n{escape(reason, 2300) or 'No reason was given.'}"),
    ]
    if task is not None and task.code:
        blocks.append(context(code(task.code, 60)))
    if findings:
        blocks += [section("*What was found*")]
        lines = [f"• {escape(one, 700)}" for one in findings[:20]]
        blocks += [section("\n".join(lines[n : n + 3])) for n in range(0, len(lines), 3)]
    if tail.strip():
        blocks += [section("*Last lines*"), section(fenced(tail))]
    if left := kept(view):
        blocks.append(section(left))
    return modal("Details", blocks, actions.DETAILS_VIEW, _of(view))


def _event(event: EventView, view: SpecView) -> str:
    subject = f"{escape(event.subject, 30)}: " if event.subject else ""
    by = f" ({who(event.who)})" if event.who is not None else ""
    words = escape(event.message, 400) or escape(event.type, 60)
    return f"{at(event.time, view.as_of)}  {subject}{words}{by}"


def _log_line(line: LogLine) -> str:
    return f"{line.time:%H:%M:%S}  {line.text}" if line.time else line.text


def _of(view: SpecView) -> Target:
    return Target(spec_id=view.spec_id)
