"""Processes of the bot that only follow and post, made to die at a point that the test names.

They are forked from a server process that has imported everything, so that one is there in a tenth of a second.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.process import BaseProcess
from uuid import uuid4

import structlog
from sqlalchemy import update

from omoi_bot.backend import Backend
from omoi_bot.follow.follower import Follower
from omoi_bot.follow.room import Room
from omoi_bot.people import People
from omoi_bot.posting import Sender
from omoi_bot.slack_api import SlackApi
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.tables import follows, leases
from tests.integration.bot.following_stage import Stage, quick
from tests.integration.rpc.rpc_client import TOKEN

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload(["tests.acceptance.bot_following"])


@dataclass(frozen=True)
class Orders:
    """Where the parts are, and after how many points the process kills itself; 0: never."""

    url: str
    address: str
    api_url: str
    bot_token: str
    rate: float
    dies_at: int = 0


class Countdown:
    """Counts the points that are reached, and ends the process at the last one as kill -9 does."""

    def __init__(self, points: int) -> None:
        self._left = points

    def reached(self, _point: str) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def follow_and_post(orders: Orders) -> None:
    """The two loops of the bot, until the process ends."""
    countdown = Countdown(orders.dies_at)
    clock = Clock(orders.rate)
    owner = f"bot-{uuid4()}"
    db = await Database.open(orders.url, clock=clock, reached=countdown.reached)
    backend = Backend(orders.address, TOKEN)
    slack = SlackApi(lambda _team: orders.bot_token, orders.api_url, clock)
    sender = Sender(slack, db, owner, clock, reached=countdown.reached)
    room = Room(
        db,
        backend,
        slack,
        People(slack, backend, db),
        owner,
        clock=clock,
        pace=quick(clock.rate),
        wake_sender=sender.poke,
    )
    await asyncio.gather(sender.run(), Follower(room).run())


def serve(orders: Orders) -> None:
    """The process."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(follow_and_post(orders))


def start(orders: Orders) -> BaseProcess:
    """Start one; it is the caller's to kill and to join."""
    process = _FORKING.Process(target=serve, args=(orders,), daemon=True)
    process.start()
    return process


def end(process: BaseProcess) -> None:
    """kill -9; the process is gone afterwards."""
    process.kill()
    process.join()


def orders_for(stage: Stage, rate: float, dies_at: int = 0) -> Orders:
    return Orders(stage.url, stage.address, stage.slack.api_url, stage.slack.bot_token, rate, dies_at)


async def let_leases_run_out(db: Database) -> None:
    """What a dead process held is free, as it is half a minute later."""
    past = datetime(2020, 1, 1)

    async def work(tx: Tx) -> None:
        await tx.conn.execute(update(follows).values(until=None))
        await tx.conn.execute(update(leases).values(until=past))

    await db.write(work)
