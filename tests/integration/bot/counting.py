"""Listeners that write down what reached them: one line for each effect, by the key that makes it one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from omoi_bot.app import Rooms
from omoi_bot.desk import Answer, Desk
from omoi_bot.store import marks
from omoi_bot.store.envelopes import Claimed

KINDS = (
    "message", "message_changed", "message_deleted", "block_actions", "view_submission", "shortcut", "slash_command",
    "app_home_opened", "member_joined_channel", "agent_session_stopped", "channel_archive", "group_archive", "channel_deleted",
)  # fmt: skip


@dataclass
class Heard:
    """What was handed to a listener, in order. `answer` decides what each gets back."""

    envelopes: list[Claimed] = field(default_factory=list)
    answer: Callable[[Claimed], Answer | None] = lambda _: None
    delay: float = 0.0
    faults: list[Exception] = field(default_factory=list)

    async def handle(self, envelope: Claimed, desk: Desk) -> Answer | None:
        if self.faults:
            raise self.faults.pop(0)
        if self.delay:
            await asyncio.sleep(self.delay)
        self.envelopes.append(envelope)
        await desk.db.write(lambda tx: marks.once(tx, f"effect:{envelope.key}"))
        return self.answer(envelope)

    @property
    def keys(self) -> list[str]:
        return [one.key for one in self.envelopes]

    @property
    def texts(self) -> list[str]:
        return [str(one.payload["event"].get("text")) for one in self.envelopes if one.kind == "message"]

    def rooms(self, **more: object) -> Rooms:
        return Rooms(dict.fromkeys(KINDS, self.handle), **more)  # type: ignore[arg-type]  # a test says what it needs


def counting_rooms(_name: str) -> Rooms:
    """For a bot in a process of its own: effects are marks in the database, `effect:<key>`."""
    return Heard().rooms()
