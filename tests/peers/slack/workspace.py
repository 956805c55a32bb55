"""What can happen in a workspace: each effect changes the state, tells the app, and is shown to whoever watches."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from tests.peers.slack import envelopes, mentions
from tests.peers.slack.clock import PeerClock
from tests.peers.slack.delivery import Deliveries, Parcel
from tests.peers.slack.limits import LIMITS
from tests.peers.slack.manifest import Manifest
from tests.peers.slack.model import Channel, Edit, Message, ResponseUrl, State, Team, Trigger, User
from tests.peers.slack.record import Entry, Record
from tests.peers.slack.refusal import Json
from tests.peers.slack.rendering import message_json


@dataclass(frozen=True)
class Change:
    """Something that a watcher may want to draw anew; `kind` as in the record, or `said`, `edited`, `channel`."""

    kind: str
    channel: str = ""
    ts: str = ""
    user: str = ""


@dataclass
class Workspace:
    """The state with its effects. The Web API and the people both act through it."""

    manifest: Manifest
    clock: PeerClock
    deliveries: Deliveries
    state: State = field(default_factory=State)
    record: Record = field(default_factory=Record)
    base: str = ""
    """The peer's address, for links to files and response URLs."""

    _watchers: set[asyncio.Queue[Change]] = field(default_factory=set)

    # --- watching

    def changed(self, kind: str, channel: str = "", ts: str = "", user: str = "") -> None:
        for queue in self._watchers:
            queue.put_nowait(Change(kind, channel, ts, user))

    async def changes(self) -> AsyncIterator[Change]:
        """Every change from now on, until the caller stops."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)

    def note(self, entry: Entry) -> None:
        """Writes an entry into the record, with what its text and blocks name and link."""
        if entry.kind not in {"refused", "limited", "failed"}:
            text = "" if entry.kind in {"view", "home", "status"} else entry.text  # these are never formatted
            found = mentions.reach(text, list(entry.blocks), [])
            entry = replace(entry, mentioned=frozenset(found.mentioned), links=tuple(found.links))
        self.record.append(entry)
        self.changed(entry.kind, entry.channel, entry.ts, entry.user)

    # --- messages

    def post(self, channel: Channel, message: Message, parse: str = "") -> Message:
        """Puts `message` into `channel`, works out whom it reaches, and tells the app."""
        found = mentions.reach(message.text, message.blocks, message.attachments, parse)
        message.mentioned = frozenset(found.mentioned)
        message.links = tuple(found.links)
        message.notification = mentions.notification(self.state, message.text, message.blocks)
        if not message.ephemeral_to:
            message.notified = mentions.reached(self.state, channel, found.mentioned, message.user)
        channel.add(message)
        if not message.ephemeral_to:
            self._tell_message(channel, message)
        self.changed("said", channel.id, message.ts, message.user)
        return message

    def _tell_message(self, channel: Channel, message: Message) -> None:
        event = envelopes.message_event(self.state, channel, message, self.base)
        for team in self._teams_of(channel):
            installation = self.state.installation(team.id)
            if installation is None or installation.bot.id not in channel.members:
                continue
            if (
                installation.bot.id in message.mentioned
                and message.user != installation.bot.id
                and channel.kind != "im"
            ):
                self.tell(team, "app_mention", envelopes.app_mention(event), channel)
            self.tell(team, envelopes.MESSAGE_EVENTS[channel.kind], event, channel)

    def change(self, channel: Channel, message: Message, by: str, text: str, blocks: list[Json]) -> None:
        """Gives `message` a new content. Nobody is notified of an edit; what it names and links is worked out anew."""
        before = message_json(self.state, message, base=self.base)
        message.edits.append(Edit(time.time(), by, message.text, message.blocks))
        message.text, message.blocks = text, blocks
        found = mentions.reach(text, blocks, message.attachments)
        message.mentioned = frozenset(found.mentioned)
        message.links = tuple(found.links)
        message.notification = mentions.notification(self.state, text, blocks)
        now = message_json(self.state, message, base=self.base)
        self._tell_changed(channel, "message_changed", now, before)
        self.changed("edited", channel.id, message.ts, by)

    def remove(self, channel: Channel, message: Message, by: str) -> None:
        before = message_json(self.state, message, base=self.base)
        message.deleted = True
        self._tell_changed(channel, "message_deleted", None, before)
        self.changed("deleted", channel.id, message.ts, by)

    def _tell_changed(self, channel: Channel, subtype: str, now: Json | None, before: Json) -> None:
        event = envelopes.changed_event(self.state, channel, subtype, now, before, self.state.new_ts())
        self._tell_members(channel, envelopes.MESSAGE_EVENTS[channel.kind], event)

    def react(self, channel: Channel, message: Message, name: str, user: str, added: bool) -> None:
        users = message.reactions.setdefault(name, [])
        if added:
            users.append(user)
        else:
            users.remove(user)
        if not users:
            del message.reactions[name]
        kind = "reaction_added" if added else "reaction_removed"
        event = {
            "type": kind, "user": user, "reaction": name, "item_user": message.user, "event_ts": self.state.new_ts(),
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
        }  # fmt: skip
        self._tell_members(channel, kind, event)
        self.changed(kind, channel.id, message.ts, user)

    # --- conversations

    def join(self, channel: Channel, user: User, inviter: str = "") -> None:
        if user.id in channel.members:
            return
        channel.members.append(user.id)
        event = {
            "type": "member_joined_channel", "user": user.id, "channel": channel.id, "team": user.team_id,
            "channel_type": "G" if channel.kind == "private" else "C", "event_ts": self.state.new_ts(),
        }  # fmt: skip
        if inviter:
            event["inviter"] = inviter
        self._tell_members(channel, "member_joined_channel", event)
        self.changed("channel", channel.id, user=user.id)

    def leave(self, channel: Channel, user: User) -> None:
        if user.id not in channel.members:
            return
        event = {
            "type": "member_left_channel", "user": user.id, "channel": channel.id, "team": user.team_id,
            "channel_type": "G" if channel.kind == "private" else "C", "event_ts": self.state.new_ts(),
        }  # fmt: skip
        self._tell_members(channel, "member_left_channel", event)
        channel.members.remove(user.id)
        self.changed("channel", channel.id, user=user.id)

    def archive(self, channel: Channel, by: str) -> None:
        channel.is_archived = True
        self._tell_fate(channel, "archive", by)

    def delete_channel(self, channel: Channel, by: str) -> None:
        self._tell_fate(channel, "deleted", by)
        channel.deleted = True

    def _tell_fate(self, channel: Channel, what: str, by: str) -> None:
        kind = f"{'group' if channel.kind == 'private' else 'channel'}_{what}"
        event = {"type": kind, "channel": channel.id, "user": by, "event_ts": self.state.new_ts()}
        self._tell_members(channel, kind, event)
        self.changed("channel", channel.id, user=by)

    def open_direct(self, team_id: str, users: list[User]) -> Channel:
        """The DM (two users) or group DM (more) of exactly `users`, made when there is none."""
        found = self.state.direct_channel(team_id, {user.id for user in users})
        if found is not None:
            return found
        kind = "im" if len(users) <= 2 else "mpim"
        name = "" if kind == "im" else "mpdm-" + "--".join(user.name for user in users) + "-1"
        made = Channel(
            self.state.new_id("D" if kind == "im" else "G"), name, "im" if kind == "im" else "mpim", team_id,
            [user.id for user in users],
        )  # fmt: skip
        self.state.channels[made.id] = made
        self.changed("channel", made.id)
        return made

    # --- what interactions carry

    def new_trigger(self, user: User, team_id: str, view: str = "") -> str:
        """A trigger_id: one use within three seconds of the peer's clock."""
        made = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        expires = self.clock.now() + LIMITS["trigger.life"].value
        self.state.triggers[made] = Trigger(made, user.id, team_id, expires, view)
        return made

    def new_response_url(self, user: User, channel: Channel, message: Message | None = None) -> str:
        made = secrets.token_urlsafe(18)
        expires = self.clock.now() + LIMITS["response_url.life"].value
        self.state.response_urls[made] = ResponseUrl(made, user.id, channel.team_id, channel.id, expires, message)
        return f"{self.base}/response/{made}"

    # --- telling the app

    def tell(self, team: Team, subscription: str, event: Json, channel: Channel | None = None) -> None:
        """Sends `event` to the app in `team`, if it subscribed to it, has the scope for it and is installed."""
        installation = self.state.installation(team.id)
        if installation is None or (
            installation.revoked and event["type"] not in {"app_uninstalled", "tokens_revoked"}
        ):
            return
        manifest = replace(self.manifest, scopes=installation.scopes)
        if not manifest.hears(subscription):
            return
        body = envelopes.event_callback(self.state, team, installation, event, channel)
        self.deliveries.give(Parcel("events_api", body, team.id))

    def _teams_of(self, channel: Channel) -> list[Team]:
        return [self.state.teams[each] for each in sorted({channel.team_id} | channel.shared_with)]

    def _tell_members(self, channel: Channel, subscription: str, event: Json) -> None:
        """Tells the app in each workspace where its bot is in the channel."""
        for team in self._teams_of(channel):
            installation = self.state.installation(team.id)
            if installation is not None and installation.bot.id in channel.members:
                self.tell(team, subscription, event, channel)
