"""A client that goes away in the middle of what it says."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from tests.integration.peers.conftest import Scene


async def test_a_client_that_dies_while_it_speaks_is_no_fault_of_the_peer(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(scene.slack.api_url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"POST /api/auth.test HTTP/1.1\r\nHost: slack\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 1000\r\n\r\ntoken="
    )
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []
