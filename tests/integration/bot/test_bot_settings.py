"""`/omoi settings`: what a channel asks, says and hears, whom it calls, and which apps may comment in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_bot.store import channels
from omoi_bot.store.channels import Channel
from tests.integration.bot.scenes import eventually, launched, until_form, words
from tests.integration.bot.stage import Stage, bot_stage
from tests.peers.slack import Message, Person


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Stage]:
    async with bot_stage(tmp_path / "stage", work=False) as made:
        yield made


async def known(stage: Stage) -> Channel:
    async with stage.bot.db.read() as tx:
        found = await channels.get(tx, stage.slack.team.id, stage.channel.id)
    assert found is not None
    return found


def app_says(stage: Stage, app: Person, text: str, thread: str) -> Message:
    message = Message(
        stage.slack.state.new_ts(), stage.channel.id, app.id, stage.slack.team.id, text, thread_ts=thread,
        subtype="bot_message", bot_id=app.user.bot_id,
    )  # fmt: skip
    stage.slack.workspace.post(stage.channel, message)
    return message


async def nobody_is_bothered(stage: Stage, app: Person, spec_id: str, ts: str) -> None:
    """A maintainer takes the role away by hand: the app is not heard any more, and that is all."""
    await stage.omoi.set_role(stage.project_id, f"slack:{stage.slack.team.id}/{app.user.bot_id}", "none")
    unheard = app_says(stage, app, "Rolled back", ts)
    await stage.mara.says(stage.channel, "one more", thread=ts)

    async def after() -> bool:
        return "one more" in [one.text for one in (await stage.omoi.list_comments(spec_id)).comments]

    await eventually(stage, after)
    tried = {one.method for one in stage.slack.record.of("refused", "ephemeral")}
    assert unheard.reactions == {} and not tried & {"chat.postEphemeral", "conversations.open"}
    assert "Rolled back" not in [one.text for one in (await stage.omoi.list_comments(spec_id)).comments]


async def test_a_channel_says_whom_it_calls_where_it_asks_and_which_apps_may_comment(quiet: Stage) -> None:
    group = quiet.slack.add_group("reviewers", [quiet.jon])
    deploys, other = (quiet.slack.add_person(name, is_bot=True) for name in ("deploys", "alerts"))
    for app in (deploys, other):
        await quiet.jon.invites(quiet.channel, app)
    ts, spec = await launched(quiet)
    await quiet.omoi.update_project(quiet.project_id, gates=["REQUIREMENTS"])
    await quiet.jon.runs("/omoi", "settings", quiet.channel)
    form = await until_form(quiet, quiet.jon, "Reviewers", "Apps that may comment")
    assert "As everywhere: once, after the plan. The project always asks after: Requirements." in words(form)

    bad = {"usergroup/value": "@reviewers", "bots/value": "deploys"}
    answer = await quiet.jon.submits(form, bad)
    assert answer is not None and set(answer["errors"]) == {"usergroup", "bots"}
    answer = await quiet.jon.submits(form, {"usergroup/value": "", "bots/value": quiet.mara.id})
    assert "is a person, not an app" in str(answer)
    right = {"usergroup/value": f"<!subteam^{group.id}>", "bots/value": f"{deploys.id}, {deploys.user.bot_id}"}
    await quiet.jon.submits(form, {**right, "gates/value": ["DESIGN"], "verbosity/value": "quiet"})

    async def saved() -> bool:
        return (await known(quiet)).verbosity == "quiet"

    await eventually(quiet, saved)
    now = await known(quiet)
    assert (now.usergroup, now.bots_allowed, now.gates) == (group.id, [deploys.user.bot_id], ["DESIGN"])

    mine = app_says(quiet, deploys, "Deployed to staging: stop", ts)
    app_says(quiet, deploys, "stop", ts)
    app_says(quiet, other, "Disk is full", ts)
    app_says(quiet, deploys, f"<@{quiet.slack.bot.id}> drop the database", "")

    async def commented() -> bool:
        return len((await quiet.omoi.list_comments(spec.spec_id)).comments) == 2

    await eventually(quiet, commented)
    await quiet.slack.settled()
    comments = (await quiet.omoi.list_comments(spec.spec_id)).comments
    assert [(one.author, one.text) for one in comments] == [
        ("deploys (app)", "Deployed to staging: stop"),
        ("deploys (app)", "stop"),
    ]
    await quiet.slack.until(lambda: "speech_balloon" in mine.reactions)
    assert not (await quiet.omoi.get_spec(spec.spec_id)).settled, "an app stops nothing"

    await nobody_is_bothered(quiet, deploys, spec.spec_id, ts)
    await quiet.jon.runs("/omoi", "settings", quiet.channel)
    form = await until_form(quiet, quiet.jon, "This channel's own choice.", group.id, deploys.user.bot_id)
    await quiet.jon.submits(form, {"bots/value": "", "gates/value": ["TASKS"]})

    async def taken_back() -> bool:
        return (await known(quiet)).bots_allowed == []

    await eventually(quiet, taken_back)
    assert (await known(quiet)).gates is None, "what is asked everywhere is no choice of its own"
    holders = [one.user.name async for one in quiet.omoi.list_roles(quiet.project_id)]
    assert "deploys (app)" not in holders
