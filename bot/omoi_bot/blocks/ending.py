"""How things end, as new messages in the thread: a failure with Retry, a stop with Resume, ready, the pull request."""

from __future__ import annotations

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import CREATE_PR, DETAILS, RESUME, Target
from omoi_bot.blocks.buttons import is_web, of_spec, pull_request_button, retry_button, view_button
from omoi_bot.blocks.documents import opening
from omoi_bot.blocks.kit import button, context, divider, modal, row, section
from omoi_bot.blocks.live import figures, kept
from omoi_bot.blocks.model import Message, PullRequestView, SpecView, TaskView, View, Who
from omoi_bot.blocks.rail import DONE, FAILED, counts_line
from omoi_bot.blocks.text import at, code, count, escape, push, quote
from omoi_bot.blocks.words import branch, failing_phase, phase_word, short, task_word, title, unfinished, who


def planning_failed(view: SpecView) -> Message:
    """A phase failed for good: what, why, what was kept, Retry."""
    phase = failing_phase(view)
    what = phase_word(phase.name) if phase is not None else "Planning"
    reason = escape((phase.reason if phase else "") or view.reason, 900)
    lines = [f"{FAILED} *{what} failed*{f': {reason}' if reason else ''}", kept(view)]
    text = push(f"{what} of “", view.title or view.description, "” failed; Retry goes on from there.")
    return Message(text, [section("\n".join(filter(None, lines))), context(_about(view)), *_again(view)])


def task_failed(view: SpecView, task: TaskView) -> Message:
    """A task failed: why, what it holds up, Retry."""
    key = task_word(task.key or task.task_id)
    reason = escape(task.reason, 900)
    held_up = [one.key for one in view.tasks if task.key and task.key in one.depends_on and one.status != "SUCCEEDED"]
    lines = [f"{FAILED} *{key} failed*{f': {reason}' if reason else ''}", escape(task.title, 200)]
    if held_up:
        lines.append(f"Waits for it: {', '.join(task_word(one) for one in held_up[:10])}")
    lines.append(counts_line(view))
    text = push(f"{key} of “", view.title or view.description, "” failed; Retry runs it again.")
    return Message(text, [section("\n".join(filter(None, lines))), context(_about(view)), *_again(view, task.task_id)])


def paused(view: SpecView, task: TaskView | None = None) -> Message:
    """A person must do something: what exactly, and Resume (for a task: Retry)."""
    reason = (
        escape(task.reason if task else view.waiting_for or view.reason, 1200) or "a person must do something first"
    )
    what = f"{task_word(task.key or task.task_id)} is paused" if task else "Paused"
    target = Target(spec_id=view.spec_id, task_id=task.task_id if task else "")
    go_on = button("Retry", actions.RETRY, target, "primary") if task else button("Resume", RESUME, target, "primary")
    text = push("“", view.title or view.description, "” is paused until somebody does what it asks for.")
    return Message(text, [section(f"‖ *{what}*: {reason}"), context(_about(view)), *row(go_on)])


def cancelled(view: SpecView, by: Who | None = None, comment: str = "") -> Message:
    """`Stopped. Done: requirements, design, 2 of 5 tasks. Kept: the branch … [Resume]`"""
    named = f" by {who(by)}" if by is not None else ""
    done = f"Done: {escape(view.done, 400)}." if view.done else ""
    lines = [f"*Stopped*{named}. {done} {kept(view)}".replace("  ", " ").strip(), quote(comment or view.reason)]
    text = push("“", view.title or view.description, "” was stopped; Resume goes on.")
    resume = button("Resume", RESUME, Target(spec_id=view.spec_id), "primary")
    return Message(text, [section("\n".join(filter(None, lines))), context(_about(view)), *row(resume)])


