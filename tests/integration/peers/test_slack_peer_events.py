"""Events, commands and clicks through the real slack_bolt in Socket Mode."""

from __future__ import annotations

from typing import Any

from tests.integration.peers.conftest import Scene, StartApp


async def test_a_mention_reaches_the_app_twice_and_is_answered_in_its_thread(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)

    @bolt.app.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text=f"Planning {event['text']}", thread_ts=event["ts"])

    @bolt.app.event("message")
    async def ignore() -> None: ...

    ts = await scene.mara.mentions(scene.channel, "lock an account")
    await scene.slack.until(lambda: scene.slack.record.posts())
    await scene.slack.settled()
    assert [m.user for m in scene.slack.thread(scene.channel, ts)] == [scene.mara.id, scene.slack.bot.id]
    assert len(bolt.events("app_mention")) == 1
    assert [e["ts"] for e in bolt.events("message")][0] == ts
    assert len(scene.slack.record.posts()) == 1
