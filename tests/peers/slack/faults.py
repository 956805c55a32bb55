"""What can go wrong with Slack, for a test to switch on. Each names the methods that it hits; none named: all."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from tests.peers.slack.delivery import Parcel
from tests.peers.slack.sockets import Sockets
from tests.peers.slack.workspace import Workspace

Kind = Literal["lose_answer", "delay", "status", "limited"]


@dataclass
class Fault:
    kind: Kind
    methods: frozenset[str]
    left: int
    """How many calls it still hits; negative: every call until `until`."""

    until: float = 0.0
    seconds: float = 0.0
    status: int = 500

    def hits(self, method: str) -> bool:
        if self.methods and method not in self.methods:
            return False
        return time.monotonic() < self.until if self.left < 0 else self.left > 0


@dataclass
class Faults:
    """The switches. Seconds are wall time, so that a test sees them pass as the bot does."""

    workspace: Workspace
    sockets: Sockets
    active: list[Fault] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    """How often each kind was hit."""

    _down_until: float = 0.0

    # --- calls

    def lose_answers(self, times: int = 1, *methods: str) -> None:
        """The next calls take effect, but the connection breaks before the answer."""
        self._add(Fault("lose_answer", frozenset(methods), times))

    def delay(self, seconds: float, times: int = 1, *methods: str) -> None:
        """The next calls are answered `seconds` late."""
        self._add(Fault("delay", frozenset(methods), times, seconds=seconds))

    def fail(self, status: int = 500, times: int = 1, *methods: str) -> None:
        """The next calls get HTTP `status` (500, 503) and have no effect."""
        self._add(Fault("status", frozenset(methods), times, status=status))

    def limit(self, seconds: float, *methods: str) -> None:
        """429 with Retry-After to every call for `seconds`."""
        self._add(Fault("limited", frozenset(methods), -1, until=time.monotonic() + seconds))

    def _add(self, fault: Fault) -> None:
        self.active.append(fault)

    def take(self, kinds: Iterable[Kind], method: str) -> Fault | None:
        """The first fault of `kinds` that hits this call; it is used up by that."""
        for fault in list(self.active):
            if fault.kind in kinds and fault.hits(method):
                fault.left -= fault.left > 0
                self.hits[fault.kind] = self.hits.get(fault.kind, 0) + 1
                if not fault.left:
                    self.active.remove(fault)
                return fault
        return None

    # --- being away

    async def down(self, seconds: float) -> None:
        """For `seconds` no call is answered and no socket taken; open sockets are cut. Returns at once."""
        self._down_until = time.monotonic() + seconds
        self._cut(True)
        await self.sockets.kill()

    async def up(self) -> None:
        """Ends `down` now."""
        self._down_until = 0.0
        self._cut(False)

    def _cut(self, cut: bool) -> None:
        self.sockets.refusing = self.workspace.deliveries.cut = cut

    @property
    def is_down(self) -> bool:
        if self._down_until and time.monotonic() >= self._down_until:
            self._down_until = 0.0
            self._cut(False)
        return self._down_until > 0

    async def kill_sockets(self) -> None:
        await self.sockets.kill()

    async def refresh_sockets(self) -> None:
        """`disconnect` with refresh_requested to every connection."""
        await self.sockets.refresh()

    # --- events and triggers

    def expire_triggers(self) -> None:
        for trigger in self.workspace.state.triggers.values():
            trigger.expires = float("-inf")

    def repeat_last_event(self, times: int = 3) -> Parcel:
        """The last event comes `times` more, with the same event_id. LookupError when there was none."""
        events = [each for each in self.workspace.deliveries.sent if each.kind == "events_api"]
        if not events:
            raise LookupError("no event was sent yet; let somebody say something first")
        self.workspace.deliveries.again(events[-1], times)
        return events[-1]

    def disorder(self, events: int) -> None:
        """The next `events` events are held back until all are there, and come in the reverse order."""
        self.workspace.deliveries.hold_for_disorder = events
