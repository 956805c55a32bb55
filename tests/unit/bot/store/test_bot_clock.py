"""Time that may run fast, and is the same in every process."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

from omoi_bot.store.clock import EPOCH, Clock, after


def test_a_fast_clock_is_a_function_of_the_real_time() -> None:
    moment = datetime(2026, 11, 21, 9, 30)
    fast = Clock(60.0)
    assert fast.of(moment) == Clock(60.0).of(moment) == EPOCH + (moment - EPOCH) * 60
    assert fast.real(fast.of(moment)) == moment
    assert fast.of(moment + timedelta(seconds=1)) - fast.of(moment) == timedelta(minutes=1)
    assert Clock().of(moment) is moment and Clock().real(moment) is moment


async def test_waiting_takes_its_share_of_real_time() -> None:
    fast = Clock(100.0)
    began = time.monotonic()
    await fast.sleep(5)
    assert 0.045 <= time.monotonic() - began < 1
    event = asyncio.Event()
    assert not await fast.wait(event, 1)
    event.set()
    assert await fast.wait(event, 1000)
    assert after(EPOCH, 1.5) - EPOCH == timedelta(seconds=1.5)
