"""`/omoi …`, the forms it opens, Home, links, settings and shared channels, with what goes wrong in them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_bot.listeners import home
from omoi_bot.store import channels, people
from omoi_bot.store.channels import Channel
from tests.integration.bot.scenes import (
    buttons,
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
    """The stage with a server that claims no jobs."""
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        yield stage


async def channel_of(stage: Stage, channel_id: str) -> Channel:
    async with stage.bot.db.read() as tx:
        found = await channels.get(tx, stage.slack.team.id, channel_id)
    return found or Channel(stage.slack.team.id, channel_id)


async def test_every_command_answers_in_private(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    short = known.spec_id[: len("spec-") + 4]
    for text, answer in (
        ("", "Look and steer"),
        ("help", "Look and steer"),
        ("staus", "Did you mean /omoi status?"),
        ("canel spec-7f3a", "Did you mean /omoi cancel spec-7f3a?"),
        ("frobnicate", "I read “frobnicate” and started nothing"),
        ("proj", "Did you mean `/omoi projects`"),
        ("quick: asdf", "I read “quick: asdf” and started nothing"),
        ("???", "I read “???” and started nothing"),
        ("list", "Your newest specs"),
        ("list shop", "Newest in the project"),
        ("list atlantis", "There is no project"),
        ("status", "Running in this channel"),
        (f"status {short}", "as of"),
        ("status zzzz", "is no id of a spec"),
        ("status 7f", "too short"),
        ("status ffffffffff", "No spec that you can see"),
        ("retry", "Which one should go on?"),
        ("cancel", "Which one should stop?"),
        ("cancel orders", "is no id of a spec"),
        ("projects", "this channel"),
        ("unlink", "maintainer"),
        ("link atlantis", "There is no project"),
    ):
        await quiet.mara.runs("/omoi", text, quiet.channel)
        await until_told(quiet, quiet.mara, answer)
    assert len(await specs(quiet)) == 1
    listed = await until_told(quiet, quiet.mara, "Which one should stop?")
    await quiet.mara.clicks(listed, "menu", option="Cancel…")
    form = await until_form(quiet, quiet.mara, "Stops")
    await quiet.mara.submits(form, {"comment/value": "not needed"})

    async def cancelled() -> bool:
        return (await quiet.omoi.get_spec(known.spec_id)).reason == "not needed"

    await eventually(quiet, cancelled)
    await quiet.mara.runs("/omoi", f"cancel {short}", quiet.channel)
    await quiet.slack.settled()
    await quiet.mara.runs("/omoi", f"retry {short}", quiet.channel)
    await until_said(quiet, quiet.channel, ts, "Explore")


async def test_linking_needs_a_maintainer_and_says_who_reads(quiet: Stage) -> None:
    place = quiet.slack.add_channel("plans", members=[quiet.mara, quiet.jon])
    await quiet.mara.runs("/omoi", "link", place)
    await until_form(quiet, quiet.mara, "maintainer of no project")
    await quiet.mara.closes(quiet.mara.open_view)
    await quiet.mara.runs("/omoi", "link shop", place)
    await until_told(quiet, quiet.mara, "needs the role maintainer")
    await quiet.jon.runs("/omoi", "settings", place)
    await until_form(quiet, quiet.jon, "not linked to a project yet")
    await quiet.jon.closes(quiet.jon.open_view)
    await quiet.jon.runs("/omoi", "link", place)
    form = await until_form(quiet, quiet.jon, "2 members")
    await quiet.jon.submits(form)
    await quiet.slack.until(lambda: any("is linked to" in words(one) for one in quiet.slack.messages(place)))
    assert quiet.slack.bot.id in place.members
    await quiet.jon.runs("/omoi", "settings", place)
    form = await until_form(quiet, quiet.jon, "Omoi hears")
    await quiet.jon.submits(
        form, {"listening/value": "all", "verbosity/value": "quiet", "gates/value": ["REQUIREMENTS"]}
    )

    async def saved() -> bool:
        return (await channel_of(quiet, place.id)).verbosity == "quiet"

    await eventually(quiet, saved)
    known = await channel_of(quiet, place.id)
    assert (known.listening, known.gates, known.broadcast) == ("all", ["REQUIREMENTS"], False)
    await quiet.jon.runs("/omoi", "unlink", place)
    await until_told(quiet, quiet.jon, "is not linked any more")
    assert (await channel_of(quiet, place.id)).project_id == ""
    dm = quiet.slack.dm(quiet.jon)
    await quiet.jon.runs("/omoi", "link shop", dm)
    await quiet.slack.until(lambda: any("is not linked to a project" in words(one) for one in quiet.jon.private_posts))


async def test_a_shared_channel_is_closed_until_a_maintainer_allows_it(quiet: Stage) -> None:
    other = quiet.slack.add_team("partner")
    place = quiet.slack.add_channel("joint", members=[quiet.mara, quiet.jon, quiet.slack.bot], shared_with=[other])
    await quiet.mara.mentions(place, "round prices")
    await until_told(quiet, quiet.mara, "shared with another organisation")
    assert await specs(quiet) == []
    await quiet.jon.runs("/omoi", "link shop", place)
    await until_told(quiet, quiet.jon, "Linked to shop")
    ts = await quiet.mara.mentions(place, "round prices")
    await until_said(quiet, place, ts, "round prices")


async def test_forms_name_the_field_that_is_wrong(quiet: Stage) -> None:
    await quiet.mara.runs("/omoi", "new", quiet.channel)
    form = await until_form(quiet, quiet.mara, "What should be built?")
    answer = await quiet.mara.submits(form, {"description/value": "  ", "base_branch/value": "my branch"})
    assert answer is not None and set(answer["errors"]) == {"description", "base_branch"}
    answer = await quiet.mara.submits(
        form, {"description/value": "Count orders", "base_branch/value": "no-such-branch"}
    )
    await quiet.jon.runs("/omoi", "role", quiet.channel)
    form = await until_form(quiet, quiet.jon, "Contributor")
    kim = quiet.slack.add_person("kim")
    await quiet.jon.submits(form, {"person/value": kim.id, "role/value": "maintainer"})

    async def given() -> bool:
        roles = [one async for one in quiet.omoi.list_roles(quiet.project_id)]
        return any(one.user.name == "kim" and one.role == 3 for one in roles)

    await eventually(quiet, given)


async def test_home_shows_what_runs_and_opens_the_form(quiet: Stage) -> None:
    await quiet.mara.opens_home()
    await quiet.slack.until(lambda: quiet.mara.home)
    assert quiet.mara.home is not None
    assert "Nothing runs" in words(quiet.mara.home)
    await quiet.mara.clicks(quiet.mara.home, "home_new")
    form = await until_form(quiet, quiet.mara, "What should be built?")
    await quiet.mara.submits(form, {"description/value": "Count visitors"})
    dm = quiet.slack.dm(quiet.mara)
    await quiet.slack.until(lambda: any("Count visitors" in words(one) for one in quiet.slack.messages(dm)))
    await quiet.mara.opens_home()
    await quiet.slack.until(lambda: "Count visitors" in words(quiet.mara.home or form))
    assert "home_open" in buttons(quiet.mara.home)
    # The report of the new spec draws Home anew, too; what it drew is drawn here once more, so that nothing is left to change.
    await home.refresh(quiet.bot.desk, [quiet.identity(quiet.mara)])
    published = sum(one.method == "views.publish" for one in quiet.slack.record)
    await home.refresh(quiet.bot.desk, [quiet.identity(quiet.mara), "slack:T0/U0"])
    assert sum(one.method == "views.publish" for one in quiet.slack.record) == published
    await quiet.mara.clicks(quiet.mara.home, "home_settings")
    form = await until_form(quiet, quiet.mara, "Remind me")
    await quiet.mara.submits(form, {"reminders/value": []})

    async def saved() -> bool:
        async with quiet.bot.db.read() as tx:
            known = await people.get(tx, quiet.identity(quiet.mara))
        return known is not None and known.settings.get("reminders") is False

    await eventually(quiet, saved)
    await home.refresh(quiet.bot.desk, [quiet.identity(quiet.mara)])
    assert "not reminded of" in words(quiet.mara.home)
    guest = quiet.slack.add_person("gus", guest="single")
    await guest.opens_home()
    await quiet.slack.until(lambda: guest.home)
    assert guest.home is not None and "Guests cannot use Omoi" in words(guest.home)


async def test_a_silent_server_is_told_in_the_form_and_to_the_person(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    live = await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.server.drain(0)
    await quiet.mara.clicks(live, "menu", option="Timeline")
    form = await until_form(quiet, quiet.mara, "did not answer", "try_again")
    assert form.open
    await quiet.mara.says(quiet.channel, "status", thread=ts)
    await until_told(quiet, quiet.mara, "does not answer right now")
    assert known.live


async def test_a_mention_that_says_nothing_is_answered_in_its_thread(quiet: Stage) -> None:
    for text in ("???", "asdf", "quick: asdf", "new: asdf"):
        asked = await quiet.mara.says(quiet.channel, f"<@{quiet.slack.bot.id}> {text}")
        await until_said(quiet, quiet.channel, asked, "an idea needs at least two words")
    assert await specs(quiet) == []


async def test_a_form_says_beside_the_idea_that_it_needs_two_words(quiet: Stage) -> None:
    await quiet.mara.runs("/omoi", "new", quiet.channel)
    form = await until_form(quiet, quiet.mara, "What should be built?")
    answer = await quiet.mara.submits(form, {"description/value": "asdf"})
    assert "at least two words" in str(answer)
    assert await specs(quiet) == []
