"""`/omoi …`. Answers are private (the response_url); in threads Slack has no slash commands, so words do the same there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omoi_bot.blocks import answers
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.model import ProjectView
from omoi_bot.listeners import (
    filling,
    gathering,
    ideas,
    launching,
    linking,
    lists,
    opening,
    projects,
    reading,
    roles,
    running,
    subcommands,
    wishes,
    writing_views,
)
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.store import channels
from omoi_client.errors import OmoiError

Command = Callable[[Turn, str], Awaitable[None]]


async def run(turn: Turn) -> None:
    """A slash command."""
    raw = str(turn.payload.get("text") or "")
    found = subcommands.read(raw)
    if found.meant:
        meant = f"/omoi {found.meant} {found.rest}".strip()
        raise Told(
            answers.sentence(
                f"There is no command “{found.typed[:60]}”. Did you mean {meant}? To start an idea with that word, "
                "mention me: @Omoi and the idea."
            )
        )
    if found.idea:
        await _idea(turn, found.idea)
    else:
        await COMMANDS[found.name or "help"](turn, found.rest)


async def _idea(turn: Turn, text: str) -> None:
    """A new message in this channel quotes the idea and names who asked; the thread below it is the spec's."""
    words = reading.plain(text, await gathering.names_in(turn, text))
    bare = ideas.read(words).text
    if bare and not ideas.says_enough(bare):
        await turn.person()
        raise Told(answers.no_idea(words, tuple(f"/omoi {one}" for one in subcommands.near(bare))))
    await launching.begin(turn, wishes.Wish(words, origin="command", channel=turn.origin.channel))


async def _help(turn: Turn, _: str) -> None:
    await turn.person()
    async with turn.desk.db.read() as tx:
        channel = await channels.get(tx, turn.origin.team, turn.origin.channel)
    name = ""
    if channel and channel.project_id:
        try:
            name = (await (await turn.omoi()).get_project(channel.project_id)).name
        except OmoiError:
            # Help is help without the project's name, too.
            name = ""
    await turn.tell(answers.help_text(project=name, listening=channel.listening if channel else "requester"))


async def _new(turn: Turn, _: str) -> None:
    await filling.fill(turn, opening.NEW, Target(channel=turn.origin.channel), writing_views.launch)


async def _list(turn: Turn, rest: str) -> None:
    await turn.tell(await lists.of_person(turn, reading.plain(rest)))


async def _status(turn: Turn, rest: str) -> None:
    if not rest:
        await turn.tell(await lists.running_here(turn))
        return
    spec_id = await lists.spec_named(turn, await turn.omoi(), rest)
    await turn.tell(answers.status(await turn.desk.backend.snapshot(spec_id)))


async def _cancel(turn: Turn, rest: str) -> None:
    if not rest:
        await turn.tell(await lists.running_here(turn, "stop"))
        return
    spec_id = await lists.spec_named(turn, await turn.omoi(), rest)
    await turn.tell(answers.sentence(await running.cancel(turn, spec_id)))


async def _retry(turn: Turn, rest: str) -> None:
    if not rest:
        await turn.tell(await lists.running_here(turn, "retry"))
        return
    spec_id = await lists.spec_named(turn, await turn.omoi(), rest)
    await turn.tell(answers.sentence(await running.again(turn, spec_id)))


async def _projects(turn: Turn, _: str) -> None:
    visible = await projects.visible(await turn.omoi())
    async with turn.desk.db.read() as tx:
        channel = await channels.get(tx, turn.origin.team, turn.origin.channel)
    shown = tuple(ProjectView(one.project_id, one.name) for one in visible)
    await turn.tell(answers.projects(shown, channel.project_id if channel else ""))


async def _link(turn: Turn, rest: str) -> None:
    if not rest:
        await filling.fill(turn, opening.LINK, Target(channel=turn.origin.channel), linking.link_form)
        return
    project = await lists.project_named(await turn.omoi(), reading.plain(rest))
    await turn.tell(await linking.link(turn, turn.origin.channel, project.project_id))


async def _unlink(turn: Turn, _: str) -> None:
    await turn.tell(await linking.unlink(turn))


async def _settings(turn: Turn, _: str) -> None:
    await filling.fill(turn, opening.SETTINGS, Target(channel=turn.origin.channel), linking.settings_form)


async def _role(turn: Turn, rest: str) -> None:
    if rest:
        await roles.typed(turn, rest)
    else:
        await filling.fill(turn, opening.ROLE, Target(channel=turn.origin.channel), roles.form)


async def _claim(turn: Turn, rest: str) -> None:
    await roles.claim(turn, rest)


COMMANDS: dict[str, Command] = {
    "help": _help,
    "new": _new,
    "list": _list,
    "status": _status,
    "cancel": _cancel,
    "retry": _retry,
    "projects": _projects,
    "link": _link,
    "unlink": _unlink,
    "settings": _settings,
    "role": _role,
    "claim": _claim,
}
"""By the word after /omoi; a bare /omoi is help."""
