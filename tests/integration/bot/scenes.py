"""What tests of the listeners say and look for: short words over the stage."""

from __future__ import annotations

import json
from typing import Any

from omoi_bot.store import conversations, requests
from omoi_bot.store.conversations import Conversation
from tests.integration.bot.stage import Stage
from tests.peers.slack import Channel, Message, Person, View

IDEA = "Lock an account after five failed logins and email its owner"


def words(message: Message | View) -> str:
    """Everything that a message or form shows, as one text."""
    text = message.text if isinstance(message, Message) else str(message.payload.get("title", ""))
    return f"{text}\n{json.dumps(message.blocks, ensure_ascii=False)}"


def buttons(message: Message | View) -> set[str]:
    """Action ids that can be clicked in it now; entries of the menu by the action in their value."""
    found: set[str] = set()

    def look(held: Any) -> None:
        if isinstance(held, dict):
            if "action_id" in held and held.get("type") != "overflow":
                found.add(str(held["action_id"]).partition(":")[0])
            for option in held.get("options") or () if held.get("type") == "overflow" else ():
                found.add(json.loads(option["value"])["a"])
            for each in held.values():
                look(each)
        elif isinstance(held, list):
            for each in held:
                look(each)

    look(message.blocks)
    return found


async def until_said(stage: Stage, place: Channel, ts: str, *parts: str) -> Message:
    """The first answer of the bot in the thread that holds all these parts."""

    def said() -> Message | None:
        own = [one for one in stage.slack.thread(place, ts) if one.user == stage.slack.bot.id]
        return next((one for one in own if all(part in words(one) for part in parts)), None)

    await stage.slack.until(said)
    found = said()
    assert found is not None
    return found


async def until_told(stage: Stage, person: Person, *parts: str) -> Message:
    """What only this person can see, once it holds all these parts."""

    def told() -> Message | None:
        return next((one for one in person.private_posts if all(part in words(one) for part in parts)), None)

    await stage.slack.until(told)
    found = told()
    assert found is not None
    return found


async def until_form(stage: Stage, person: Person, *parts: str) -> View:
    """The form in front of this person, once it holds all these parts."""

    def shown() -> View | None:
        view = person.open_view
        return view if view is not None and all(part in words(view) for part in parts) else None

    await stage.slack.until(shown)
    found = shown()
    assert found is not None
    return found


async def conversation(stage: Stage, channel: Channel, thread: str) -> Conversation | None:
    """What the thread reports on."""
    async with stage.bot.db.read() as tx:
        found = await conversations.of_thread(tx, stage.slack.team.id, channel.id, thread)
    return found[0] if found else None


async def states(stage: Stage) -> list[str]:
    """States of all kept requests that once were wishes, the oldest first."""
    async with stage.bot.db.read() as tx:
        found = await requests.of_thread(tx, stage.slack.team.id, stage.channel.id, "")
        waiting = await requests.waiting(tx)
    return sorted({one.request_id: one.state for one in [*found, *waiting]}.values())


async def launched(stage: Stage, text: str = IDEA, channel: Channel | None = None) -> tuple[str, Conversation]:
    """@mara mentions the idea; the message's ts and the conversation once it is there."""
    place = channel or stage.channel
    ts = await stage.mara.mentions(place, text)
    found: list[Conversation] = []

    async def there() -> bool:
        known = await conversation(stage, place, ts)
        found.extend([known] if known else [])
        return known is not None

    await eventually(stage, there)
    return ts, found[0]


async def eventually(stage: Stage, asked: Any, seconds: float = 15.0) -> None:
    """Until the coroutine function says yes."""
    import asyncio

    deadline = asyncio.get_running_loop().time() + seconds
    while not await asked():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to this in time"
        await asyncio.sleep(0.02)


async def specs(stage: Stage) -> list[Any]:
    """All specs of the server, newest first."""
    return [one async for one in stage.omoi.list_specs(include_archived=True)]
