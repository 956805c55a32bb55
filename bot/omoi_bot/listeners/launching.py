"""From a kept wish to a launch: each thing that is not clear is asked once, and the wish waits for the answer.

`go_on` can be called again at any time (a click, an administrator, a role, a repeated envelope): it asks anew what is still
open and launches when nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from omoi_bot.blocks import requests as shown
from omoi_bot.blocks import text
from omoi_bot.blocks.model import Message, ProjectView
from omoi_bot.listeners import asking, choosing, failures, ideas, projects, rooms, starting, wishes
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.people import Person, Refusal
from omoi_bot.store import channels, conversations, requests
from omoi_bot.store.database import Tx
from omoi_bot.store.requests import WAITING, Request, State
from omoi_client.errors import OmoiError

LAUNCHERS = ("contributor", "maintainer")
"""Roles that may launch."""

_NO_ADMIN = "Nobody in Slack is Omoi's administrator yet."
_CLAIM = (
    "Whoever runs the server finds a one-time code in its log (or by omoi-server admin-code) and types "
    "/omoi claim CODE here. Then this goes on by itself."
)


@dataclass(frozen=True)
class Waits:
    """What a wish waits for. `asked` stays where it is (in the thread, or `dm`) until it is answered; `told` is private."""

    state: State
    asked: Message | None = None
    told: Message | None = None
    dm: bool = False
    options: dict[str, Any] = field(default_factory=dict)


async def begin(turn: Turn, wish: wishes.Wish, step: str = "wish") -> None:
    """Keep a new wish and take it as far as it goes. Raises Told for one that cannot be started at all."""
    person = await turn.person()
    fault = ideas.fault(ideas.Idea(wish.text, wish.title), len(wish.files))
    if fault:
        raise Told(fault)
    await go_on(turn, await wishes.keep(turn, wish, person, step))


async def go_on(turn: Turn, request: Request) -> None:
    """Take a kept wish as far as it goes. The turn is its requester's. Raises Told for one that is over."""
    if request.state in ("LAUNCHED", "DROPPED", "EXPIRED"):
        raise Told(_over(request))
    person = await turn.person()
    if request.state != "LAUNCHING":
        for look in (_confirmed, _administered, _room, _project, _role, _thread):
            waits, request = await look(turn, request, person)
            if waits is not None:
                await _wait(turn, request, waits)
                return
        if not await _take(turn, request):
            return
    await starting.launch(turn, await wishes.load(turn, request.request_id), person)


async def drop(turn: Turn, request: Request, why: str) -> None:
    """End a wish without launching it; what was asked about it loses its buttons and says so."""

    async def work(tx: Tx) -> None:
        if await requests.advance(tx, request.request_id, WAITING, "DROPPED", reason=why):
            await asking.settle(tx, request, Message(why))

    await turn.write(work)


async def _wait(turn: Turn, request: Request, waits: Waits) -> None:
    where = asking.place(request, request.channel, request.thread_ts)
    if waits.asked and waits.dm:
        where = asking.place(request, await turn.dm(), "")
    asked = list(request.options.get("asked", ()))
    if waits.asked and where not in asked:
        asked.append(where)
    options = {**request.options, **waits.options, "asked": asked}

    async def work(tx: Tx) -> None:
        moved = await requests.advance(tx, request.request_id, WAITING, waits.state, options=options, text=request.text)
        if moved and waits.asked:
            await asking.ask(tx, request, where, waits.asked)

    await turn.write(work)
    if waits.told:
        await turn.tell(waits.told)


async def _take(turn: Turn, request: Request) -> bool:
    """From waiting to LAUNCHING; False when somebody else took or ended it meanwhile."""

    async def work(tx: Tx) -> bool:
        return await requests.advance(
            tx, request.request_id, WAITING, "LAUNCHING", options=request.options, text=request.text,
            channel=request.channel, thread_ts=request.thread_ts, message_ts=request.message_ts,
        )  # fmt: skip

    return await turn.desk.db.write(work)


Looked = tuple[Waits | None, Request]


async def _confirmed(turn: Turn, request: Request, person: Person) -> Looked:
    if not request.options.get("confirm"):
        return None, request
    return Waits("WAITING_CONFIRM", shown.confirm_old(wishes.view(request, turn.desk.db.clock.now()))), request


async def _administered(turn: Turn, request: Request, person: Person) -> Looked:
    if not person.admin_missing:
        return None, request
    return Waits("WAITING_ADMIN", shown.waiting(wishes.view(request), _NO_ADMIN, _CLAIM)), request


