"""Senders that die by SIGKILL, and what must stand in Slack after them: shared by the tests and the bench."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from omoi_bot.posting import Post
from tests.integration.bot.posting_rig import Rig, rig_on, section
from tests.peers.slack.model import Channel, Message

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Mortals:
    """Starts senders that die."""

    process: asyncio.subprocess.Process
    rig: Rig
    url: str
    deaths: int = 0

    async def send(self, kill_at: str | None, nth: int, owner: str = "bot") -> str:
        """One sender's life: "done" or "killed"."""
        order = {
            "url": self.url, "api_url": self.rig.peer.api_url, "token": self.rig.peer.bot_token,
            "kill_at": kill_at, "nth": nth, "owner": owner, "rate": self.rig.clock.rate,
        }  # fmt: skip
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        await self.process.stdin.drain()
        word = (await self.process.stdout.readline()).decode().strip()
        assert word in ("done", "killed"), word
        self.deaths += word == "killed"
        return word

    async def until_done(self, kill_at: str | None, nths: list[int]) -> None:
        """Senders that die at these counts, and then one that lives."""
        for nth in nths:
            if await self.send(kill_at, nth) == "done":
                return
        assert await self.send(None, 0) == "done"


@asynccontextmanager
async def mortals(rig: Rig, url: str) -> AsyncIterator[Mortals]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.bot.posting_child", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Mortals(process, rig, url)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def scene(rig: Rig, name: str) -> list[Post]:
    """A live message that begins a thread, and words below it, in a channel of its own: one post a second is the pace."""
    channel = next((one for one in rig.peer.state.channels.values() if one.name == name), None)
    where = (channel or rig.peer.add_channel(name, members=[rig.peer.bot])).id
    words = [
        rig.post(f"say:{name}:{n}", f"word {n}", under=f"live:{name}", spec_id=name, channel=where) for n in (1, 2)
    ]
    return [rig.post(f"live:{name}", "start", spec_id=name, channel=where), *words]


def now(rig: Rig, name: str, text: str) -> Post:
    """The scene's live message as it should look now."""
    return replace(scene(rig, name)[0], text=text, blocks=section(text))


def _root(rig: Rig, post_id: str) -> tuple[Channel, Message]:
    message = rig.shown(post_id)
    return rig.peer.state.channels[message.channel], message


async def told(rig: Rig, names: list[str]) -> None:
    """Every scene stands once, in order, in its last form."""
    wanted = Counter([f"live:{name}" for name in names] + [f"say:{name}:{n}" for name in names for n in (1, 2)])
    assert rig.counts() == wanted
    for name in names:
        thread = rig.peer.thread(*_root(rig, f"live:{name}"))
        assert [message.text for message in thread] == ["end", "word 1", "word 2"]


async def dying(url: str, deaths: int, chance: random.Random, name: str = "s") -> None:
    """So many deaths at random points, while messages are wanted and change; on a clock so fast that no budget holds up
    what dies that often."""
    names: list[str] = []
    async with rig_on(url, rate=20.0, limits=False) as rig, mortals(rig, url) as senders:
        while senders.deaths < deaths:
            scene_name = f"{name}{len(names)}"
            names.append(scene_name)
            await rig.put(*scene(rig, scene_name))
            await senders.send(None, chance.randint(1, 30))
            await rig.put(now(rig, scene_name, "middle"))
            await senders.send(None, chance.randint(1, 12))
            await senders.send(None, chance.randint(1, 8))
            await rig.put(now(rig, scene_name, "end"))
        assert await senders.send(None, 0) == "done"
        await told(rig, names)
        assert not rig.peer.record.of("limited")
