"""Clicks: in messages, in the menu, in open forms and in Home. Each is answered; the server decides what is allowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omoi_bot.blocks import actions, answers, buttons
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.kit import row, said
from omoi_bot.listeners import (
    decisions,
    filling,
    home,
    offers,
    payloads,
    publishing,
    reading_views,
    running,
    writing_views,
)
from omoi_bot.listeners.filling import Fill
from omoi_bot.listeners.turn import Told, Turn

Click = Callable[[Turn, Target], Awaitable[None]]

_OLD = (
    "This button is of an older version of Omoi and does nothing any more. Type `status` in the thread for newer ones."
)
_ODD = "I could not read what this button is about. Open the message or form again."


async def clicked(turn: Turn) -> None:
    """A click on one of our buttons, menus or lists."""
    if _is_input(turn):
        return  # an input of a form told that it changed; what counts is the submission
    try:
        name, target = payloads.action_name(turn.payload), payloads.target(turn.payload)
    except ValueError as error:
        raise Told(_ODD) from error
    if name in (actions.OPEN_PR, actions.OPEN_THREAD):
        return  # a link: Slack tells of the click and opens it by itself
    if name in (actions.PAGE_NEXT, actions.PAGE_BACK, actions.GOTO, actions.FILTER):
        await _turn_page(turn, target)
    elif name == actions.TRY_AGAIN:
        await _try_again(turn, target)
    elif name in FORMS:
        await filling.fill(turn, name, target, FORMS[name])
    elif name in CLICKS:
        await CLICKS[name](turn, target)
    else:
        raise Told(_OLD)


async def _approve(turn: Turn, target: Target) -> None:
    await decisions.decide(turn, target.spec_id, target.phase, target.version, target.digest, "APPROVE")


async def _again(turn: Turn, target: Target) -> None:
    if target.task_id:
        await running.task_again(turn, target.spec_id, target.task_id)
    else:
        await running.again(turn, target.spec_id)


async def _branch(turn: Turn, target: Target) -> None:
    await turn.tell(await publishing.create_branch(turn, target.spec_id))


async def _pull_request(turn: Turn, target: Target) -> None:
    await _opened(turn, target, draft=False)


async def _draft(turn: Turn, target: Target) -> None:
    await _opened(turn, target, draft=True)


async def _opened(turn: Turn, target: Target, *, draft: bool) -> None:
    """A new one is told in the thread by the report; who clicked for one that exists gets its link in private."""
    made = await publishing.create_pull_request(turn, target.spec_id, draft=draft)
    if made.existed:
        view = await turn.desk.backend.snapshot(target.spec_id)
        await turn.tell(said("The pull request is there already.", *row(buttons.pull_request_button(view))))


async def _status(turn: Turn, target: Target) -> None:
    omoi = await turn.omoi()
    await omoi.get_spec(target.spec_id)
    await turn.tell(answers.status(await turn.desk.backend.snapshot(target.spec_id)))


async def _turn_page(turn: Turn, target: Target) -> None:
    view = turn.payload.get("view") or {}
    found = reading_views.PAGES.get(str(view.get("callback_id") or ""))
    if found is None:
        raise Told(_OLD)
    name, content = found
    await filling.fill(turn, name, target, content)


async def _try_again(turn: Turn, target: Target) -> None:
    content = FORMS.get(target.action)
    if content is None:
        raise Told(_OLD)
    await filling.fill(turn, target.action, target, content)


def _is_input(turn: Turn) -> bool:
    return payloads.action(turn.payload).get("action_id") == actions.FIELD


FORMS: dict[str, Fill] = {
    actions.CHANGES: writing_views.changes,
    actions.REJECT: writing_views.reject,
    actions.CANCEL: writing_views.cancel,
    actions.FORCE_PR: writing_views.force,
    actions.VIEW_OUTPUT: reading_views.document,
    actions.TIMELINE: reading_views.timeline,
    actions.LOG: reading_views.log,
    actions.DETAILS: reading_views.details,
    actions.VIEW_PR: reading_views.pull_request,
    actions.HOME_NEW: writing_views.launch,
    actions.HOME_SETTINGS: writing_views.own_settings,
}
"""Buttons and entries that open a form, with what fills it."""

CLICKS: dict[str, Click] = {
    actions.APPROVE: _approve,
    actions.RETRY: _again,
    actions.RESUME: _again,
    actions.CREATE_BRANCH: _branch,
    actions.CREATE_PR: _pull_request,
    actions.DRAFT_PR: _draft,
    actions.STATUS: _status,
    actions.HOME_OPEN: _status,
    **offers.CLICKS,
    **home.CLICKS,
}
"""Everything else that acts."""
