"""What a person does on the page, done through the peer's people: the same way that the tests act.

Every wish is a JSON object with `do`, `as` (a user id) and what the deed needs. Refusals are sentences for the person.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.peers.playground.errors import PlaygroundError
from tests.peers.playground.typing_words import wire
from tests.peers.slack import (
    BadAnswer,
    Channel,
    File,
    FormIncomplete,
    Message,
    NotAnswered,
    Person,
    SlackPeer,
    StaleClick,
    View,
)

Json = dict[str, Any]
Deed = Callable[[Person, Json], Awaitable[Json | None]]

MOST_BYTES = 10 * 1024 * 1024
MOST_LETTERS = 40_000
"""Slack's own limit of a message."""


class Hands:
    """The two people's hands."""

    def __init__(self, slack: SlackPeer, people: Mapping[str, Person]) -> None:
        self._slack = slack
        self._people = people
        self._deeds: dict[str, Deed] = {
            "say": self._say,
            "edit": self._edit,
            "delete": self._delete,
            "react": self._react,
            "click": self._click,
            "submit": self._submit,
            "close": self._close,
            "home": self._home,
            "shortcut": self._shortcut,
            "join": self._join,
        }

    def knows(self, deed: str) -> bool:
        return deed in self._deeds

    async def do(self, asked: Json) -> Json:
        """`{}` or what the deed tells. Raises PlaygroundError with the sentence that the person reads."""
        person = self._people.get(str(asked.get("as")))
        deed = self._deeds.get(str(asked.get("do")))
        if person is None or deed is None:
            raise PlaygroundError("The page asks for something that this playground does not know; reload it.")
        try:
            return await deed(person, asked) or {}
        except NotAnswered as error:
            raise PlaygroundError(f"{self._slack.manifest.name} did not respond. ({error})") from error
        except BadAnswer as error:
            raise PlaygroundError(f"{self._slack.manifest.name} gave an answer that Slack refuses: {error}") from error
        except (StaleClick, ValueError) as error:
            raise PlaygroundError(str(error)) from error

    # --- words

    async def _say(self, person: Person, asked: Json) -> Json | None:
        channel, text = self._channel(asked), str(asked.get("text") or "")
        thread = str(asked.get("thread") or "")
        if len(text) > MOST_LETTERS:
            raise PlaygroundError(f"Slack takes {MOST_LETTERS:,} characters in a message; this has {len(text):,}.")
        if text.startswith("/") and not asked.get("files"):
            command, _, rest = text.partition(" ")
            if thread:
                raise PlaygroundError(f"{command} is not supported in threads. Sorry!")
            await person.runs(command, wire(self._slack, rest.strip(), labels=True), channel)
            return None
        files = [self._file(each) for each in asked.get("files") or []]
        if not text.strip() and not files:
            return None
        said = await person.says(
            channel, wire(self._slack, text), thread or None, files, broadcast=bool(asked.get("broadcast"))
        )
        return {"ts": said}

    async def _edit(self, person: Person, asked: Json) -> None:
        await person.edits(self._channel(asked), str(asked.get("ts")), wire(self._slack, str(asked.get("text") or "")))

    async def _delete(self, person: Person, asked: Json) -> None:
        await person.deletes(self._channel(asked), str(asked.get("ts")))

    async def _react(self, person: Person, asked: Json) -> None:
        channel, ts, name = self._channel(asked), str(asked.get("ts")), str(asked.get("name"))
        message = self._message(asked)
        await person.reacts(channel, ts, name, person.id not in message.reactions.get(name, []))

    async def _join(self, person: Person, asked: Json) -> None:
        """Brings the app into a channel, as `/invite @Omoi` does."""
        await person.invites(self._channel(asked), self._slack.bot)

    # --- clicks and forms

    async def _click(self, person: Person, asked: Json) -> None:
        """`view` (an id) or `channel` and `ts` say where; `action`, `value` and `option` say what."""
        place = self._view(asked) if asked.get("view") else self._message(asked)
        value = asked.get("value")
        await person.clicks(place, str(asked.get("action")), None if value is None else str(value), asked.get("option"))

    async def _submit(self, person: Person, asked: Json) -> None:
        values = asked.get("values") or {}
        if not isinstance(values, dict):
            raise PlaygroundError("The page sent no values of the form; reload it.")
        with contextlib.suppress(FormIncomplete):
            # Said below each field, where the person looks.
            await person.submits(self._view(asked), values)

    async def _close(self, person: Person, asked: Json) -> None:
        await person.closes(self._view(asked))

    async def _home(self, person: Person, asked: Json) -> None:
        await person.opens_home("messages" if asked.get("tab") == "messages" else "home")

    async def _shortcut(self, person: Person, asked: Json) -> None:
        await person.uses_shortcut(str(asked.get("callback")), self._message(asked))

    # --- finding

    def _channel(self, asked: Json) -> Channel:
        found = self._slack.state.channels.get(str(asked.get("channel")))
        if found is None:
            raise PlaygroundError("This channel does not exist any more.")
        return found

    def _message(self, asked: Json) -> Message:
        """Private ones are no part of a thread, so they are looked for by themselves."""
        channel, ts = self._channel(asked), str(asked.get("ts"))
        found = next((each for each in channel.messages if each.ts == ts and not each.deleted), None)
        if found is None:
            raise PlaygroundError("This message does not exist any more.")
        return found

    def _view(self, asked: Json) -> View:
        found = self._slack.state.views.get(str(asked.get("view")))
        if found is None:
            raise PlaygroundError("This form does not exist any more.")
        return found

    def _file(self, sent: Any) -> File:
        try:
            content = base64.b64decode(str(sent["content"]), validate=True)
            name, kind = str(sent["name"])[:200], str(sent.get("type") or "application/octet-stream")
        except (KeyError, TypeError, binascii.Error) as error:
            raise PlaygroundError("The file could not be read; choose it again.") from error
        if len(content) > MOST_BYTES:
            raise PlaygroundError(f"{name} is larger than {MOST_BYTES // 1024 // 1024} MB; choose a smaller file.")
        return self._slack.make_file(name, content, kind)
