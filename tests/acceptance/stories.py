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

    def __init__(self, server: Server, omoi: OmoiClient, spec_id: str) -> None:
        self.server = server
        self.omoi = omoi
        self.spec_id = spec_id
        self.seen: list[event_pb2.SpecEvent] = []
        self._watcher = asyncio.create_task(self._watch(), name=f"watch {spec_id}")

    async def _watch(self) -> None:
        async for event in self.omoi.watch(self.spec_id, until_settled=True):
            self.seen.append(event)

    @property
    def over(self) -> bool:
        """Whether the watcher was told that nothing more will happen."""
        return self._watcher.done()

    async def survive(self, faults: Sequence[Fault]) -> list[str]:
        """Let the running server meet the first fault, its successor the next, and so on; the points that were met.

        The server must have been started with the first one. Ends early when the spec settles before a fault is met.
        Afterwards a server without faults runs.
        """
        met: list[str] = []
        for following in [*faults[1:], None]:
            while not self.server.fallen and not self.over:
                await asyncio.sleep(0.01)
            if not self.server.fallen:
                # Its last words may still be on their way; the end result is asked of a fresh server in any case.
                self.server.kill()
                await self.server.start()
                return met
            met.append(self.server.met())
            self.server.process.wait()
            await self.server.start(following)
        return met

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


@asynccontextmanager
async def story_of(
    server: Server,
    repository: Path,
    *,
    faults: Sequence[Fault] = (),
    idea: str = IDEA,
    gates: Sequence[str] | None = None,
) -> AsyncIterator[Story]:
    """Start the server, add the project, arm the first fault, launch."""
    await server.start()
    async with server.client() as omoi:
        project = (await omoi.create_project(str(repository))).project
        if faults:
            assert await server.stop() == 0, server.told()
            await server.start(faults[0])
        request_id = str(uuid4())
        launch = asyncio.create_task(
            omoi.launch_spec(project.project_id, description=idea, gates=gates, request_id=request_id)
        )
        while not launch.done() and not server.fallen:
            await asyncio.sleep(0.01)
        if not launch.done():
            # It died before it answered: the client asks the next server with the same request_id.
            server.process.wait()
            await server.start(faults[0])
        story = Story(server, omoi, (await launch).spec_id)
        try:
            yield story
        finally:
            await story.close()
