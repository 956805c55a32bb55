"""Rate limits, on the peer's own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.integration.peers.conftest import Scene
from tests.peers.slack import SlackPeer
from tests.peers.slack.rates import BURST, TIERS


async def limited(call: Any) -> int:
    """The seconds of Retry-After of a call that must be answered with 429."""
    with pytest.raises(SlackApiError, match="ratelimited") as caught:
        await call
    assert caught.value.response.status_code == 429
    return int(caught.value.response.headers["Retry-After"])


@pytest.mark.parametrize("tier", [2, 3, 4])
async def test_a_tier_is_enforced(scene: Scene, tier: int) -> None:
    calls: dict[int, Callable[[], Any]] = {
        2: scene.client.users_list,
        3: lambda: scene.client.conversations_info(channel=scene.channel.id),
        4: lambda: scene.client.users_info(user=scene.mara.id),
    }
    for _ in range(TIERS[tier]):
        assert (await calls[tier]())["ok"]
    assert 1 <= await limited(calls[tier]()) <= 60
    other = calls[3 if tier != 3 else 4]
    assert (await other())["ok"], "each method has its own budget"
    scene.slack.clock.advance(61)
    assert (await calls[tier]())["ok"]
    assert [entry.kind for entry in scene.slack.record.of("limited")] == ["limited"]


async def test_each_workspace_has_its_own_budget(scene: Scene) -> None:
    west = scene.slack.add_team("West")
    token = scene.slack.install(west).token
    for _ in range(TIERS[2]):
        await scene.client.users_list()
    await limited(scene.client.users_list())
    assert (await scene.client.users_list(token=token))["ok"]


async def test_posts_are_limited_in_each_channel(scene: Scene) -> None:
    for number in range(BURST):
        await scene.client.chat_postMessage(channel=scene.channel.id, text=f"{number}")
    assert await limited(scene.client.chat_postMessage(channel=scene.channel.id, text="x")) == 1
    other = scene.slack.add_channel("other", [scene.slack.bot])
    await scene.client.chat_postMessage(channel=other.id, text="x")
    scene.slack.clock.advance(1)
    await scene.client.chat_postMessage(channel=scene.channel.id, text="x")
    await limited(scene.client.chat_postMessage(channel=scene.channel.id, text="x"))
    assert len(scene.slack.messages(scene.channel)) == BURST + 1


async def test_limits_are_off_only_when_told(scene: Scene) -> None:
    scene.slack.rates.on = False
    for _ in range(TIERS[2] + 5):
        await scene.client.users_list()


async def test_a_fast_clock_shortens_retry_after() -> None:
    async with SlackPeer(clock_rate=60) as slack:
        slack.rates.check("x", slack.team.id, 1)
        wait = slack.rates.check("x", slack.team.id, 1)
        assert 50 < wait <= 60 and slack.rates.retry_after(wait) == 1


def test_tier_one_takes_one_call_a_minute() -> None:
    slack = SlackPeer()
    assert slack.rates.check("x", "T1", 1) == 0
    assert slack.rates.check("x", "T1", 1) > 59
    with pytest.raises(ValueError, match="clock_rate is 0"):
        SlackPeer(clock_rate=0)
