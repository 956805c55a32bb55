"""A spec that goes on while its server dies again and again, and somebody who watches all the time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

from omoi.v1 import event_pb2
from omoi_client import OmoiClient
from tests.acceptance.end_results import EndResult, read, settled
from tests.acceptance.servers import Fault, Server
from tests.offices import IDEA


class Story:
    """One spec on one server. Calls are repeated with their request_id until a server answers."""

    def __init__(
        self, server: Server, omoi: OmoiClient, spec_id: str, met: Sequence[str] = (), left: Sequence[Fault] = ()
    ) -> None:
        self.server = server
        self.omoi = omoi
        self.spec_id = spec_id
        self.met = list(met)
        self.left = list(left)
        self.seen: list[event_pb2.SpecEvent] = []
        self._watcher = asyncio.create_task(self._watch(), name=f"watch {spec_id}")

    async def _watch(self) -> None:
        async for event in self.omoi.watch(self.spec_id, until_settled=True):
            self.seen.append(event)

    @property
    def over(self) -> bool:
        """Whether the watcher was told that nothing more will happen."""
        return self._watcher.done()

    async def survive(self) -> list[str]:
        """Let each server meet its fault and start the next one; all the points that were met.

        Ends early when the spec settles before a fault is met. Afterwards a server without faults runs.
        """
        while True:
            while not self.server.fallen and not self.over:
                await asyncio.sleep(0.01)
            if not self.server.fallen:
                # Settled before the fault was met: the end result is asked of a fresh server all the same.
                self.server.kill()
                await self.server.start()
                return self.met
            if not await _succeeded(self.server, self.met, self.left):
                return self.met

    async def end(self, seconds: float = 60.0) -> EndResult:
        """The settled spec; the watcher saw each of its events once and in order, over all the deaths."""
        result = await settled(self.server, self.omoi, self.spec_id, seconds)
        await asyncio.wait_for(self._watcher, 15)
        assert self.seen == result.events, f"the watcher saw {len(self.seen)} of\n{result.told()}"
        return result

    async def close(self) -> None:
        """Stop watching."""
        self._watcher.cancel()
        with suppress(asyncio.CancelledError):
            await self._watcher

    async def now(self) -> EndResult:
        """The spec as it is."""
        return await read(self.omoi, self.spec_id)


async def _succeeded(server: Server, met: list[str], left: list[Fault]) -> bool:
    """Start the successor of a server that met its fault; whether it has a fault of its own."""
    assert server.process.wait(10) < 0, f"it was not killed\n{server.told()}"
    met.append(server.met())
    fault = left.pop(0) if left else None
    await server.start(fault)
    return fault is not None


@asynccontextmanager
async def story_of(
    server: Server,
    repository: Path,
    *,
    faults: Sequence[Fault] = (),
    idea: str = IDEA,
    gates: Sequence[str] | None = None,
) -> AsyncIterator[Story]:
    """Start the server, add the project, arm the first fault, launch.

    A server that dies before it answers is followed by one with the next fault, asked with the same request_id.
    """
    await server.start()
    async with server.client() as omoi:
        project = (await omoi.create_project(str(repository))).project
        met: list[str] = []
        left = list(faults)
        if left:
            assert await server.stop() == 0, server.told()
            await server.start(left.pop(0))
        request_id = str(uuid4())
        launch = asyncio.create_task(
            omoi.launch_spec(project.project_id, description=idea, gates=gates, request_id=request_id)
        )
        try:
            while not launch.done():
                if server.fallen:
                    await _succeeded(server, met, left)
                await asyncio.sleep(0.01)
        except BaseException:
            launch.cancel()
            raise
        story = Story(server, omoi, (await launch).spec_id, met, left)
        try:
            yield story
        finally:
            await story.close()
