"""Stored before acknowledged: every payload is sorted, written to the store, and only then answered with 200.

A message that speaks to nobody here (no mention, no DM, not in one of our threads) is acknowledged and never stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import WeakValueDictionary

import structlog
from sqlalchemy import select

from omoi_bot.desk import CAUGHT_UP, OPENED, Answer
from omoi_bot.receive.forms import Forms, working
from omoi_bot.receive.sorting import Json, Sorted, sort
from omoi_bot.receive.workspaces import Workspaces
from omoi_bot.store import channels, conversations, envelopes, requests
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.envelopes import Envelope
from omoi_bot.store.errors import StoreError
from omoi_bot.store.tables import envelopes as envelope_table
from omoi_bot.store.workspaces import Workspace
from omoi_bot.work import Work

INLINE_SECONDS = 0.7
"""How long a form's acknowledgement waits for its effect; Slack gives up after 3 s, and a person notices one."""

ROUTINE = 2
"""Urgency of what nobody waits for."""
_UNHURRIED = frozenset(
    {"app_home_opened", "member_joined_channel", "channel_archive", "channel_deleted", "group_archive"}
)

log = structlog.get_logger()

Validator = Callable[[Json], Mapping[str, str]]


@dataclass(frozen=True)
class Reply:
    """What Slack is answered: an HTTP status (in Socket Mode: 200 is acknowledged, anything else is not) and a body."""

    status: int = 200
    body: Json | None = None


NOT_STORED = Reply(503)
"""Slack sends it again."""


def _nothing(_point: str) -> None:
    """What happens at a named point in production."""


class Intake:
    """Takes payloads, however they came. `validators` by callback_id look at a form before anything is stored."""

    def __init__(
        self,
        db: Database,
        workspaces: Workspaces,
        work: Work,
        forms: Forms,
        validators: Mapping[str, Validator],
        *,
        reached: Callable[[str], None] = _nothing,
    ) -> None:
        self._db = db
        self._workspaces = workspaces
        self._work = work
        self._forms = forms
        self._validators = validators
        self._reached = reached
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """One for each conversation in which messages arrive: they are stored in their order, and a reply on the heels of
        the mention that begins the thread finds it stored."""

    async def receive(self, payload: Json, *, retry: int = 0) -> Reply:
        """Store what `payload` asks for; the answer to Slack. Never raises: what cannot be stored is not acknowledged."""
        try:
            return await self._receive(payload, retry)
        except StoreError as error:
            log.error("payload.not_stored", error=str(error), remark="not acknowledged; Slack sends it again")
        except Exception as error:
            log.error("payload.not_taken", error=type(error).__name__, exc_info=error)
        return NOT_STORED

    async def keep(self, payload: Json) -> bool:
        """Store a message that was found in a conversation's history, as if it was delivered; whether it was new."""
        sorted_ = sort(payload)
        return sorted_ is not None and await self._message(sorted_, payload | {CAUGHT_UP: True})

    async def _receive(self, payload: Json, retry: int) -> Reply:
        sorted_ = sort(payload)
        if sorted_ is None:
            return Reply()
        if sorted_.is_message:
            new = await self._message(sorted_, payload)
            log.debug("message.taken", key=sorted_.key, new=new, retry=retry)
            return Reply()
        found = await self._look(sorted_, payload)
        return await self._take(sorted_, *found) if found is not None else Reply()

    async def _message(self, message: Sorted, payload: Json) -> bool:
        """Store a message that speaks to us; whether it was new."""
        turn = self._turns.setdefault(message.conversation, asyncio.Lock())
        async with turn:
            found = await self._look(message, payload)
            if found is None or not await self._concerns_us(message, found[1]):
                return False
            return await self._store(message, *found)

    async def _take(self, sorted_: Sorted, kept: Json, workspace: Workspace) -> Reply:
        if sorted_.kind == "view_submission" and (errors := self._faults(kept)):
            return Reply(body={"response_action": "errors", "errors": dict(errors)})
        if sorted_.kind == "view_submission":
            return await self._submission(sorted_, kept, workspace)
        opened = await self._forms.open(sorted_, kept)
        if opened is not None:
            kept = kept | {OPENED: opened}
        new = await self._store(sorted_, kept, workspace)
        log.debug("payload.kept", kind=sorted_.kind, key=sorted_.key, new=new)
        return Reply()

    async def _look(self, sorted_: Sorted, payload: Json) -> tuple[Json, Workspace] | None:
        """The payload as it is stored, and where it happened; None when Omoi is not installed there."""
        workspace = await self._workspaces.of(sorted_.team)
        if workspace is None:
            log.warning("payload.no_workspace", team=sorted_.team, kind=sorted_.kind)
            return None
        # The verification token is a secret of old, and listeners read the team where we act, not where the author is.
        kept = {name: value for name, value in payload.items() if name != "token"}
        if "event" in kept:
            kept["team_id"] = workspace.team
        return kept, workspace

    def _faults(self, payload: Json) -> Mapping[str, str]:
        validator = self._validators.get(str((payload.get("view") or {}).get("callback_id") or ""))
        return validator(payload) if validator is not None else {}

    async def _submission(self, sorted_: Sorted, payload: Json, workspace: Workspace) -> Reply:
        answer = self._work.expect(sorted_.key)
        try:
            if not await self._store(sorted_, payload, workspace):
                return Reply()  # sent twice: the first one is answered, or shows its answer in the form
            async with asyncio.timeout(INLINE_SECONDS):
                return _shown(await answer)
        except TimeoutError:
            if answer.done() and not answer.cancelled():
                return _shown(answer.result())  # it came at the same moment; nobody else shows it
            return Reply(body={"response_action": "update", "view": working(payload)})
        finally:
            answer.cancel()

    async def _store(self, sorted_: Sorted, payload: Json, workspace: Workspace) -> bool:
        async def write(tx: Tx) -> bool:
            urgency = 1
            if sorted_.kind in _UNHURRIED:
                urgency = ROUTINE
            elif sorted_.stops(workspace.bot_user) and await _reports(tx, sorted_):
                urgency = 0
            new = await envelopes.keep(
                tx, Envelope(sorted_.key, sorted_.kind, workspace.team, sorted_.conversation, payload, urgency)
            )
            if new:
                await _note_channel(tx, sorted_, workspace)
            return new

        new = await self._db.write(write)
        self._reached("envelope.stored")
        self._work.poke()
        return new

    async def _concerns_us(self, message: Sorted, workspace: Workspace) -> bool:
        if message.user == workspace.bot_user or (message.bot_id and message.bot_id == workspace.bot_id):
            return False
        if message.bot_id:
            async with self._db.read() as tx:
                if not await _bot_allowed(tx, message):
                    return False
        if message.dm or (message.kind == "message" and message.mentions(workspace.bot_user)):
            return True
        async with self._db.read() as tx:
            return await _known_thread(tx, message)


