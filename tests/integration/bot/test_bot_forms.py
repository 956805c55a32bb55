"""Every button, entry and form with what nobody should send: each is answered, nothing happens, nothing breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.listeners.buttons import CLICKS, FORMS
from tests.integration.bot.scenes import launched, specs, until_form, until_said, until_told, words
from tests.integration.bot.stage import Stage, bot_stage
from tests.peers.slack import Message

NOBODY = "spec-00000000-0000-4000-8000-000000000000"
HOME = {actions.HOME_PROJECT, actions.HOME_BACK, actions.HOME_NEXT}
"""Clicks that show Home again, whatever they carry."""


@pytest.fixture
async def quiet(tmp_path: Path) -> AsyncIterator[Stage]:
    """The stage with a server that claims no jobs."""
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        yield stage


def forge(message: Message, action_id: str, value: str) -> None:
    """Put a button into the message that the bot never made, or made long ago."""
    button: dict[str, Any] = {
        "type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": "Forged"},
    }  # fmt: skip
    message.blocks = [{"type": "actions", "block_id": "forged", "elements": [button]}]


async def answered(stage: Stage, message: Message, action_id: str, value: str) -> str:
    """What @mara is told in private for the click."""
    before = len(stage.mara.private_posts)
    forge(message, action_id, value)
    await stage.mara.clicks(message, action_id)
    await stage.slack.until(lambda: len(stage.mara.private_posts) > before, what=f"an answer to {action_id} {value}")
    return words(stage.mara.private_posts[-1])


async def test_forged_and_ancient_buttons_are_answered(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    live = await until_said(quiet, quiet.channel, ts, "Lock an account")
    place = quiet.slack.add_channel("forge", members=[quiet.mara, quiet.slack.bot])
    said = await quiet.mara.mentions(place, "help")
    message = await until_said(quiet, place, said, "Look and steer")
    for name in [*CLICKS, *FORMS, "page_next", "goto", "filter", "try_again"]:
        assert "could not read" in await answered(quiet, message, name, '{"s": "<!channel>"}'), name
    unknown = Target(spec_id=NOBODY, request_id="req-unknown", phase="TASKS", version=1, digest="0" * 64).value()
    for name in [one for one in CLICKS if one not in HOME]:
        told = await answered(quiet, message, name, unknown)
        assert "Traceback" not in told and "INTERNAL" not in told, told
    assert "older version" in await answered(quiet, message, "approve_all", "{}")
    assert "older version" in await answered(quiet, message, "page_next", unknown)
    own = Target(spec_id=known.spec_id, phase="TASKS", version=1, digest="0" * 64).value()
    assert "no output" in await answered(quiet, message, actions.APPROVE, own)
    assert "commit" in await answered(quiet, message, actions.CREATE_PR, own)
    assert "commit" in await answered(quiet, message, actions.DRAFT_PR, own)
    assert "running already" in await answered(quiet, message, actions.RETRY, own)
    assert len(await specs(quiet)) == 1
    assert live.text == (await until_said(quiet, quiet.channel, ts, "Lock an account")).text


async def test_forms_of_unknown_specs_say_so_themselves(quiet: Stage) -> None:
    place = quiet.slack.add_channel("forge", members=[quiet.mara, quiet.slack.bot])
    said = await quiet.mara.mentions(place, "help")
    message = await until_said(quiet, place, said, "Look and steer")
    unknown = Target(spec_id=NOBODY, phase="TASKS", version=1).value()
    for name in [one for one in FORMS if not one.startswith("home_")]:
        forge(message, name, unknown)
        await quiet.mara.clicks(message, name)
        form = await until_form(quiet, quiet.mara, "does not exist")
        await quiet.mara.closes(form)


async def test_a_stale_form_keeps_what_was_typed(quiet: Stage) -> None:
    ts, known = await launched(quiet)
    live = await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.mara.clicks(live, "menu", option="Cancel…")
    form = await until_form(quiet, quiet.mara, "Stops")
    await quiet.jon.says(quiet.channel, "<@BOT> stop", thread=ts)
    await until_said(quiet, quiet.channel, ts, "Stopped")
    await quiet.omoi.update_spec(known.spec_id, archived=True)
    answer = await quiet.mara.submits(form, {"comment/value": "x" * 2001})
    assert answer is not None and "2,000" in answer["errors"]["comment"]
    assert quiet.mara.open_view is form
    forced = Target(spec_id=known.spec_id).value()
    forge(live, actions.FORCE_PR, forced)
    await quiet.jon.clicks(live, actions.FORCE_PR)
    form = await until_form(quiet, quiet.jon, "The pull request would lack")
    await quiet.jon.submits(form)
    await until_form(quiet, quiet.jon, "no commit")


async def test_a_kept_offer_is_only_its_requesters(quiet: Stage) -> None:
    ts, _ = await launched(quiet)
    await until_said(quiet, quiet.channel, ts, "Lock an account")
    await quiet.mara.says(quiet.channel, "<@BOT> new: count visitors", thread=ts)
    offer = await until_said(quiet, quiet.channel, ts, "runs in this thread")
    for name in ("add_to_spec", "new_spec", "drop_request"):
        await quiet.jon.clicks(offer, name)
    await quiet.slack.until(lambda: len(quiet.jon.private_posts) == 3)
    assert all("it is their request" in one.text for one in quiet.jon.private_posts)
    await quiet.mara.clicks(offer, "drop_request")
    await quiet.slack.until(lambda: "Dropped" in offer.text)
    told = await until_told(quiet, quiet.jon, "their request")
    assert quiet.mara.mention in words(told)
    assert len(await specs(quiet)) == 1
