"""kill -9 of the program: the next one speaks as soon as it is there, not when the leases of the dead one ran out."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from tests.integration.bot.scenes import until_said
from tests.integration.bot.stage import Stage, bot_stage

SOON = 10.0
"""Seconds. The sender's lease of the dead process runs for up to 20, the program itself starts in 2."""


async def _program(stage: Stage) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "omoi_bot", env={**os.environ, **stage.child_environment},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def test_a_killed_program_is_taken_over_at_once(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        child = await _program(stage)
        try:
            await stage.slack.until(lambda: stage.slack.sockets.connections, timeout=30.0)
            asked = await stage.mara.says(stage.channel, f"<@{stage.slack.bot.id}> help")
            await until_said(stage, stage.channel, asked, "Start")
            child.kill()
            await child.wait()
            await stage.slack.until(lambda: not stage.slack.sockets.connections)
            began = time.monotonic()
            child = await _program(stage)
            await stage.slack.until(lambda: stage.slack.sockets.connections, timeout=30.0)
            asked = await stage.mara.says(stage.channel, f"<@{stage.slack.bot.id}> help")
            await until_said(stage, stage.channel, asked, "Start")
            took = time.monotonic() - began
            print(f"answered {took:.1f} s after the new process began")
            assert took < SOON
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()
