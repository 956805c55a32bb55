"""Ways to start work, and what is asked before it starts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi.v1 import common_pb2, spec_pb2
from omoi_bot.listeners import HANDLERS
from omoi_bot.store import envelopes, requests
from tests.integration.bot.scenes import (
    IDEA,
    buttons,
    conversation,
    eventually,
    launched,
    specs,
    until_form,
    until_said,
    until_told,
    words,
)
from tests.integration.bot.stage import Stage, bot_stage


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Stage]:
    """The stage with a server that claims no jobs: launching is enough."""
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        yield stage


async def until_launched(stage: Stage, number: int = 1) -> list[spec_pb2.Spec]:
    async def enough() -> bool:
        return len(await specs(stage)) >= number

    await eventually(stage, enough)
    return await specs(stage)


async def test_a_mention_begins_a_spec_with_its_live_message_first(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    live = await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.slack.until(lambda: "eyes" in quiet.slack.thread(quiet.channel, ts)[0].reactions)
    assert quiet.slack.thread(quiet.channel, ts)[1] is live
    spec = await quiet.omoi.get_spec(known.spec_id)
    assert (spec.description, spec.source.kind, spec.source.label) == (IDEA, "slack", "#payments")
    assert spec.source.permalink
    assert [common_pb2.SpecPhase.Name(one) for one in spec.gates.approval_phases] == ["SPEC_PHASE_TASKS"]
    assert "cancel" in buttons(live), words(live)
    user = await quiet.omoi.get_user(spec.user_id)
    assert user.name == "mara"


async def test_quick_a_long_idea_and_the_thread_as_context(quiet: Stage) -> None:
    await launched(quiet, "quick: fix the typo in the footer")
    await launched(quiet, "Explain " + "the footer " * 360)
    root = await quiet.jon.says(quiet.channel, "The footer says 2019 &lt;again&gt;")
    await quiet.mara.mentions(quiet.channel, "correct the year", root)
    found = await until_launched(quiet, 3)
    by_words = {one.description[:12]: one for one in found}
    assert by_words["fix the typo"].kind == spec_pb2.SPEC_KIND_QUICK
    assert len(by_words["Explain the "].description) == 3967
    live = await until_said(quiet, quiet.channel, root, "correct the year")
    assert live.thread_ts == root
    async with quiet.bot.db.read() as tx:
        kept = (await requests.of_thread(tx, quiet.slack.team.id, quiet.channel.id, root))[0]
    assert [(one["author"], one["text"]) for one in kept.context] == [("jon", "The footer says 2019 <again>")]


async def test_a_command_and_the_dm(quiet: Stage) -> None:
    await quiet.mara.runs("/omoi", "Show the basket's total", quiet.channel)
    await until_launched(quiet)

    def top() -> list[str]:
        return [words(one) for one in quiet.slack.messages(quiet.channel) if one.user == quiet.slack.bot.id]

    await quiet.slack.until(lambda: any("Show the basket" in one and quiet.mara.mention in one for one in top()))
    dm = quiet.slack.dm(quiet.mara)
    ts = await quiet.mara.says(dm, "Round prices to cents")
    await until_said(quiet, dm, ts, "Round prices")
    known = await conversation(quiet, dm, ts)
    assert known is not None and known.private and known.origin == "dm"
    spec = await quiet.omoi.get_spec(known.spec_id)
    assert (spec.source.label, spec.source.permalink) == ("Slack", "")


async def test_the_shortcut_and_the_form(quiet: Stage) -> None:
    root = await quiet.jon.says(quiet.channel, "Prices are wrong")
    said = await quiet.jon.says(quiet.channel, "They should be rounded", thread=root)
    message = next(one for one in quiet.slack.thread(quiet.channel, root) if one.ts == said)
    await quiet.mara.uses_shortcut("turn_into_spec", message)
    form = await until_form(quiet, quiet.mara, "They should be rounded")
    answer = await quiet.mara.submits(form, {"title/value": "Round prices"})
    assert not (answer or {}).get("errors")
    spec = (await until_launched(quiet))[0]
    assert (spec.title, spec.description) == ("Round prices", "They should be rounded")
    async with quiet.bot.db.read() as tx:
        kept = (await requests.of_thread(tx, quiet.slack.team.id, quiet.channel.id, ""))[0]
    assert [(one["author"], one["text"]) for one in kept.context] == [
        ("jon", "Prices are wrong"),
        ("jon", "They should be rounded"),
    ]
    assert all(one["permalink"].startswith("http") and one["time"] for one in kept.context)
    await quiet.mara.runs("/omoi", "new", quiet.channel)
    form = await until_form(quiet, quiet.mara, "What should be built?")
    await quiet.mara.submits(form, {"description/value": "Count visitors", "mode/value": "QUICK"})
    found = await until_launched(quiet, 2)
    assert found[0].kind == spec_pb2.SPEC_KIND_QUICK


async def test_a_private_channel_is_named_and_quoted_only_when_the_requester_says_so(quiet: Stage) -> None:
    secret = quiet.slack.add_channel("merger", [quiet.mara, quiet.jon, quiet.slack.bot], kind="private")
    await quiet.link(secret)
    root = await quiet.jon.says(secret, "The merger is on Friday")
    await quiet.mara.mentions(secret, "Freeze the prices", thread=root)
    spec = (await until_launched(quiet))[0]
    assert (spec.source.label, spec.source.permalink) == ("Slack", "")
    message = next(one for one in quiet.slack.thread(secret, root) if one.ts == root)
    await quiet.mara.uses_shortcut("turn_into_spec", message)
    form = await until_form(quiet, quiet.mara, "The merger is on Friday")
    await quiet.mara.submits(form, {"discussion/value": ["with"]})
    with_words = (await until_launched(quiet, 2))[0]
    assert with_words.source.label == "Slack" and with_words.source.permalink
    async with quiet.bot.db.read() as tx:
        kept = [
            one for thread in ("", root) for one in await requests.of_thread(tx, quiet.slack.team.id, secret.id, thread)
        ]
    quoted = {one.spec_id: [entry["text"] for entry in one.context] for one in kept}
    assert quoted[spec.spec_id] == [] and "The merger is on Friday" in quoted[with_words.spec_id]


async def test_what_cannot_be_started_is_answered(quiet: Stage) -> None:
    for text, files, answer in (
        ("", [], "for example"),
        ("", [quiet.slack.make_file("a.png", b"\x89PNG", "image/png")], "no words with it"),
        ("quick:", [], "for example"),
    ):
        await quiet.mara.mentions(quiet.channel, text, files=files)
        await until_told(quiet, quiet.mara, answer)
    await quiet.mara.mentions(quiet.channel, "help")
    await quiet.mara.mentions(quiet.channel, "stop")
    await quiet.slack.until(
        lambda: any("Nothing runs here" in words(one) for one in quiet.slack.state.channels[quiet.channel.id].messages)
    )
    assert await specs(quiet) == []


async def test_files_within_the_limits_are_taken_along(quiet: Stage) -> None:
    slack = quiet.slack
    files = [
        slack.make_file("notes.txt", b"round half up"),
        slack.make_file("a.zip", b"PK", "application/zip"),
        slack.make_file("shot.png", b"\x89PNG", "image/png", stub=True),
    ]
    ts = await quiet.mara.mentions(quiet.channel, "Round prices", files=files)
    left_out = await until_said(quiet, quiet.channel, ts, "a.zip was left out")
    assert "notes.txt" not in left_out.text
    assert "shot.png" not in left_out.text


async def test_guests_strangers_and_bots_start_nothing(quiet: Stage) -> None:
    slack = quiet.slack
    guest = slack.add_person("gus", guest="multi")
    quiet.channel.members.append(guest.id)
    await guest.mentions(quiet.channel, IDEA)
    await until_told(quiet, guest, "Guests cannot use Omoi")
    await guest.runs("/omoi", IDEA, quiet.channel)
    await slack.until(lambda: any("Guests cannot" in words(one) for one in guest.response_posts))
    assert await specs(quiet) == []


async def test_a_message_worked_off_twice_is_one_spec(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    async with quiet.bot.db.read() as tx:
        envelope = await envelopes.get(tx, f"msg:{quiet.slack.team.id}:{quiet.channel.id}:{ts}")
    assert envelope is not None
    async with quiet.bot.db.read() as tx:
        kept = (await requests.of_thread(tx, quiet.slack.team.id, quiet.channel.id, ts))[0]
    # As if the process had died after the server took the launch and before the conversation was stored.
    await quiet.bot.db.write(lambda tx: requests.advance(tx, kept.request_id, (kept.state,), "LAUNCHING"))
    assert kept.state == "LAUNCHED"
    other = envelopes.Claimed(**{**vars(envelope), "attempts": 1})
    await HANDLERS["message"](other, quiet.bot.desk)
    await quiet.slack.settled()
    assert len(await specs(quiet)) == 1
    assert await conversation(quiet, quiet.channel, ts) == known
    own = [one for one in quiet.slack.thread(quiet.channel, ts) if one.user == quiet.slack.bot.id]
    assert len(own) == 1, [one.text for one in own]
