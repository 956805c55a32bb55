"""The launch itself. Everything that the server is sent is fixed in the kept wish first, so that a repetition sends the same."""

from __future__ import annotations

from typing import Any

import structlog

from omoi.v1 import common_pb2, project_pb2
from omoi_bot.blocks import live as live_blocks
from omoi_bot.blocks import text
from omoi_bot.blocks.model import Message
from omoi_bot.listeners import asking, failures, files, gathering
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.people import Person
from omoi_bot.posting import Post, put
from omoi_bot.slack_api import SlackAway, SlackRefused
from omoi_bot.store import channels, conversations, follows, requests
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Tx
from omoi_bot.store.errors import ThreadTaken
from omoi_bot.store.requests import Request, State
from omoi_client import OmoiClient
from omoi_client.errors import OmoiError

log = structlog.get_logger()

GATES = ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS")
"""Phases that a gate can stand behind, in order."""

_LAUNCHING: tuple[State, ...] = ("LAUNCHING",)

DEFAULT_GATE = "TASKS"
"""One approval of the whole plan before anything is written, unless project, channel or form says otherwise."""


async def launch(turn: Turn, request: Request, person: Person) -> None:
    """Launch a wish that is LAUNCHING and begin its conversation. Raises OmoiError when the server may be asked again."""
    omoi = await turn.desk.people.acting(person)
    try:
        request = await _fixed(turn, request, omoi)
        spec_id, refused = await _launched(turn, request, omoi)
    except OmoiError as error:
        if failures.passing(error):
            raise
        await _end(turn, request, error)
        raise Told(await failures.refusal(turn, error, str(request.options.get("project_id") or ""))) from error
    await _begin(turn, request, person, spec_id, refused)


async def _fixed(turn: Turn, request: Request, omoi: OmoiClient) -> Request:
    """With gates, discussion, source and files decided; from then on they stay as they are."""
    if "fixed" in request.options:
        return request
    options: dict[str, Any] = dict(request.options)
    private = bool(options.get("private", True))
    open_words = not private or bool(options.get("include_discussion"))
    context = []
    if options.get("discussion") and open_words:
        # A message that was turned into a spec stays among the entries: its form takes 3,000 characters and can be edited.
        own = request.message_ts if options.get("origin") != "shortcut" else ""
        without = [own] if own else []
        context = await gathering.discussion(turn, request.channel, str(options["discussion"]), without)
    link = request.message_ts or request.thread_ts
    options["permalink"] = await gathering.permalink(turn, request.channel, link) if open_words else ""
    options["label"] = options.get("label") or "Slack"
    options["gates"] = await _gates(turn, request, omoi)
    sorted_files = await gathering.look_at(turn, request.files)
    options["taken"] = [vars(one) for one in sorted_files.taken]
    options["refused"] = list(sorted_files.refused)
    options["fixed"] = True

    async def work(tx: Tx) -> None:
        await requests.advance(tx, request.request_id, _LAUNCHING, "LAUNCHING", options=options, context=context)

    await turn.desk.db.write(work)
    async with turn.desk.db.read() as tx:
        found = await requests.get(tx, request.request_id)
    assert found is not None, "requests are never deleted while they launch"
    return found


async def _gates(turn: Turn, request: Request, omoi: OmoiClient) -> list[str]:
    """The form's; else the channel's; else the project's and TASKS. The server adds the project's floor to what is less."""
    chosen = request.options.get("gates")
    if chosen is None:
        async with turn.desk.db.read() as tx:
            channel = await channels.get(tx, request.team, request.channel)
        chosen = channel.gates if channel else None
    project = await omoi.get_project(str(request.options["project_id"]))
    wanted = set(always_asked(project)) | ({DEFAULT_GATE} if chosen is None else set(chosen))
    return [phase for phase in GATES if phase in wanted]


def always_asked(project: project_pb2.Project) -> tuple[str, ...]:
    """The phases after which the project asks whatever a channel or form says, in order."""
    floor = {common_pb2.SpecPhase.Name(phase).removeprefix("SPEC_PHASE_") for phase in project.gates.approval_phases}
    return tuple(phase for phase in GATES if phase in floor)


