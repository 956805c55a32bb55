"""What people do in Slack: the hands of the tests and of the playground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.peers.slack import envelopes, forms, responses, stacks
from tests.peers.slack.delivery import Answer, Parcel
from tests.peers.slack.model import Channel, File, Message, Team, User, View
from tests.peers.slack.record import Entry
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import message_json, view_json

if TYPE_CHECKING:
    from tests.peers.slack.peer import SlackPeer


class NotAnswered(AssertionError):
    """The app did not acknowledge in time: the person sees "… did not respond" (`operation_timeout`)."""


class BadAnswer(AssertionError):
    """The app's acknowledgement says something that Slack does not take."""


@dataclass
class Person:
    """One person at their Slack."""

    peer: SlackPeer
    user: User
    confirmed: Json | None = None
    """The confirmation dialogue of the last element that was clicked; clicking says yes to it."""

    @property
    def id(self) -> str:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def mention(self) -> str:
        return f"<@{self.user.id}>"

    # --- what they see

    @property
    def home(self) -> View | None:
        """The app's Home tab as published for them."""
        return self.peer.state.homes.get((self.team.id, self.id))

    @property
    def open_view(self) -> View | None:
        """The form on top."""
        return stacks.top(self.peer.workspace, self.id)

    @property
    def private_posts(self) -> list[Message]:
        """Everything that only they can see, oldest first."""
        channels = self.peer.state.channels.values()
        found = [m for c in channels for m in c.messages if m.ephemeral_to == self.id and not m.deleted]
        return sorted(found, key=lambda each: each.ts)

    @property
    def response_posts(self) -> list[Message]:
        """What came privately through response URLs and answers to commands."""
        return [each for each in self.private_posts if each.response_url]

    @property
    def team(self) -> Team:
        return self.peer.state.teams[self.user.team_id]

    # --- what they say

    async def says(
        self, channel: Channel, text: str, thread: str | Message | None = None, files: Sequence[File] = (),
        broadcast: bool = False, at: float | None = None,
    ) -> str:  # fmt: skip
        """Posts and returns the ts. `text` is as on the wire (`<@U…>`, `&amp;`); `<@BOT>` stands for the app's bot.

        `at` (seconds since the epoch) says it earlier. ValueError when they could not say it.
        """
        self._can_post(channel)
        root = thread.ts if isinstance(thread, Message) else thread or ""
        if root and channel.find(root) is None:
            raise ValueError(f"#{channel.name or channel.id} has no message {root} to answer")
        ts = self.peer.state.new_ts(at)
        if self.peer.manifest.is_agent and channel.kind == "im":
            root = root or ts  # the messages of an agent are threads: docs.slack.dev/ai
        message = Message(
            ts, channel.id, self.id, self.user.team_id, self._wire(channel, text), thread_ts=root,
            subtype="file_share" if files else "", files=list(files), broadcast=broadcast,
        )  # fmt: skip
        for file in files:
            file.user, file.team_id = self.id, self.user.team_id
            self.peer.state.files[file.id] = file
        self.peer.workspace.post(channel, message)
        return message.ts

    async def mentions(self, channel: Channel, text: str, thread: str | Message | None = None, **more: Any) -> str:
        """Says `text` to the app."""
        return await self.says(channel, f"<@BOT> {text}", thread, **more)

    async def edits(self, channel: Channel, ts: str, text: str) -> None:
        message = self._own(channel, ts)
        self.peer.workspace.change(channel, message, self.id, self._wire(channel, text), [])

    async def deletes(self, channel: Channel, ts: str) -> None:
        self.peer.workspace.remove(channel, self._own(channel, ts), self.id)

    async def reacts(self, channel: Channel, ts: str, name: str, added: bool = True) -> None:
        message = channel.find(ts)
        if message is None:
            raise ValueError(f"no message {ts} to react to")
        self.peer.workspace.react(channel, message, name, self.id, added)

    # --- what they click

    async def clicks(
        self, place: Message | View | Entry, action_id: str, value: str | None = None, option: Any = None
    ) -> Json | None:
        """Touches an element of a message or view as it is now; the payload of the acknowledgement is returned.

        `value` picks among buttons with the same action_id; `option` is an option's value or label (or a list).
        StaleClick when it is not there, NotAnswered when the app does not answer.
        """
        shown = place.message if isinstance(place, Entry) else place
        if shown is None:
            raise forms.StaleClick("this entry of the record is no message")
        gone = shown.deleted if isinstance(shown, Message) else not shown.open
        if gone:
            raise forms.StaleClick("it was deleted or closed")
        channel = self.peer.state.channels[shown.channel] if isinstance(shown, Message) else None
        if channel is not None and channel.kind != "public" and self.id not in channel.members:
            raise forms.StaleClick(f"{self.name} cannot see {channel.name or channel.id}")
        if isinstance(shown, Message) and shown.ephemeral_to not in ("", self.id):
            raise forms.StaleClick(f"only {shown.ephemeral_to} can see it")
        block, element = forms.find(shown.blocks, action_id, value)
        self.confirmed = element.get("confirm")
        made = forms.action(block, element, option, value)
        return (await self._interact(shown, [made])).payload

    async def _interact(self, shown: Message | View, actions: list[Json]) -> Answer:
        workspace = self.peer.workspace
        if isinstance(shown, View):
            team, url = self.peer.state.teams[shown.team_id], ""
            trigger = workspace.new_trigger(self.user, team.id, shown.id if shown.kind == "modal" else "")
        else:
            channel = self.peer.state.channels[shown.channel]
            team, url = self._team_in(channel), workspace.new_response_url(self.user, channel, shown)
            trigger = workspace.new_trigger(self.user, team.id)
        values = forms.state(shown.blocks, {})
        bot_id = self.peer.bot_of(team).bot_id
        shown_team = team if team.id in self.user.teams | {self.user.team_id} else self.team
        body = envelopes.block_actions(
            self.peer.state, shown_team, self.user, actions, trigger, shown, values, url, bot_id, self.peer.url
        )
        return await self._send("interactive", body, team)

    async def runs(self, command: str, text: str, channel: Channel) -> Json | None:
        """A slash command; what it answers at once is returned, and shown to them."""
        if self.peer.manifest.is_agent and channel.kind == "im" and self.peer.bot_of(self.team).id in channel.members:
            raise ValueError("slash commands do not work in the threads that an agent's direct messages are")
        if command not in self.peer.manifest.commands:
            raise ValueError(f"{command} is not in the manifest; Slack says that it is no valid command")
        team = self._team_in(channel)
        trigger = self.peer.workspace.new_trigger(self.user, team.id)
        url = self.peer.workspace.new_response_url(self.user, channel)
        body = envelopes.slash_command(team, self.user, command, text, channel, trigger, url)
        answer = await self._send("slash_commands", body, team)
        if answer.payload and (answer.payload.get("text") or answer.payload.get("blocks")):
            target = self.peer.state.response_urls[url.rpartition("/")[2]]
            try:
                said, blocks = responses.checked(self.peer.workspace, team.id, answer.payload)
            except Refusal as refusal:
                raise BadAnswer(f"{command} answered what Slack refuses: {refusal}") from refusal
            responses.say(self.peer.workspace, target, answer.payload, said, blocks)
        return answer.payload

    async def uses_shortcut(self, callback_id: str, message: Message | None = None) -> Json | None:
        """A shortcut, on a message when one is given."""
        known = self.peer.manifest.message_shortcuts if message else self.peer.manifest.global_shortcuts
        if callback_id not in known:
            raise ValueError(f"{callback_id} is no such shortcut of the manifest; it has: {', '.join(sorted(known))}")
        channel = self.peer.state.channels[message.channel] if message else None
        team = self._team_in(channel) if channel else self.team
        trigger = self.peer.workspace.new_trigger(self.user, team.id)
        url = self.peer.workspace.new_response_url(self.user, channel) if channel else ""
        shown = message_json(self.peer.state, message, base=self.peer.url) if message else None
        body = envelopes.shortcut(team, self.user, callback_id, trigger, shown, channel, url)
        return (await self._send("interactive", body, team)).payload

    # --- forms

    async def submits(self, view: View | None, values: Mapping[str, Any] | None = None) -> Json | None:
        """Fills in and submits the form on top. FormIncomplete when Slack's client would not send it."""
        if view is None or not view.open or self.open_view is not view:
            raise forms.StaleClick("this form is not the one on top")
        if not view.payload.get("submit"):
            raise forms.StaleClick(f"the form '{view.title}' has no submit button")
        held = forms.state(view.blocks, values or {})
        try:
            forms.check_complete(view.blocks, held)
        except forms.FormIncomplete as incomplete:
            view.errors = dict(incomplete.errors)
            self.peer.workspace.changed("view", user=self.id)
            raise
        team = self.peer.state.teams[view.team_id]
        trigger = self.peer.workspace.new_trigger(self.user, team.id, view.id)
        bot_id = self.peer.bot_of(team).bot_id
        body = envelopes.view_interaction("view_submission", team, self.user, view, trigger, held, bot_id)
        answer = await self._send("interactive", body, team)
        try:
            self._apply(view, answer.payload or {})
        except Refusal as refusal:
            raise BadAnswer(f"the answer to the form is refused: {refusal}") from refusal
        return answer.payload

    def _apply(self, view: View, answer: Json) -> None:
        """What a response_action does to the stack. https://docs.slack.dev/surfaces/modals#updating_response"""
        action = answer.get("response_action")
        workspace = self.peer.workspace
        if action == "errors":
            errors = answer.get("errors") or {}
            inputs = {block["block_id"] for block in view.blocks if block.get("type") == "input"}
            if not errors or not set(errors) <= inputs:
                raise Refusal("invalid_errors", f"errors name {sorted(errors)}; the input blocks are {sorted(inputs)}")
            view.errors = {key: str(value) for key, value in errors.items()}
            workspace.changed("view", user=self.id)
        elif action == "update":
            stacks.replace_view(workspace, view, answer.get("view") or {})
        elif action == "push":
            stacks.push_view(workspace, answer.get("view") or {}, self.id, view.team_id)
        elif action == "clear":
            stacks.close_all(workspace, self.id)
        elif action is None:
            if self.open_view is view:
                stacks.close_top(workspace, self.id)
        else:
            raise Refusal("invalid_response_action", str(action))

    async def closes(self, view: View | None) -> Json | None:
        """Closes the form on top; the app hears of it when it asked to (`notify_on_close`)."""
        if view is None or not view.open or self.open_view is not view:
            raise forms.StaleClick("this form is not the one on top")
        stacks.close_top(self.peer.workspace, self.id)
        if not view.payload.get("notify_on_close"):
            return None
        team = self.peer.state.teams[view.team_id]
        bot_id = self.peer.bot_of(team).bot_id
        body = envelopes.view_interaction("view_closed", team, self.user, view, "", {}, bot_id)
        return (await self._send("interactive", body, team)).payload

    async def opens_home(self, tab: str = "home") -> None:
        """Opens the app's Home (or `messages`) tab."""
        channel = self.peer.dm(self)
        event: Json = {
            "type": "app_home_opened", "user": self.id, "channel": channel.id, "tab": tab,
            "event_ts": self.peer.state.new_ts(),
        }  # fmt: skip
        if tab == "home" and self.home is not None:
            event["view"] = view_json(self.home, self.peer.bot_of(self.team).bot_id)
        self.peer.workspace.tell(self.team, "app_home_opened", event, channel)

    async def stops_session(self, channel: Channel, thread: str) -> None:
        """The stop button of an agent session that is processing."""
        session = self.peer.state.sessions.get((channel.id, thread))
        if session is None or session.status != "processing":
            raise forms.StaleClick("there is no stop button: no session of this thread is processing")
        event: Json = {
            "type": "agent_session_stopped", "channel": channel.id, "thread_ts": thread, "user": self.id,
            "streaming_message_ts": [], "event_ts": self.peer.state.new_ts(),
        }  # fmt: skip
        self.peer.workspace.tell(self._team_in(channel), "agent_session_stopped", event, channel)

    # --- channels

    async def invites(self, channel: Channel, other: Person | User) -> None:
        user = other.user if isinstance(other, Person) else other
        self.peer.workspace.join(channel, user, inviter=self.id)

    async def removes(self, channel: Channel, other: Person | User) -> None:
        self.peer.workspace.leave(channel, other.user if isinstance(other, Person) else other)

    async def archives(self, channel: Channel) -> None:
        self.peer.workspace.archive(channel, self.id)

    async def deletes_channel(self, channel: Channel) -> None:
        self.peer.workspace.delete_channel(channel, self.id)

    # --- inside

    async def _send(self, kind: str, body: Json, team: Team) -> Answer:
        if kind == "interactive" and not self.peer.manifest.interactivity:
            raise ValueError("interactivity is off in the manifest; Slack shows an error instead of sending this")
        parcel = Parcel(kind, body, team.id)
        self.peer.deliveries.give(parcel)
        await parcel.done.wait()
        answer = parcel.answers[-1]
        if not answer.ok:
            raise NotAnswered(f"{self.peer.manifest.name} did not respond to {parcel.name} ({answer.reason})")
        return answer

    def _can_post(self, channel: Channel) -> None:
        if self.user.deleted:
            raise ValueError(f"{self.name} is deactivated and cannot sign in")
        if self.id not in channel.members:
            raise ValueError(f"{self.name} is not in {channel.name or channel.id}")
        if channel.is_archived or channel.deleted:
            raise ValueError(f"{channel.name or channel.id} is archived or deleted")

    def _own(self, channel: Channel, ts: str) -> Message:
        message = channel.find(ts)
        if message is None or message.user != self.id:
            raise ValueError(f"{self.name} has no message {ts} in {channel.name or channel.id}")
        return message

    def _team_in(self, channel: Channel) -> Team:
        """The workspace whose installation hears what they do in `channel`."""
        for team_id in [channel.team_id, *sorted(channel.shared_with)]:
            if self.peer.state.installation(team_id) is not None:
                return self.peer.state.teams[team_id]
        raise ValueError(f"the app is in no workspace of {channel.name or channel.id}")

    def _wire(self, channel: Channel, text: str) -> str:
        """`text` with the app's bot in place of `<@BOT>`."""
        if "<@BOT>" not in text:
            return text
        return text.replace("<@BOT>", f"<@{self.peer.bot_of(self._team_in(channel)).id}>")