async def _room(turn: Turn, request: Request, person: Person) -> Looked:
    room = await rooms.enter(turn, request.channel)
    options = {**request.options, "private": room.private, "label": f"#{room.name}" if room.name else ""}
    if room.door is rooms.Door.OPEN:
        return None, replace(request, options=options)
    asked = shown.invite(wishes.view(request), room.name, room.private)
    told = Message("I am not in this channel and cannot join it by myself. I have asked you in our DM how to go on.")
    return Waits("WAITING_ROOM", asked, told, dm=True), request


async def _project(turn: Turn, request: Request, person: Person) -> Looked:
    omoi = await turn.desk.people.acting(person)
    visible = await projects.visible(omoi)
    idea = ideas.read(request.text, [one.name for one in visible])
    if not ideas.says_enough(f"{request.title} {idea.text}"):
        raise Told(ideas.fault(ideas.Idea(idea.text, request.title)))
    async with turn.desk.db.read() as tx:
        channel = await channels.get(tx, request.team, request.channel)
    choice = choosing.project(
        visible,
        chosen=str(request.options.get("project_id") or ""),
        linked=channel.project_id if channel else "",
        named=idea.named,
        unknown=idea.unknown,
    )
    if choice.project:
        quick = bool(request.options.get("quick")) or idea.quick
        new = {
            **request.options,
            "project_id": choice.project.project_id,
            "project": choice.project.name,
            "quick": quick,
        }
        return None, replace(request, options=new, text=idea.text)
    if choice.candidates:
        offered = tuple(ProjectView(one.project_id, one.name) for one in choice.candidates)
        return Waits("WAITING_PROJECT", shown.picker(wishes.view(request), offered, choice.why)), request
    return Waits("WAITING_ROLE", told=Message(await _no_project(turn))), request


async def _no_project(turn: Turn) -> str:
    everything = await projects.visible(turn.desk.backend.service())
    if not everything:
        return (
            "There is no project yet. An admin adds one on the command line: `omoi project add NAME --repo PATH`. "
            "I keep your request for a day; then link this channel with `/omoi link`."
        )
    return (
        "You cannot see any project yet. A maintainer can link this channel with `/omoi link`, or give you a role: "
        "`/omoi role @you contributor`. I keep your request for a day and go on when that is done."
    )


async def _role(turn: Turn, request: Request, person: Person) -> Looked:
    project_id = str(request.options["project_id"])
    if await turn.desk.people.role_in(person, project_id) in LAUNCHERS:
        return None, request
    name = text.escape(str(request.options["project"]))
    may = await failures.who_may(turn, project_id, "contributor")
    told = f"You can look at {name}, not launch in it. {may} I keep your request for a day and go on once you may."
    return Waits("WAITING_ROLE", told=Message(told), options=request.options), request


async def _thread(turn: Turn, request: Request, person: Person) -> Looked:
    """One thread has one live spec, so that a word like `stop` has one meaning in it."""
    if not request.thread_ts:
        return None, request
    async with turn.desk.db.read() as tx:
        live = await conversations.live_in_thread(tx, request.team, request.channel, request.thread_ts)
    if live is None or live.spec_id == request.spec_id:
        return None, request
    spec = await turn.desk.backend.snapshot(live.spec_id)
    return Waits("WAITING_CHOICE", shown.second_launch(wishes.view(request), spec), options=request.options), request


def _over(request: Request) -> Message:
    if request.state == "LAUNCHED":
        return Message("This was started already; its message is in the thread.")
    if request.state == "EXPIRED":
        return Message(asking.GONE)
    return Message("This was dropped. Ask again, and I take it from there.")


def of_request(turn: Turn, request: Request) -> Turn:
    """A turn of the wish's requester, for going on because of what somebody else did. It answers in the thread or their DM."""
    origin = replace(
        turn.origin,
        team=request.team,
        user=wishes.slack_user(request),
        channel=request.channel,
        ts=request.message_ts,
        thread_ts=request.thread_ts,
        response_url="",
        trigger="",
        dm=request.channel.startswith("D"),
    )
    return replace(turn, key=f"{turn.key}/{request.request_id}", origin=origin)


async def go_on_with(turn: Turn, waiting: list[Request]) -> int:
    """Go on with wishes of others; how many. What one of them meets is said to its requester and stops no other one."""
    for request in waiting:
        theirs = of_request(turn, request)
        found = await turn.desk.people.resolve(request.team, wishes.slack_user(request))
        if isinstance(found, Refusal):
            await drop(theirs, request, found.sentence)
            continue
        try:
            await go_on(theirs, request)
        except Told as told:
            await theirs.tell(told.message)
        except OmoiError as error:
            if failures.passing(error):
                raise
            await theirs.tell(await failures.refusal(theirs, error))
    return len(waiting)