async def _bot_allowed(tx: Tx, message: Sorted) -> bool:
    channel = await channels.get(tx, message.team, message.channel)
    return channel is not None and message.bot_id in channel.bots_allowed


async def _known_thread(tx: Tx, message: Sorted) -> bool:
    """A spec reports in the thread, a request waits in it, or the mention that begins it is still being worked off."""
    place = (message.team, message.channel, message.thread_ts)
    if await conversations.of_thread(tx, *place) or await requests.of_thread(tx, *place):
        return True
    c = envelope_table.c
    under_way = select(c.number).where(c.conversation == message.conversation, c.state == "NEW").limit(1)
    return (await tx.conn.execute(under_way)).first() is not None


async def _reports(tx: Tx, word: Sorted) -> bool:
    """A live spec is in the thread, so that `stop` need not wait its turn behind the request that starts one."""
    return await conversations.live_in_thread(tx, word.team, word.channel, word.thread_ts) is not None


async def _note_channel(tx: Tx, sorted_: Sorted, workspace: Workspace) -> None:
    """Where the bot is, and how far it has read: catching up begins there."""
    place = (workspace.team, sorted_.channel)
    if sorted_.kind == "message" and not sorted_.dm:
        known = await channels.get(tx, *place)
        if known is None or not known.member:
            await channels.change(tx, *place, member=True)
        await channels.seen(tx, *place, sorted_.ts)
    elif sorted_.kind == "member_joined_channel" and sorted_.user == workspace.bot_user:
        await channels.change(tx, *place, member=True)
    elif sorted_.kind in ("channel_left", "group_left", "channel_archive", "group_archive", "channel_deleted"):
        await channels.change(tx, *place, member=False)


def _shown(answer: Answer | None) -> Reply:
    if answer is None:
        return Reply()
    if answer.errors:
        return Reply(body={"response_action": "errors", "errors": dict(answer.errors)})
    if answer.view is not None:
        return Reply(body={"response_action": "update", "view": dict(answer.view)})
    return Reply()
