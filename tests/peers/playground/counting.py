"""Posted twice, and lost: what the peer's record and the server's event log say, computed anew each time.

Posted twice: messages of the bot that stand in the same place with the same id (or, without one, the same content) as one
before. Lost: what the log demands to be said and Slack does not show, and what was said to Omoi and got no sign back.
Something counts as lost only after everything was whole for `PATIENCE` seconds and more; until then it is on its way.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from omoi_bot.follow.happenings import Happening, read
from omoi_client import OmoiClient
from tests.peers.playground.breaking import Breaker
from tests.peers.slack import Message, SlackPeer

PATIENCE = 75.0
"""The bot's leases (30 s) and Slack's one minute between two attempts to deliver an event, and some more."""

_SAID_ONCE = {
    "pull_request.created": "pr",
    "spec.cancelled": "end",
    "spec.execution_failed": "fail",
    "task.failed": "fail",
}


@dataclass(frozen=True)
class Due:
    """Something that must be seen in Slack: the beginning of its post's id (or the message it answers), and since when."""

    name: str
    since: float


@dataclass
class _Log:
    """What was read of a spec's events."""

    last: int = 0
    due: list[Due] = field(default_factory=list)


@dataclass(frozen=True)
class Counts:
    """`posts`: the bot's messages; `events`: of all specs; `waiting`: demanded and on its way; `lost`: their names.

    `behind` says why the log could not be read on.
    """

    twice: int = 0
    lost: tuple[str, ...] = ()
    waiting: int = 0
    posts: int = 0
    events: int = 0
    behind: str = ""


class Counter:
    """Reads on in the log with each count. `omoi` reads as user `local`."""

    def __init__(self, slack: SlackPeer, omoi: OmoiClient, breaker: Breaker, patience: float = PATIENCE) -> None:
        self._slack, self._omoi, self._breaker = slack, omoi, breaker
        self.patience = patience
        self._logs: dict[str, _Log] = {}

    async def read_log(self) -> None:
        """Take in the events since the last time. Raises OmoiError while the server is away."""
        async for spec in self._omoi.list_specs():
            log = self._logs.setdefault(spec.spec_id, _Log())
            if log.last == 0:
                log.due.append(Due(f"live:{spec.spec_id}", spec.created_at.seconds))
            while True:
                page = await self._omoi.list_spec_events(spec.spec_id, log.last)
                for event in page.events:
                    log.last = event.sequence
                    log.due += demanded(spec.spec_id, read(event), event.occurred_at.seconds)
                if not page.events:
                    break

    def count(self) -> Counts:
        """Everything up to now."""
        now = time.time()
        twice = sum(len(group) - 1 for group in self._slack.record.repeated())
        missing = [*self._unsaid(), *self._unanswered()]
        whole = self._breaker.whole_since()
        lost = tuple(due.name for due in missing if now - max(due.since, whole) > self.patience)
        events = sum(log.last for log in self._logs.values())
        return Counts(twice, lost, len(missing) - len(lost), len(self._slack.record.posts()), events)

    def _unsaid(self) -> Iterator[Due]:
        there = list(self._post_ids())
        for log in self._logs.values():
            for due in log.due:
                if not any(each == due.name or each.startswith(f"{due.name}:") for each in there):
                    yield due

    def _post_ids(self) -> Iterator[str]:
        """Ids of everything the bot ever posted, deleted messages too."""
        for entry in self._slack.record.posts():
            known = entry.message.metadata if entry.message else None
            yield str(((known or {}).get("event_payload") or {}).get("id", ""))

    def _unanswered(self) -> Iterator[Due]:
        """What people said to Omoi (a mention, or anything in the direct messages) without any sign that it was taken."""
        bot = self._slack.bot.id
        for channel in self._slack.state.channels.values():
            if bot not in channel.members:
                continue
            for message in channel.messages:
                to_omoi = channel.kind == "im" or f"<@{bot}>" in message.text
                if message.user == bot or message.ephemeral_to or message.deleted or not to_omoi:
                    continue
                if not self._answered(message, channel.messages):
                    yield Due(f"the answer to “{message.text[:40]}”", float(message.ts))

    def _answered(self, message: Message, around: Iterable[Message]) -> bool:
        bot, thread = self._slack.bot.id, message.thread_ts or message.ts
        if any(bot in users for users in message.reactions.values()):
            return True
        for each in around:
            later = each.ts > message.ts and each.user == bot
            if later and (each.thread_ts == thread or each.ephemeral_to == message.user):
                return True
            if later and message.thread_ts == "" and self._slack.state.channels[message.channel].kind == "im":
                return True
        # A word to a spec that runs shows in its live message, which is edited in place.
        edited = (entry.at for entry in self._slack.record.of("update") if entry.channel == message.channel)
        return bool(message.thread_ts) and any(at > float(message.ts) for at in edited)


def demanded(spec_id: str, event: Happening, since: float) -> list[Due]:
    """What an event demands in Slack, whatever the channel's verbosity: gates, failures, stops and pull requests."""
    if event.type == "review.requested":
        return [Due(f"gate:{spec_id}:{event.phase}:v{event.version}", since)]
    name = _SAID_ONCE.get(event.type)
    if name is None:
        return []
    return [Due(f"{name}:{spec_id}" if name == "pr" else f"{name}:{spec_id}:{event.sequence}", since)]
