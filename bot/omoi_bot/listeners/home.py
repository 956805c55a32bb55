"""App Home: what waits for this person, what runs, what ended lately, and a project's board."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import structlog

from omoi_bot.backend import ROLE_WORDS
from omoi_bot.blocks import actions
from omoi_bot.blocks import home as shown
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.approving import Rule
from omoi_bot.blocks.model import CardView, ColumnView, HomeView, ProjectView, SpecView
from omoi_bot.desk import Desk
from omoi_bot.listeners import payloads, projects
from omoi_bot.listeners.payloads import Origin
from omoi_bot.listeners.turn import Turn
from omoi_bot.people import Person, Refusal
from omoi_bot.slack_api import SlackAway, SlackRefused
from omoi_bot.store import home_views, people
from omoi_bot.store.database import Tx
from omoi_client import OmoiClient
from omoi_client.errors import OmoiError

MOST_SPECS = 20
"""Of each list; Home has pages, but nobody reads fifty."""

MOST_TICKETS = 100

_WAITING = ("AWAITING_REVIEW",)
_COLUMNS = {1: "INITIAL", 2: "IMPLEMENTATION", 3: "INTEGRATION", 4: "REFACTORING"}
"""TicketPhase by number in ticket.proto."""

_NO_ADMIN = (
    "Nobody in Slack is Omoi's administrator yet. Whoever runs the server finds a one-time code in its log and types "
    "/omoi claim CODE."
)

_AS_OF = re.compile(r"as of <!date[^>]*>")

_COMPLETED = 5
"""SpecStatus in spec.proto: planning is done; tasks may be running."""

Json = dict[str, Any]
Click = Callable[[Turn, Target], Awaitable[None]]

log = structlog.get_logger()


@dataclass(frozen=True)
class Page:
    """Which part of Home somebody looks at."""

    number: int = 1
    project_id: str = ""


async def opened(turn: Turn) -> None:
    """The Home tab was opened: show it, and remember that it is worth being kept current for ten minutes."""
    if payloads.event(turn.payload).get("tab", "home") != "home":
        return
    await _show(turn, await _kept(turn))


async def refresh(desk: Desk, identities: Sequence[str]) -> None:
    """Draw the Home of these people anew, where it changed."""
    for identity in identities:
        async with desk.db.read() as tx:
            known = await people.get(tx, identity)
            view = await home_views.get(tx, identity)
        if known is None or view is None:
            continue
        turn = Turn(desk, f"home:{identity}", {}, Origin(view.team or known.team, known.slack_user))
        try:
            await _show(turn, _page(view.page), opened=False)
        except (OmoiError, SlackRefused, SlackAway) as error:
            log.info("home.not_refreshed", error=type(error).__name__)


async def _choose(turn: Turn, target: Target) -> None:
    await _show(turn, Page(1, target.project_id))


async def _turn_page(turn: Turn, target: Target) -> None:
    await _show(turn, replace(await _kept(turn), number=max(1, target.page)))


CLICKS: dict[str, Click] = {
    actions.HOME_PROJECT: _choose,
    actions.HOME_BACK: _turn_page,
    actions.HOME_NEXT: _turn_page,
}
"""Clicks in Home that change what it shows."""


async def _show(turn: Turn, page: Page, *, opened: bool = True) -> None:
    found = await turn.desk.people.resolve(turn.origin.team, turn.origin.user)
    if isinstance(found, Refusal):
        state = HomeView(turn.desk.db.clock.now(), notice=found.sentence)
        await turn.desk.slack.publish_view(turn.origin.team, turn.origin.user, shown.view(state))
        return
    view = shown.view(await _state(turn, found, page), page.number)
    digest = _digest(view)
    async with turn.desk.db.read() as tx:
        kept = await home_views.get(tx, found.identity)
    if not opened and kept is not None and kept.hash == digest:
        return
    await turn.desk.slack.publish_view(turn.origin.team, turn.origin.user, view)

    async def work(tx: Tx) -> None:
        since = tx.now if opened or kept is None else kept.opened_at
        packed = json.dumps({"n": page.number, "j": page.project_id})
        await home_views.put(tx, home_views.HomeView(found.identity, turn.origin.team, "", packed, digest, since))
        if opened:
            await people.change(tx, found.identity, home_opened_at=tx.now)

    await turn.desk.db.write(work)


def _digest(view: Json) -> str:
    """Of what is shown, without the time of showing it: a Home in which nothing changed is not published again."""
    return sha256(_AS_OF.sub("", json.dumps(view["blocks"], sort_keys=True)).encode()).hexdigest()


async def _kept(turn: Turn) -> Page:
    """The page that this person looked at last."""
    identity = f"{await turn.desk.people.system_of(turn.origin.team)}/{turn.origin.user}"
    async with turn.desk.db.read() as tx:
        view = await home_views.get(tx, identity)
    return _page(view.page) if view else Page()


def _page(packed: str) -> Page:
    held = payloads.read_object(packed)
    number = held.get("n")
    return Page(number if isinstance(number, int) else 1, str(held.get("j") or ""))


async def _state(turn: Turn, person: Person, page: Page) -> HomeView:
    omoi = await turn.desk.people.acting(person)
    visible = await projects.visible(omoi)
    offered = tuple(ProjectView(one.project_id, one.name) for one in visible)
    chosen = next((one for one in offered if one.project_id == page.project_id), None)
    if chosen is None and len(offered) == 1:
        chosen = offered[0]
    waiting = [one async for one in omoi.list_specs(statuses=_WAITING, limit=MOST_SPECS)]
    mine = [one async for one in omoi.list_specs(user_id=person.user_id, limit=2 * MOST_SPECS)]
    running = [one for one in mine if not one.settled or (one.status == _COMPLETED and one.execution_status.running)]
    recent = [one for one in mine if one not in running and one not in waiting]
    async with turn.desk.db.read() as tx:
        known = await people.get(tx, person.identity)
    return HomeView(
        as_of=turn.desk.db.clock.now(),
        waiting=await _for(turn, person, waiting),
        running=await _views(turn, [one.spec_id for one in running[:MOST_SPECS]]),
        recent=await _views(turn, [one.spec_id for one in recent[: shown.MOST_RECENT]]),
        projects=offered,
        project=chosen,
        board=await _board(omoi, chosen.project_id) if chosen else (),
        timezone=person.tz,
        reminders=bool(known.settings.get("reminders", True)) if known else True,
        notice=_NO_ADMIN if person.admin_missing else "",
    )


async def _for(turn: Turn, person: Person, specs: list[Any]) -> tuple[SpecView, ...]:
    """Those of the waiting specs that this person may approve, by the rule of the spec's project. The server decides in the
    end; this only keeps others' reviews out of the list."""
    found = []
    for spec in specs:
        said = (await turn.desk.backend.service().get_project(spec.project_id)).approvers
        rule = Rule(ROLE_WORDS.get(said.min_role, ""), tuple(said.user_ids), said.requester_excluded)
        role = await turn.desk.people.role_in(person, spec.project_id)
        if rule.allows(person.user_id, role, spec.user_id):
            found.append(spec.spec_id)
    return await _views(turn, found)


async def _views(turn: Turn, spec_ids: list[str]) -> tuple[SpecView, ...]:
    return tuple([await turn.desk.backend.snapshot(spec_id) for spec_id in spec_ids])


async def _board(omoi: OmoiClient, project_id: str) -> tuple[ColumnView, ...]:
    cards: dict[str, list[CardView]] = {name: [] for name in _COLUMNS.values()}
    async for ticket in omoi.list_tickets(project_id=project_id, limit=MOST_TICKETS):
        done = f"{ticket.tasks_done} of {ticket.tasks_total} done" if ticket.tasks_total else ""
        name = _COLUMNS.get(ticket.phase, "INITIAL")
        cards[name].append(CardView(ticket.ticket_id, ticket.title, ticket.spec_id, done))
    return tuple(ColumnView(name, tuple(held)) for name, held in cards.items())
