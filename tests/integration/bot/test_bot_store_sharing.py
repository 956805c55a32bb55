"""Several processes on one database: claims, leases and cursors that only one holds, and what happens in races."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from omoi_bot.posting import Post, get, put
from omoi_bot.store import conversations, envelopes, follows, leases, marks, reminders, requests
from omoi_bot.store.clock import Clock, real_now
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.envelopes import Claimed, Envelope
from omoi_bot.store.errors import LostClaim, ThreadTaken
from omoi_bot.store.reminders import Reminder
from omoi_bot.store.requests import Request
from tests.integration.bot import posting_bases

bot_file, bot_postgres, bot_url = posting_bases.bot_file, posting_bases.bot_postgres, posting_bases.bot_url
migrated_bot_file, migrated_bot_template = posting_bases.migrated_bot_file, posting_bases.migrated_bot_template

FAST = Clock(200.0)
"""A claim of 30 s runs out in 0.15 s."""


@asynccontextmanager
async def two(url: str, clock: Clock | None = None) -> AsyncIterator[tuple[Database, Database]]:
    one, other = await Database.open(url, clock=clock), await Database.open(url, clock=clock)
    try:
        yield one, other
    finally:
        await one.close()
        await other.close()


async def keep(db: Database, *given: Envelope) -> None:
    async def work(tx: Tx) -> None:
        for envelope in given:
            await envelopes.keep(tx, envelope)

    await db.write(work)


async def claimed(db: Database, owner: str, limit: int = 16) -> list[Claimed]:
    return await db.write(lambda tx: envelopes.claim(tx, owner, limit))


async def eventually(what: Callable[[], Awaitable[object]], seconds: float = 5.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not await what():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def test_an_envelope_is_kept_once_and_worked_off_in_order_with_stop_first(bot_url: str) -> None:
    async with two(bot_url) as (db, other):
        said = Envelope("msg:1", "message", "T", "c1", {"text": "a"})
        assert await db.write(lambda tx: envelopes.keep(tx, said))
        assert not await other.write(lambda tx: envelopes.keep(tx, said))
        await keep(db, Envelope("msg:2", "message", "T", "c1"), Envelope("msg:3", "message", "T", "c2"))
        first = await claimed(db, "one")
        assert [one.key for one in first] == ["msg:1", "msg:3"] and first[0].payload == {"text": "a"}
        assert await claimed(other, "two") == []
        # What is urgent does not wait for what is being worked on.
        await keep(db, Envelope("msg:4", "message", "T", "c1", urgency=0))
        assert [one.key for one in await claimed(other, "two")] == ["msg:4"]
        await db.write(lambda tx: envelopes.done(tx, first[0]))
        assert await claimed(other, "two") == [], "the urgent one is not done yet"


async def test_two_processes_never_have_the_same_envelope(bot_url: str) -> None:
    async with two(bot_url) as (db, other):
        await keep(db, *(Envelope(f"msg:{n}", "message", "T", f"c{n}") for n in range(40)))
        found = await asyncio.gather(*(claimed(each, f"p{n}", 4) for n in range(6) for each in (db, other)))
        keys = [one.key for part in found for one in part]
        assert len(keys) == len(set(keys)) and len(keys) >= 30


async def test_a_claim_that_ran_out_is_taken_over_and_the_first_one_cannot_finish(bot_url: str) -> None:
    async with two(bot_url, FAST) as (db, other):
        await keep(db, Envelope("msg:1", "message", "T", "c1"))
        (slow,) = await claimed(db, "one")
        taken: list[Claimed] = []

        async def take() -> bool:
            taken.extend(await claimed(other, "two"))
            return bool(taken)

        await eventually(take)

        async def finish(tx: Tx) -> None:
            await put(tx, Post("say:1", "T", "C", "done twice"))
            await envelopes.done(tx, slow)

        with pytest.raises(LostClaim):
            await db.write(finish)
        await other.write(lambda tx: envelopes.done(tx, taken[0]))
        async with db.read() as tx:
            assert await get(tx, "say:1") is None, "the effect of the one that was too slow is undone"


async def test_what_fails_is_tried_again_and_given_up_after_five_times(bot_file: str) -> None:
    async with two(bot_file, FAST) as (db, _):
        await keep(db, Envelope("msg:1", "message", "T", "c1"), Envelope("msg:2", "message", "T", "c1"))
        for attempt in range(1, 6):
            found: list[Claimed] = []

            async def take(found: list[Claimed] = found) -> bool:
                found.extend(await claimed(db, "one"))
                return bool(found)

            await eventually(take)
            assert [(one.key, one.attempts) for one in found] == [("msg:1", attempt - 1)]
            given_up = await db.write(lambda tx, one=found[0]: envelopes.failed(tx, one, "boom"))  # type: ignore[misc]
            assert given_up == (attempt == 5)
        async with db.read() as tx:
            kept = await envelopes.get(tx, "msg:1")
        assert kept is not None and (kept.state, kept.error) == ("FAILED", "boom")
        assert [one.key for one in await claimed(db, "one")] == ["msg:2"], "it does not hold up the others for ever"


async def test_a_lease_has_one_holder_and_a_growing_fence(bot_url: str) -> None:
    async with two(bot_url, FAST) as (db, other):
        take = {name: lambda tx, name=name: leases.take(tx, "send:T", name, 30) for name in ("one", "two")}
        assert await db.write(take["one"]) == 1
        assert await db.write(take["one"]) == 1
        assert await other.write(take["two"]) is None
        await db.write(lambda tx: leases.check(tx, "send:T", "one", 1, left=5))

        async def taken() -> object:
            return await other.write(take["two"])

        await eventually(taken)
        with pytest.raises(LostClaim):
            await db.write(lambda tx: leases.check(tx, "send:T", "one", 1))
        await other.write(lambda tx: leases.release(tx, "send:T", "two"))
        assert await db.write(take["one"]) == 3


async def test_many_take_a_lease_at_once(bot_url: str) -> None:
    async with two(bot_url) as (db, other):
        tries = [
            each.write(lambda tx, n=n: leases.take(tx, "send:T", f"p{n}", 30))  # type: ignore[misc]
            for n in range(8)
            for each in ((db, other)[n % 2],)
        ]
        assert sorted(await asyncio.gather(*tries), key=str) == [1, *[None] * 7]


async def test_a_cursor_and_its_posts_are_one_step(bot_url: str) -> None:
    async with two(bot_url, FAST) as (db, other):
        assert await db.write(lambda tx: follows.start(tx, "s1", as_identity="slack:T/U", project_id="p"))
        assert not await db.write(lambda tx: follows.start(tx, "s1", as_identity="slack:T/U", project_id="p"))
        (mine,) = await db.write(lambda tx: follows.take(tx, "one"))
        assert await db.write(lambda tx: follows.renew(tx, "one")) == {"s1"}
        mine = await db.write(lambda tx: follows.advance(tx, mine, 3, {"phase": "DESIGN"}))
        taken: list[follows.Follow] = []

        async def take() -> bool:
            taken.extend(await other.write(lambda tx: follows.take(tx, "two")))
            return bool(taken)

        await eventually(take)
        assert (taken[0].cursor, taken[0].snapshot) == (3, {"phase": "DESIGN"})

        async def tell(tx: Tx) -> None:
            await put(tx, Post("say:1", "T", "C", "told twice"))
            await follows.advance(tx, mine, 5, None)

        with pytest.raises(LostClaim):
            await db.write(tell)
        assert await db.write(lambda tx: follows.renew(tx, "one")) == set()
        async with db.read() as tx:
            assert await get(tx, "say:1") is None
        await other.write(lambda tx: follows.end(tx, taken[0]))
        assert await db.write(lambda tx: follows.take(tx, "one")) == []


async def test_a_thread_has_one_live_spec_whoever_comes_first(bot_url: str) -> None:
    async with two(bot_url) as (db, other):
        given = [Conversation(f"s{n}", "T", "C", "1.000001") for n in range(4)]

        def begin(one: Conversation) -> Callable[[Tx], Awaitable[Conversation]]:
            return lambda tx: conversations.start(tx, one)

        tries = [each.write(begin(one)) for each, one in zip((db, other, db, other), given, strict=True)]
        results = await asyncio.gather(*tries, return_exceptions=True)
        begun = [one for one in results if isinstance(one, Conversation)]
        assert len(begun) == 1 and sum(isinstance(one, ThreadTaken) for one in results) == 3
        assert (await db.write(lambda tx: conversations.start(tx, begun[0]))).created_at == begun[0].created_at
        assert await db.write(lambda tx: conversations.end(tx, begun[0].spec_id))
        await db.write(lambda tx: conversations.start(tx, Conversation("s9", "T", "C", "1.000001")))
        async with db.read() as tx:
            live = await conversations.live_in_thread(tx, "T", "C", "1.000001")
            assert live is not None and live.spec_id == "s9"
            assert next(iter(await conversations.of_thread(tx, "T", "C", "1.000001"))).spec_id == "s9"
            assert [one.spec_id for one in await conversations.running_in_channel(tx, "T", "C")] == ["s9"]


async def test_the_first_of_many_wins(bot_url: str) -> None:
    async with two(bot_url) as (db, other):
        asked = Request("r1", "T", "C", state="WAITING_PROJECT", options={"kind": "FULL"})
        assert await db.write(lambda tx: requests.keep(tx, asked))
        assert not await db.write(lambda tx: requests.keep(tx, asked))
        move = [
            each.write(lambda tx: requests.advance(tx, "r1", ["WAITING_PROJECT"], "LAUNCHING"))
            for each in (db, other, db, other)
        ]
        assert sorted(await asyncio.gather(*move)) == [False, False, False, True]
        once = [each.write(lambda tx: marks.once(tx, "said:hello")) for each in (db, other, db, other)]
        assert sorted(await asyncio.gather(*once)) == [False, False, False, True]
        async with db.read() as tx:
            reminder = Reminder("s1", "TASKS", 1, tx.now)
        await db.write(lambda tx: reminders.keep(tx, reminder))
        sent = [each.write(lambda tx: reminders.sent(tx, reminder, None)) for each in (db, other, db, other)]
        assert sorted(await asyncio.gather(*sent)) == [False, False, False, True]


async def test_a_request_that_waited_for_a_day_expires_once(bot_file: str) -> None:
    async with two(bot_file, Clock(86_400 * 10, real_now())) as (db, _):
        await db.write(lambda tx: requests.keep(tx, Request("r1", "T", "C", state="WAITING_ROLE")))
        await db.write(lambda tx: requests.keep(tx, Request("r2", "T", "C", state="LAUNCHED")))
        ended: list[Request] = []

        async def expire() -> bool:
            ended.extend(await db.write(requests.expire))
            return bool(ended)

        await eventually(expire)
        assert [one.request_id for one in ended] == ["r1"]
        assert await db.write(requests.expire) == []


async def test_posts_of_a_line_are_numbered_without_gaps_by_many_writers(bot_url: str) -> None:
    async with two(bot_url) as (db, other):
        tries = [
            each.write(lambda tx, n=n: put(tx, Post(f"say:{n}", "T", "C", f"word {n}", thread_ts="1.000001")))  # type: ignore[misc]
            for n in range(5)
            for each in (db, other)
        ]
        assert sorted(await asyncio.gather(*tries)) == [False] * 5 + [True] * 5
        async with db.read() as tx:
            kept = [await get(tx, f"say:{n}") for n in range(5)]
        assert sorted(one.ordinal for one in kept if one is not None) == [1, 2, 3, 4, 5]


async def test_a_cancelled_caller_does_not_interrupt_a_transaction(bot_url: str) -> None:
    async with two(bot_url) as (db, _):
        begun = asyncio.Event()

        async def slow(tx: Tx) -> None:
            await marks.put(tx, "a", "1")
            begun.set()
            await asyncio.sleep(0.05)
            await marks.put(tx, "b", "2")

        caller = asyncio.create_task(db.write(slow))
        await begun.wait()
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)

        async def there() -> bool:
            async with db.read() as tx:
                return (await marks.get(tx, "a"), await marks.get(tx, "b")) == ("1", "2")

        await eventually(there)
        with pytest.raises(RuntimeError, match="inside a write"):
            await db.write(lambda _tx: db.write(slow))
