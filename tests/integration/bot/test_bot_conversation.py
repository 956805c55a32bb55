"""Words and talk in the thread of a spec, edits and deletions, and threads whose spec is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi.v1 import spec_pb2
from tests.integration.bot.scenes import (
    buttons,
    conversation,
    eventually,
    launched,
    specs,
    until_said,
    until_told,
    words,
)
from tests.integration.bot.stage import Stage, bot_stage
from tests.peers.slack.rendering import message_json


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Stage]:
    """The stage with a server that claims no jobs: what is launched stays queued."""
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        yield stage


async def comments(stage: Stage, spec_id: str) -> dict[str, str]:
    """What was said about the spec, by its words: how it is delivered."""
    found = (await stage.omoi.list_comments(spec_id)).comments
    names = spec_pb2.MessageDelivery.Name
    return {one.text: names(one.delivery).removeprefix("MESSAGE_DELIVERY_") for one in found}


async def test_who_steers_and_who_comments(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    await quiet.give_role(quiet.jon, "contributor")
    said = {
        "use Postgres": quiet.mara,
        "nice": quiet.jon,
        "<@BOT> keep the API": quiet.jon,
        "!now no new tables": quiet.jon,
        "stop using Redis": quiet.mara,
    }
    for text, person in said.items():
        await person.says(quiet.channel, text, thread=ts)

    async def all_there() -> bool:
        return len(await comments(quiet, known.spec_id)) == len(said)

    await eventually(quiet, all_there)
    assert await comments(quiet, known.spec_id) == {
        "use Postgres": "QUEUED",
        "nice": "COMMENT",
        "keep the API": "QUEUED",
        "no new tables": "INTERRUPT",
        "stop using Redis": "QUEUED",
    }
    marks = {one.text: set(one.reactions) for one in quiet.slack.thread(quiet.channel, ts)}
    assert marks["nice"] == {"speech_balloon"}
    assert marks["use Postgres"] == {"incoming_envelope"}
    await quiet.mara.says(quiet.channel, "x" * 10_001, thread=ts)
    await until_told(quiet, quiet.mara, "10,000")


async def test_words_act_only_as_the_whole_message(quiet: Stage) -> None:
    outsider = quiet.slack.add_person("kim")
    quiet.channel.members.append(outsider.id)
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.jon.says(quiet.channel, "Status.", thread=ts)
    await until_said(quiet, quiet.channel, ts, "as of", "live message")
    await quiet.mara.says(quiet.channel, "help", thread=ts)
    await until_said(quiet, quiet.channel, ts, "In this thread")
    await quiet.mara.says(quiet.channel, "approve", thread=ts)
    await until_told(quiet, quiet.mara, "Nothing waits for a decision here")
    await outsider.says(quiet.channel, "stop", thread=ts)
    await until_told(quiet, outsider, "contributor")
    await quiet.mara.says(quiet.channel, "<@BOT> STOP!", thread=ts)
    stopped = await until_said(quiet, quiet.channel, ts, "Stopped")
    assert "resume" in buttons(stopped), words(stopped)
    await quiet.mara.says(quiet.channel, "retry", thread=ts)

    async def goes_on() -> bool:
        return (await quiet.omoi.get_spec(known.spec_id)).status == spec_pb2.SPEC_STATUS_EXECUTING

    await eventually(quiet, goes_on)


async def test_a_second_launch_in_a_thread_asks(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.mara.says(quiet.channel, "<@BOT> quick: fix the footer", thread=ts)
    asked = await until_said(quiet, quiet.channel, ts, "runs in this thread")
    assert {"add_to_spec", "new_spec"} <= buttons(asked)
    await quiet.jon.clicks(asked, "new_spec")
    await until_told(quiet, quiet.jon, "Only")
    await quiet.mara.clicks(asked, "new_spec")
    await quiet.slack.until(lambda: "new_spec" not in buttons(asked))
    found = await specs(quiet)
    assert [one.kind for one in found] == [spec_pb2.SPEC_KIND_QUICK, spec_pb2.SPEC_KIND_FULL]
    await quiet.mara.says(quiet.channel, "<@BOT> new: count visitors", thread=ts)
    asked = await until_said(quiet, quiet.channel, ts, "runs in this thread", "count visitors")
    await quiet.mara.clicks(asked, "add_to_spec")
    await quiet.slack.until(lambda: "add_to_spec" not in buttons(asked))
    assert await comments(quiet, known.spec_id) == {"count visitors": "QUEUED"}


async def test_edits_and_deletions_of_the_request(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.mara.edits(quiet.channel, ts, "<@BOT> Lock an account after three failed logins")
    offer = await until_said(quiet, quiet.channel, ts, "was edited", "restart_edited")
    await quiet.mara.clicks(offer, "restart_edited")

    async def restarted() -> bool:
        found = await conversation(quiet, quiet.channel, ts)
        return found is not None and found.spec_id != known.spec_id

    await eventually(quiet, restarted)
    old, new = await quiet.omoi.get_spec(known.spec_id), (await specs(quiet))[0]
    assert old.status == spec_pb2.SPEC_STATUS_CANCELLED
    assert new.description == "Lock an account after three failed logins"


async def test_a_deleted_request_goes_on_and_that_is_noted_once(quiet: Stage) -> None:
    """A message with replies leaves a tombstone, which goes when the last reply does."""
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    message = quiet.channel.find(ts)
    assert message is not None
    left = {
        "type": "message", "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT",
        "hidden": True, "ts": ts, "thread_ts": ts, "parent_user_id": "USLACKBOT", "reply_count": 1,
    }  # fmt: skip
    before = message_json(quiet.slack.state, message)
    quiet.slack.workspace._tell_changed(quiet.channel, "message_changed", left, before)
    noted = f"The message that started {known.spec_id[:9]} was deleted. It goes on"
    await until_said(quiet, quiet.channel, ts, noted)
    quiet.slack.workspace._tell_changed(quiet.channel, "message_deleted", None, left)
    await quiet.slack.settled()
    await quiet.mara.says(quiet.channel, "status", thread=ts)  # behind the deletion in the same thread
    await until_said(quiet, quiet.channel, ts, "live message")
    assert sum(noted in one.text for one in quiet.slack.record.posts(quiet.channel.id)) == 1
    assert not (await quiet.omoi.get_spec(known.spec_id)).settled


async def test_the_thread_of_a_dead_spec(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.mara.says(quiet.channel, "stop", thread=ts)
    await until_said(quiet, quiet.channel, ts, "Stopped")

    async def over() -> bool:
        found = await conversation(quiet, quiet.channel, ts)
        return found is not None and not found.live

    await eventually(quiet, over)
    await quiet.mara.says(quiet.channel, "stop", thread=ts)
    await until_told(quiet, quiet.mara, "Nothing runs in this thread any more")
    await quiet.mara.says(quiet.channel, "log failed logins instead", thread=ts)
    offer = await until_said(quiet, quiet.channel, ts, "log failed logins", "new_spec")
    await quiet.mara.clicks(offer, "new_spec")

    async def launched_anew() -> bool:
        fresh = await conversation(quiet, quiet.channel, ts)
        return fresh is not None and fresh.live and fresh.spec_id != known.spec_id

    await eventually(quiet, launched_anew)
    assert (await specs(quiet))[0].description == "log failed logins instead"
    assert (await quiet.omoi.get_spec(known.spec_id)).status == spec_pb2.SPEC_STATUS_CANCELLED


async def test_an_archived_channel_moves_the_report_and_stops_nothing(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.jon.archives(quiet.channel)

    async def moves() -> bool:
        found = await conversation(quiet, quiet.channel, ts)
        return found is None or found.moved_reason == "lost:is_archived"

    await eventually(quiet, moves)
    assert (await quiet.omoi.get_spec(known.spec_id)).status == spec_pb2.SPEC_STATUS_EXECUTING
    await quiet.mara.runs("/omoi", "round prices", quiet.channel)
    await until_told(quiet, quiet.mara, "archived")
    assert len(await specs(quiet)) == 1
