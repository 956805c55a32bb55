"""Stages for tests of the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.bot.stage import Stage, bot_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A server, a Slack with @mara, @jon and #payments, and the bot with the product's listeners."""
    async with bot_stage(tmp_path / "stage") as made:
        yield made