def ready(view: SpecView) -> Message:
    """Every task succeeded: `✓ Ready · 5 tasks, 6 commits, checks green · 22 min` and Create PR."""
    lines = [f"{DONE} *Ready* · {figures(view)}", title(view)]
    if view.branch:
        lines.append(f"Branch {branch(view)}")
    text = push("“", view.title or view.description, f"” is ready: {count(view.counts.total, 'task')} done.")
    return Message(text, [section("\n".join(lines)), context(_about(view)), *of_spec(view)])


def incomplete(view: SpecView) -> Message:
    """Nothing runs any more and tasks are missing: which, and what can be done."""
    missing = unfinished(view)
    names = ", ".join(task_word(one) for one in missing[:12]) + (" …" if len(missing) > 12 else "")
    lines = [f"{FAILED} *Not finished*: {count(len(missing), 'task')} missing ({names})", counts_line(view), kept(view)]
    text = push("“", view.title or view.description, f"” stopped with {count(len(missing), 'task')} missing.")
    return Message(text, [section("\n".join(filter(None, lines))), context(_about(view)), *of_spec(view)])


def pull_request(view: SpecView, by: Who | None = None) -> Message:
    """The pull request is open: number, state, what is in it. Raises ValueError when there is none."""
    request = _request(view)
    number = f" #{request.number}" if request.number else ""
    kind = "Draft pull request" if request.state == "draft" else "Pull request"
    state = request.state if request.state in {"merged", "closed"} else "open"
    missing = ", ".join(task_word(one) for one in request.missing_tasks[:12])
    lines = [
        f"{DONE} *{kind}{number} is {state}*{f', made by {who(by)}' if by else ''}",
        title(view),
        f"Opened without {missing}." if missing else figures(view),
        "" if is_web(request.url) else f"At {code(request.url, 300)}",
    ]
    text = push(f"{kind}{number} for “", view.title or view.description, f"” is {state}.")
    row_of = row(pull_request_button(view), _plan(view))
    return Message(text, [section("\n".join(filter(None, lines))), context(_about(view)), *row_of])


def branch_created(view: SpecView) -> Message:
    """The branch stands at the origin."""
    text = push("The branch of “", view.title or view.description, "” is there.")
    create = (
        button("Create PR", CREATE_PR, Target(spec_id=view.spec_id)) if not unfinished(view) and view.tasks else None
    )
    return Message(
        text, [section(f"Branch {branch(view) or 'made'} is at the origin."), context(_about(view)), *row(create)]
    )


def pull_request_view(view: SpecView, body: str = "") -> View:
    """A local pull request as a form: a path is no link. `body` is its Markdown, shown as a document."""
    request = _request(view)
    number = f" #{request.number}" if request.number else ""
    blocks = [section(f"*{title(view)}*\n{figures(view)}")]
    where = f"On the server's machine: {code(request.url, 1000)}"
    if body.strip():
        shown, more = opening(body)
        blocks += [divider(), *shown, divider()]
        where = f"{where}{' (there is more of it)' if more else ''}"
    blocks.append(context(where))
    return modal(f"Pull request{number}", blocks, actions.PR_VIEW, Target(spec_id=view.spec_id))


def _again(view: SpecView, task_id: str = "") -> list[dict[str, object]]:
    target = Target(spec_id=view.spec_id, task_id=task_id)
    retry = button("Retry", actions.RETRY, target, "primary") if task_id else retry_button(view)
    return row(retry, button("Details", DETAILS, target))


def _plan(view: SpecView) -> dict[str, object] | None:
    plan = view.phase_named("TASKS")
    return view_button(view, "TASKS", plan.version) if plan.version else None


def _request(view: SpecView) -> PullRequestView:
    if view.pull_request is None:
        raise ValueError(f"{view.spec_id} has no pull request: build this from a snapshot that has one")
    return view.pull_request


def _about(view: SpecView) -> str:
    return " · ".join(filter(None, [escape(view.project_name, 80), short(view), f"as of {at(view.as_of, view.as_of)}"]))
