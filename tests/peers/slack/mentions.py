"""What of a message reaches people: whom it notifies, which links it shows, what a phone says.

Rules: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.peers.slack.kit.reading import texts
from tests.peers.slack.model import Channel, State
from tests.peers.slack.refusal import Json

_ANGLE = re.compile(r"<([^<>\n]+)>")
_BARE = re.compile(r"(?<![<|\"(\w/])https?://[^\s<>|)\"]+")
_MARKDOWN_LINK = re.compile(r"\[([^\]\n]*)\]\(([^()\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_WIDE = {"here", "channel", "everyone", "group"}
_PUSH = 150


@dataclass
class Reach:
    """Names (user ids, `!here`…, group ids) and (url, label) pairs that a message shows."""

    mentioned: set[str] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)

    def read_mrkdwn(self, text: str, full: bool = False) -> None:
        """Takes what an unescaped `<…>` means; with `full` (parse=full) also plain @here, @channel, @everyone."""
        for inner in _ANGLE.findall(text):
            self._token(inner)
        bare = _ANGLE.sub(" ", text)
        self.links += [(html.unescape(url), html.unescape(url)) for url in _BARE.findall(bare)]
        if full:
            self.mentioned |= {f"!{word}" for word in re.findall(r"(?<!\w)@(here|channel|everyone)\b", bare)}

    def read_markdown(self, text: str) -> None:
        """A `markdown` block: its links, and Slack's own `<…>` outside code."""
        plain = _CODE.sub(" ", text)
        self.links += [(url, label) for label, url in _MARKDOWN_LINK.findall(plain)]
        self.read_mrkdwn(_MARKDOWN_LINK.sub(" ", plain))

    def _token(self, inner: str) -> None:
        target, _, label = inner.partition("|")
        if target.startswith("@"):
            self.mentioned.add(target[1:])
        elif target.startswith("!subteam^"):
            self.mentioned.add(target.removeprefix("!subteam^"))
        elif target.startswith("!") and target[1:].split("^")[0] in _WIDE:
            self.mentioned.add(target)
        elif not target.startswith(("!", "#")) and ":" in target:
            url = html.unescape(target)
            self.links.append((url, html.unescape(label) or url))

    def read_blocks(self, found: Any) -> None:
        for kind, text in texts(found):
            if kind == "mrkdwn":
                self.read_mrkdwn(text)
            elif kind == "markdown":
                self.read_markdown(text)
        self._read_rich(found)

    def _read_rich(self, found: Any) -> None:
        """Elements of rich text and buttons with a URL, wherever they stand."""
        if isinstance(found, list):
            for each in found:
                self._read_rich(each)
        elif isinstance(found, dict):
            kind = found.get("type")
            if kind == "user" and "user_id" in found:
                self.mentioned.add(str(found["user_id"]))
            elif kind == "usergroup":
                self.mentioned.add(str(found.get("usergroup_id")))
            elif kind == "broadcast":
                self.mentioned.add(f"!{found.get('range')}")
            elif kind == "link" and found.get("url"):
                self.links.append((str(found["url"]), str(found.get("text") or found["url"])))
            elif kind == "button" and found.get("url"):
                self.links.append((str(found["url"]), str((found.get("text") or {}).get("text", ""))))
            for value in found.values():
                if isinstance(value, dict | list):
                    self._read_rich(value)


def reach(text: str, blocks: list[Json], attachments: list[Json], parse: str = "") -> Reach:
    """What `text` and `blocks` name and link. Both count: with blocks, the text is still what a phone shows."""
    found = Reach()
    found.read_mrkdwn(text, parse == "full")
    found.read_blocks(blocks)
    found.read_blocks(attachments)
    return found


def reached(state: State, channel: Channel, mentioned: Iterable[str], author: str) -> frozenset[str]:
    """The members of `channel` that a new message naming `mentioned` notifies. Its author and bots are not."""
    members = {user for user in channel.members if not state.users[user].is_bot and not state.users[user].deleted}
    found: set[str] = set()
    for name in mentioned:
        if name.startswith("!"):
            found |= members
        elif name in state.usergroups:
            found |= members & set(state.usergroups[name].users)
        else:
            found |= members & {name}
    return frozenset(found - {author})


def plain(state: State, text: str) -> str:
    """`text` as a reader sees it: names for ids, labels for links, no escapes."""

    def shown(match: re.Match[str]) -> str:
        target, _, label = match.group(1).partition("|")
        if target.startswith("@"):
            user = state.users.get(target[1:])
            return f"@{user.name}" if user else match.group(0)
        if target.startswith("!subteam^"):
            group = state.usergroups.get(target.removeprefix("!subteam^"))
            return f"@{group.handle}" if group else match.group(0)
        if target.startswith("#"):
            channel = state.channels.get(target[1:])
            return f"#{channel.name}" if channel else label
        if target.startswith("!date^"):
            return label
        if target.startswith("!"):
            return f"@{target[1:].split('^')[0]}"
        return label or target

    return html.unescape(_ANGLE.sub(shown, text))


def notification(state: State, text: str, blocks: list[Json]) -> str:
    """What a push notification says: the text; without one, what Slack gathers from the blocks."""
    said = text or " ".join(each for _, each in texts(blocks))
    line = plain(state, said)
    return line if len(line) <= _PUSH else line[: _PUSH - 1] + "…"
