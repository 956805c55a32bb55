"""What a Slack organisation consists of: plain data, no protocol and no rules."""

from __future__ import annotations

import itertools
import time
from bisect import insort
from dataclasses import dataclass, field
from typing import Literal

from tests.peers.slack.refusal import Json

Kind = Literal["public", "private", "im", "mpim"]


@dataclass
class User:
    """A person or bot; `team_id` is the workspace that the account belongs to."""

    id: str
    team_id: str
    name: str
    real_name: str
    email: str = ""
    tz: str = "Europe/Berlin"
    tz_offset: int = 3600
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    enterprise_id: str = ""
    bot_id: str = ""
    teams: set[str] = field(default_factory=set)
    """On Enterprise Grid: every workspace that the one account is in."""


@dataclass
class Edit:
    """An earlier content of a message: `text` and `blocks` until `at` (wall time)."""

    at: float
    by: str
    text: str
    blocks: list[Json]


@dataclass
class File:
    id: str
    name: str
    mimetype: str
    content: bytes
    user: str
    team_id: str
    title: str = ""
    done: bool = True
    external_only: bool = False
    """Shown to the app as a stub (`file_access: check_file_info`), as in Slack Connect channels."""

    deleted: bool = False


@dataclass
class Message:
    """A message as people see it now, and how it came to be so."""

    ts: str
    channel: str
    user: str
    team_id: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    subtype: str = ""
    bot_id: str = ""
    files: list[File] = field(default_factory=list)
    metadata: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    deleted: bool = False
    broadcast: bool = False
    ephemeral_to: str = ""
    response_url: str = ""
    notified: frozenset[str] = frozenset()
    """Who got a notification because the message named them: members of the channel only."""

    mentioned: frozenset[str] = frozenset()
    """What the message names, whether it reached anyone: user ids, `!here`, `!channel`, `!everyone`, group ids."""

    links: tuple[tuple[str, str], ...] = ()
    """(url, label) as people would see them."""

    notification: str = ""
    """What a phone or a screen reader says."""

    warnings: list[str] = field(default_factory=list)

    @property
    def is_reply(self) -> bool:
        return bool(self.thread_ts) and self.thread_ts != self.ts


@dataclass
class Channel:
    id: str
    name: str
    kind: Kind
    team_id: str
    members: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    shared_with: set[str] = field(default_factory=set)
    """The other organisations' teams of a Slack Connect channel."""

    is_pending_ext_shared: bool = False
    is_archived: bool = False
    deleted: bool = False
    posting_restricted: bool = False
    """Only admins may post (`restricted_action`)."""

    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def is_ext_shared(self) -> bool:
        return bool(self.shared_with)

    _threads: dict[str, list[Message]] = field(default_factory=dict)
    """Each message and its replies, by its ts."""

    def add(self, message: Message) -> None:
        """Puts a message where its time says."""
        held = [self.messages, self._threads.setdefault(message.ts, [])]
        if message.is_reply:
            held.append(self._threads.setdefault(message.thread_ts, []))
        for each in held:
            insort(each, message, key=lambda one: one.ts)

    def find(self, ts: str) -> Message | None:
        return next((each for each in self.thread(ts) if each.ts == ts), None)

    def thread(self, ts: str) -> list[Message]:
        """The root and its replies, oldest first; without deleted and ephemeral ones."""
        return [each for each in self._threads.get(ts, []) if not each.deleted and not each.ephemeral_to]

    def has(self, ts: str) -> bool:
        return any(each.ts == ts for each in self._threads.get(ts, []))


@dataclass
class Team:
    """A workspace; `takes_plan_blocks` off makes plan and task_card blocks `invalid_blocks`."""

    id: str
    name: str
    domain: str
    enterprise_id: str = ""
    takes_plan_blocks: bool = True
    edit_window: float | None = None
    """Seconds (wall time) within which a message may be edited; None is always, 0 is never."""


@dataclass
class Installation:
    """The app in one workspace: its bot user and token. `revoked` is the error that the token now gets."""

    token: str
    team_id: str
    bot: User
    scopes: frozenset[str]
    revoked: str = ""


@dataclass
class View:
    id: str
    kind: Literal["modal", "home"]
    user: str
    team_id: str
    payload: Json
    hash: str
    root_id: str
    previous_id: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    open: bool = True

    @property
    def blocks(self) -> list[Json]:
        found: list[Json] = self.payload.get("blocks") or []
        return found

    @property
    def title(self) -> str:
        return str((self.payload.get("title") or {}).get("text", ""))

    @property
    def private_metadata(self) -> str:
        return str(self.payload.get("private_metadata") or "")

    @property
    def callback_id(self) -> str:
        return str(self.payload.get("callback_id") or "")


@dataclass
class Trigger:
    """A trigger_id: works once, until `expires` of the peer's clock; `view` when it came from inside a form."""

    id: str
    user: str
    team_id: str
    expires: float
    view: str = ""
    used: bool = False


@dataclass
class ResponseUrl:
    id: str
    user: str
    team_id: str
    channel: str
    expires: float
    message: Message | None = None
    uses: int = 0


@dataclass
class UserGroup:
    id: str
    team_id: str
    handle: str
    users: list[str]


@dataclass
class AgentSession:
    channel: str
    thread_ts: str
    status: str
    title: str = ""


@dataclass
class State:
    """Everything that exists, by id."""

    teams: dict[str, Team] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    installations: dict[str, Installation] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[tuple[str, str], View] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    usergroups: dict[str, UserGroup] = field(default_factory=dict)
    sessions: dict[tuple[str, str], AgentSession] = field(default_factory=dict)
    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _last_ts: int = 0

    def new_id(self, letter: str) -> str:
        """An id as Slack writes them: a letter and ten capitals and digits."""
        return f"{letter}0PEER{next(self._numbers):06d}"

    def new_ts(self, at: float | None = None) -> str:
        """A timestamp that no message has: now, or `at` (wall seconds) for what happened earlier."""
        micro = int((time.time() if at is None else at) * 1_000_000)
        if at is None:
            micro = self._last_ts = max(micro, self._last_ts + 1)
        else:
            while any(channel.has(_stamp(micro)) for channel in self.channels.values()):
                micro += 1
        return _stamp(micro)

    def installation(self, team_id: str) -> Installation | None:
        """The app's newest installation in a workspace."""
        found = [each for each in self.installations.values() if each.team_id == team_id]
        return found[-1] if found else None

    def direct_channel(self, team_id: str, users: set[str]) -> Channel | None:
        kinds = {"im", "mpim"}
        return next(
            (c for c in self.channels.values() if c.kind in kinds and c.team_id == team_id and set(c.members) == users),
            None,
        )


def _stamp(micro: int) -> str:
    return f"{micro // 1_000_000}.{micro % 1_000_000:06d}"
