"""logs: what workers journaled."""

from __future__ import annotations

import asyncio
from datetime import UTC

from omoi.v1.spec_pb2 import TranscriptLine
from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit, program
from omoi_client.cli.running import Invocation
from omoi_client.cli.times import stamp
from omoi_client.client import OmoiClient

_POLL_SECONDS = 1.0
_PAGE = 1_000


async def logs(omoi: OmoiClient, typed: str, follow: bool, state: Invocation, as_json: bool) -> int:
    """GetTranscript of a spec or of one task; `follow` goes on until the spec is settled."""
    spec_id, task_id = await _subject(omoi, typed)
    state.resume = f"The run goes on. Follow it again: {program()} logs {typed} --follow"
    token = ""
    ending = not follow
    while True:
        page = await omoi.get_transcript(spec_id, task_id, token, _PAGE)
        token = page.next_page_token
        for line in page.lines:
            if as_json:
                screen.emit(line)
            else:
                screen.say(_row(line))
        if page.lines:
            continue
        if ending:
            return Exit.DONE
        # Settled first, then read once more: lines that came before the end are not missed.
        ending = (await omoi.get_spec(spec_id)).settled
        if not ending:
            await asyncio.sleep(_POLL_SECONDS)


async def _subject(omoi: OmoiClient, typed: str) -> tuple[str, str]:
    if "/" in typed or typed.strip().lower().startswith("tsk-"):
        task = await ids.find_task(omoi, typed)
        return task.spec_id, task.task_id
    return await ids.find_spec(omoi, typed), ""


def _row(line: TranscriptLine) -> str:
    at = stamp(line.time.ToDatetime(tzinfo=UTC))
    return f"{line.sandbox_id} {line.line} {at} {line.type} {line.text}"
