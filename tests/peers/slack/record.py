"""The record: everything that the app did and that people could see, in order."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.peers.slack.model import Message
from tests.peers.slack.refusal import Json


@dataclass(frozen=True)
class Entry:
    """One accepted effect, or one refusal. `at` is wall time; `text` and `blocks` are what was sent then.

    `kind`: post, update, delete, ephemeral, response, view, home, file, reaction, unreaction, join, status,
    refused, limited (a 429), failed (an injected 5xx).
    """

    kind: str
    method: str
    at: float = field(default_factory=time.time)
    channel: str = ""
    ts: str = ""
    user: str = ""
    text: str = ""
    blocks: tuple[Json, ...] = ()
    error: str = ""
    detail: Json = field(default_factory=dict)
    message: Message | None = None
    mentioned: frozenset[str] = frozenset()
    """What the text and blocks name, as in `Message.mentioned`; forms and Home included."""

    links: tuple[tuple[str, str], ...] = ()


class Record(list[Entry]):
    """The entries, with the questions that tests ask."""

    def of(self, *kinds: str) -> list[Entry]:
        return [each for each in self if each.kind in kinds]

    def posts(self, channel: str = "") -> list[Entry]:
        """What the app posted for all to see: posts and public answers to a response URL."""
        return [each for each in self.of("post") if channel in ("", each.channel)]

    def edits_of(self, message: Message) -> list[Entry]:
        return [each for each in self.of("update") if each.message is message]

    def refused(self, error: str = "") -> list[Entry]:
        return [each for each in self.of("refused") if error in ("", each.error)]

    def repeated(self) -> list[list[Entry]]:
        """Posts that stand twice or more: same place, same metadata (or, without any, same text and blocks)."""
        groups: dict[str, list[Entry]] = {}
        for each in self.of("post"):
            known = each.message.metadata if each.message else None
            thread = each.message.thread_ts if each.message else ""
            key = f"{each.channel}|{thread}|{known or (each.text, each.blocks)}"
            groups.setdefault(key, []).append(each)
        return [group for group in groups.values() if len(group) > 1]

    def mentioned(self) -> set[str]:
        """Everything that any text or block named, whether it reached anybody."""
        return {name for each in self for name in each.mentioned}

    def links(self) -> list[tuple[str, str]]:
        """Every link that was ever shown, as (url, label)."""
        return [link for each in self for link in each.links]

    def notified(self, entries: Iterable[Entry] | None = None) -> set[str]:
        """Everyone that the posts named and reached."""
        found = self if entries is None else entries
        return {user for each in found if each.message and each.kind == "post" for user in each.message.notified}
