"""Requests that wait: for a project, an administrator, a role, a room, or a word after the bot was away."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from omoi_bot.listeners import asking
from omoi_bot.store import requests
from omoi_bot.store.database import Tx
from omoi_server.orchestrator.people import new_admin_code
from tests.integration.bot.scenes import (
    IDEA,
    buttons,
    conversation,
    eventually,
    specs,
    until_said,
    until_told,
)
from tests.integration.bot.stage import Stage, bot_stage
from tests.offices import sample_repository


async def number_of_specs(stage: Stage, wanted: int) -> None:
    async def enough() -> bool:
        return len(await specs(stage)) == wanted

    await eventually(stage, enough)


async def test_a_picker_keeps_the_request_for_its_author(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        web = await stage.omoi.create_project(str(sample_repository(tmp_path / "web")), name="web")
        await stage.give_role(stage.mara, "contributor", web.project.project_id)
        place = stage.slack.add_channel("random", members=[stage.mara, stage.jon, stage.slack.bot])
        ts = await stage.mara.mentions(place, IDEA)
        asked = await until_said(stage, place, ts, "Which project")
        assert await specs(stage) == []
        await stage.jon.clicks(asked, "pick_project:0")
        await until_told(stage, stage.jon, "Only")
        await stage.mara.clicks(asked, "pick_project:1")
        await until_said(stage, place, ts, "web", "cancel")
        await stage.slack.until(lambda: "pick_project" not in buttons(asked))
        assert (await specs(stage))[0].project_id == web.project.project_id
        ts = await stage.mara.mentions(place, "[shop] round prices")
        await number_of_specs(stage, 2)
        assert (await specs(stage))[0].description == "round prices"
        ts = await stage.mara.mentions(place, "[shpo] count visitors")
        await until_said(stage, place, ts, "There is no project shpo. Did you mean shop?")
        await stage.mara.says(place, "shop", thread=ts)
        await number_of_specs(stage, 3)
        ts = await stage.mara.mentions(stage.channel, "in web: show totals")
        await until_said(stage, stage.channel, ts, "your words name web")
        await stage.mara.says(stage.channel, "stop", thread=ts)
        await until_said(stage, stage.channel, ts, "Dropped")
        assert len(await specs(stage)) == 3


async def test_without_an_admin_a_request_waits_and_goes_on_after_the_claim(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False, people=False) as stage:
        ts = await stage.jon.mentions(stage.channel, IDEA)
        await until_said(stage, stage.channel, ts, "administrator", "/omoi claim")
        await stage.jon.runs("/omoi", "claim WRONG-CODE", stage.channel)
        await until_told(stage, stage.jon, "code")
        await stage.jon.runs("/omoi", "claim", stage.channel)
        await until_told(stage, stage.jon, "one-time code")
        code = await new_admin_code(stage.house.office.db)
        await stage.jon.runs("/omoi", f"claim {code}", stage.channel)
        await until_told(stage, stage.jon, "is admin of this Omoi now")
        await number_of_specs(stage, 1)
        await until_said(stage, stage.channel, ts, "Lock an account", "cancel")


async def test_without_a_role_a_request_waits_until_somebody_gives_one(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        kim = stage.slack.add_person("kim")
        stage.channel.members.append(kim.id)
        ts = await kim.mentions(stage.channel, IDEA)
        await until_told(stage, kim, "You can look at shop", "mara")
        await stage.mara.runs("/omoi", f"role <@{kim.id}|kim> contributor", stage.channel)
        await until_told(stage, stage.mara, "maintainer")
        for wrong, answer in (
            ("role kim contributor", "role @person"),
            (f"role <@{kim.id}> boss", "is no role"),
            (f"role <@{kim.id}> viewer atlantis", "There is no project"),
        ):
            await stage.jon.runs("/omoi", wrong, stage.channel)
            await until_told(stage, stage.jon, answer)
        await stage.jon.runs("/omoi", f"role <@{kim.id}|kim> contributor", stage.channel)
        await number_of_specs(stage, 1)
        await until_said(stage, stage.channel, ts, "Lock an account", "cancel")
        known = await conversation(stage, stage.channel, ts)
        assert known is not None and known.requester == stage.identity(kim)


async def test_a_private_channel_that_the_bot_is_not_in(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        secret = stage.slack.add_channel("secret", members=[stage.mara], kind="private")
        await stage.mara.runs("/omoi", IDEA, secret)
        await until_told(stage, stage.mara, "cannot join it by myself")
        dm = stage.slack.dm(stage.mara)
        await stage.slack.until(lambda: stage.slack.messages(dm))
        asked = stage.slack.messages(dm)[-1]
        assert {"invited", "run_in_dm"} <= buttons(asked)
        await stage.mara.clicks(asked, "invited")
        assert await specs(stage) == []
        await stage.mara.clicks(asked, "run_in_dm")
        await number_of_specs(stage, 1)
        await stage.slack.until(lambda: len(stage.slack.messages(dm)) >= 2)
        other = stage.slack.add_channel("open", members=[stage.mara])
        await stage.mara.runs("/omoi", "round prices", other)
        await number_of_specs(stage, 2)
        assert stage.slack.bot.id in other.members


async def test_a_request_from_long_ago_is_confirmed_first(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        then = await stage.mara.says(stage.channel, "round prices", at=time.time() - 3 * 3600)
        event = {
            "type": "message", "user": stage.mara.id, "channel": stage.channel.id, "channel_type": "channel",
            "ts": then, "text": f"<@{stage.slack.bot.id}> round prices",
        }  # fmt: skip
        found = {"type": "event_callback", "team_id": stage.slack.team.id, "event": event}
        assert await stage.bot.intake.keep(found)
        asked = await until_said(stage, stage.channel, then, "while I was away")
        assert await specs(stage) == []
        await stage.mara.clicks(asked, "start_request")
        await number_of_specs(stage, 1)


async def test_edited_dropped_and_expired_requests(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        await stage.omoi.create_project(str(sample_repository(tmp_path / "web")), name="web")
        await stage.give_role(stage.mara, "contributor", "web")
        place = stage.slack.add_channel("random", members=[stage.mara, stage.jon, stage.slack.bot])

        async def state_of(ts: str, wanted: str) -> None:
            async def there() -> bool:
                async with stage.bot.db.read() as tx:
                    kept = await requests.of_thread(tx, stage.slack.team.id, place.id, ts)
                return bool(kept) and kept[0].state == wanted

            await eventually(stage, there)

        ts = await stage.mara.mentions(place, IDEA)
        asked = await until_said(stage, place, ts, "Which project")
        await stage.mara.edits(place, ts, "<@BOT> [web] round prices")
        await number_of_specs(stage, 1)
        assert (await specs(stage))[0].description == "round prices"
        gone = await stage.mara.mentions(place, IDEA)
        await until_said(stage, place, gone, "Which project")
        await stage.mara.deletes(place, gone)
        await state_of(gone, "DROPPED")
        old = await stage.mara.mentions(place, IDEA)
        asked = await until_said(stage, place, old, "Which project")
        late = {"expires_at": datetime(2026, 1, 1)}

        async def grow_old(tx: Tx) -> None:
            kept = await requests.of_thread(tx, stage.slack.team.id, place.id, old)
            await requests.advance(tx, kept[0].request_id, requests.WAITING, "WAITING_PROJECT", **late)

        await stage.bot.db.write(grow_old)
        assert await asking.expire(stage.bot.desk) == 1
        await stage.slack.until(lambda: "is gone" in asked.text)
        assert await asking.expire(stage.bot.desk) == 0