async def _launched(turn: Turn, request: Request, omoi: OmoiClient) -> tuple[str, list[str]]:
    """(the spec's id, sentences about files that were left out)."""
    options = request.options
    taken = [files.SlackFile(**one) for one in options["taken"]]
    attachments, refused = await gathering.download(turn, taken)
    source = common_pb2.Source(kind="slack", label=str(options["label"]), permalink=str(options["permalink"]))
    asked: dict[str, Any] = {
        "title": request.title,
        "description": request.text,
        "base_branch": str(options.get("base_branch") or ""),
        "attachments": attachments,
        "context": gathering.context(request.context),
        "source": source,
        "request_id": f"slack-{request.request_id}",
    }
    project_id = str(options["project_id"])
    if options.get("quick"):
        made = await omoi.create_ticket(project_id, **asked)
        spec_id = made.spec_id
    else:
        launched = await omoi.launch_spec(project_id, gates=options["gates"], **asked)
        spec_id = launched.spec_id
    return spec_id, [*options["refused"], *refused]


async def _begin(turn: Turn, request: Request, person: Person, spec_id: str, refused: list[str]) -> None:
    """The conversation, its live message and the end of the wish, in one transaction; then 👀."""
    view = await turn.desk.backend.snapshot(spec_id)
    # Where nobody's message stands above, the live message says who asked for what.
    first = live_blocks.message(view, origin="" if request.message_ts and request.thread_ts else request.text)

    async def work(tx: Tx) -> None:
        thread = request.thread_ts
        conversation = Conversation(
            spec_id,
            request.team,
            request.channel,
            thread,
            request.message_ts,
            f"live:{spec_id}",
            person.identity,
            person.user_id,
            str(request.options["project_id"]),
            str(request.options.get("origin") or ""),
            bool(request.options.get("private", True)),
            bool(request.options.get("include_discussion")),
        )
        try:
            conversation = await conversations.start(tx, conversation)
        except ThreadTaken:
            # Two launches in one thread at the same moment: the second reports in a thread of its own.
            thread = ""
            await conversations.start(tx, Conversation(**{**vars(conversation), "thread_ts": ""}))
        await follows.start(tx, spec_id, as_identity=person.identity, project_id=str(request.options["project_id"]))
        await put(tx, _live_post(request, spec_id, thread, first))
        if refused:
            await put(tx, _left_out(request, spec_id, thread, refused))
        started = Message(f"Started in {text.escape(view.project_name, 80)}.")
        await asking.settle(tx, request, started)
        await requests.advance(tx, request.request_id, _LAUNCHING, "LAUNCHED", spec_id=spec_id)

    await turn.write(work)
    await _eyes(turn, request)


def _live_post(request: Request, spec_id: str, thread: str, message: Message) -> Post:
    return Post(
        post_id=f"live:{spec_id}",
        team=request.team,
        channel=request.channel,
        thread_ts=thread,
        kind="live",
        text=message.text,
        blocks=message.blocks,
        urgency=0,
        spec_id=spec_id,
        depends_on_live=False,
    )


def _left_out(request: Request, spec_id: str, thread: str, refused: list[str]) -> Post:
    return Post(
        post_id=f"files:{spec_id}",
        team=request.team,
        channel=request.channel,
        thread_ts=thread,
        kind="say",
        text="\n".join(text.paragraphs(one, 500) for one in refused),
        blocks=[],
        urgency=1,
        spec_id=spec_id,
    )


async def _eyes(turn: Turn, request: Request) -> None:
    """👀 on the message that asked. Without it nothing is lost, so a refusal is only noted."""
    if not request.message_ts:
        return
    try:
        await turn.desk.slack.reactions_add(request.team, request.channel, request.message_ts, "eyes")
    except (SlackRefused, SlackAway) as error:
        # The report puts it there as well, when Slack lets it; a launch that happened is never called a failure for it.
        log.info("reaction.refused", error=str(error))


async def _end(turn: Turn, request: Request, error: OmoiError) -> None:
    why = failures.sentence(error)

    async def work(tx: Tx) -> None:
        await requests.advance(tx, request.request_id, _LAUNCHING, "DROPPED", reason=why)
        await asking.settle(tx, request, Message(why))

    await turn.write(work)
