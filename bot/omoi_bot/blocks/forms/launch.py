"""The launch form: `/omoi new`, the message shortcut, New spec on Home."""

from __future__ import annotations

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import choices, context, field, modal, option, section, select, text_input
from omoi_bot.blocks.model import REVIEWED, Block, LaunchView, ProjectView, View
from omoi_bot.blocks.text import count, escape
from omoi_bot.blocks.words import DOCUMENT

FULL = "FULL"
QUICK = "QUICK"
WITH = "with"

_MODES = (
    option("Spec-Driven", FULL, "Requirements, design and tasks first"),
    option("Quick task", QUICK, "One task, no planning"),
)


def launch_form(state: LaunchView) -> View:
    """Title (may be empty), description, project, mode, base branch, gates; with what `state` already knows.

    Without a project to choose the form says what to do and has nothing to submit.
    """
    target = Target(channel=state.channel, thread_ts=state.thread_ts, key=state.message_ts)
    if not state.projects:
        words = (
            "You can see no project. An admin gives you a role with `/omoi role`, or links a channel with `/omoi link`."
        )
        return modal("New spec", [section(words)], actions.LAUNCH_FORM, target)
    blocks: list[Block] = []
    if state.from_thread:
        blocks.append(context(f"{count(state.from_thread, 'message')} of the thread come along as background."))
    blocks += [
        field(actions.DESCRIPTION, "What should be built?", text_input(state.description, True)),
        field(actions.TITLE, "Title", text_input(state.title, most=200), True, "Empty: the first sentence."),
        field(actions.PROJECT, "Project", project_input(state.projects, state.project_id)),
        field(actions.MODE, "Mode", choices("radio_buttons", _MODES, [QUICK if state.quick else FULL])),
        field(actions.GATES, "Ask me after", gates_input(state.gates), True, "A project's own gates always hold."),
        field(
            actions.BASE_BRANCH, "Base branch", text_input(state.base_branch, most=200), True,
            "Empty: the project's default branch.",
        ),
    ]  # fmt: skip
    if state.private or state.from_thread:
        held = option("Quote this conversation in the pull request", WITH)
        blocks.append(field(actions.DISCUSSION, "Discussion", choices("checkboxes", [held]), optional=True))
    return modal("New spec", blocks, actions.LAUNCH_FORM, target, "Start", "Cancel")


def gates_input(chosen: tuple[str, ...]) -> dict[str, object]:
    """Checkboxes with the phases that a gate can stand behind."""
    return choices("checkboxes", [option(DOCUMENT[name], name) for name in REVIEWED], chosen)


def project_input(projects: tuple[ProjectView, ...], chosen: str = "") -> dict[str, object]:
    """A select menu of projects; each value is a Target with the project_id. The only project is chosen at first."""
    found: dict[str, dict[str, object]] = {}
    for one in projects:
        value = Target(project_id=one.project_id).value()
        found.setdefault(value, option(one.name, value, one.repository))
    wanted = chosen or (projects[0].project_id if len(projects) == 1 else "")
    first = Target(project_id=wanted).value() if wanted else ""
    return select(list(found.values()), actions.FIELD, "Choose a project", first)


def described(state: LaunchView) -> str:
    """One line for the loading form: the words that the form will hold."""
    return escape(state.title or state.description, 150)
