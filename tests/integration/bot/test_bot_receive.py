"""From Slack to the store: what is kept, under which key, when it is acknowledged, and what is dropped."""

from __future__ import annotations

from pathlib import Path

from omoi_bot.store import envelopes
from tests.integration.bot.counting import Heard
from tests.integration.bot.stage import Stage, bot_stage


async def kept(stage: Stage) -> list[str]:
    """Keys in the store."""
    from sqlalchemy import select

    from omoi_bot.store.tables import envelopes as table

    async with stage.bot.db.read() as tx:
        return list((await tx.conn.execute(select(table.c.key).order_by(table.c.number))).scalars())


async def test_a_mention_and_its_message_are_one_envelope(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        ts = await stage.mara.mentions(stage.channel, "lock an account")
        await stage.slack.settled()
        await stage.slack.until(lambda: heard.envelopes)
        assert await kept(stage) == [f"msg:{stage.slack.team.id}:{stage.channel.id}:{ts}"]
        assert len(heard.envelopes) == 1
        assert "token" not in heard.envelopes[0].payload


async def test_talk_among_people_is_acknowledged_and_not_stored(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        root = await stage.mara.says(stage.channel, "lunch?")
        await stage.jon.says(stage.channel, "yes", thread=root)
        await stage.mara.edits(stage.channel, root, "lunch at one?")
        await stage.slack.settled()
        assert await kept(stage) == []
        async with stage.bot.db.read() as tx:
            assert await envelopes.unfinished(tx) == 0
