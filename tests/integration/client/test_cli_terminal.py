"""The command on a terminal: the live picture, questions, relative times, no colour when asked."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import sys

import pytest

from omoi.v1 import common_pb2, event_pb2, spec_pb2
from tests.integration.client.client_peer import Cut, Peer, event
from tests.integration.client.conftest import START
from tests.integration.client.test_cli_pipe import GATED, HOSTILE, with_output

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """One program on a pseudo-terminal."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.raw = ""

    async def start(self, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, *arguments,
            stdin=slave, stdout=slave, stderr=slave, env=self.environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            try:
                data = await asyncio.to_thread(os.read, self.master, 65536)
            except OSError:
                return
            if not data:
                return
            self.raw += data.decode(errors="replace")

    async def until(self, text: str) -> None:
        async with asyncio.timeout(20):
            while text not in CODES.sub("", self.raw):
                assert self.process.returncode is None, self.raw
                await asyncio.sleep(0.02)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    async def end(self) -> int:
        code = await asyncio.wait_for(self.process.wait(), 20)
        await asyncio.wait_for(self.reader, 20)
        os.close(self.master)
        return code

    @property
    def text(self) -> str:
        return CODES.sub("", self.raw).replace("\r", "")


@pytest.fixture
def terminal(environment: dict[str, str]) -> Terminal:
    return Terminal(environment)


def plan(peer: Peer, spec_id: str) -> None:
    explored = event_pb2.PhaseProgress(
        attempt=1, version=1, score=1.0, digest="d", facts=["34 files", "Python"], duration_ms=400
    )
    peer.events[spec_id] = [
        event(1, "spec.created"),
        event(2, "spec.phase_started", phase=common_pb2.SPEC_PHASE_EXPLORE),
        event(3, "command.started", command=event_pb2.Command(id=1, text="reading shop/auth.py\x1b[2J")),
        event(4, "spec.phase_completed", phase=common_pb2.SPEC_PHASE_EXPLORE, phase_progress=explored),
        event(
            5, "task.started", task=event_pb2.TaskChange(task_id="tsk-1", key="TSK-001", status="TASK_STATUS_RUNNING")
        ),
    ]


async def test_the_live_picture(peer: Peer, terminal: Terminal) -> None:
    spec_id = peer.add_spec(status="EXECUTING", settled=False, title=HOSTILE)
    plan(peer, spec_id)
    await terminal.start("watch", "7f3a")
    await terminal.until("running TSK-001")
    done = event_pb2.TaskChange(task_id="tsk-1", key="TSK-001", status="TASK_STATUS_SUCCEEDED")
    peer.events[spec_id].append(event(6, "task.succeeded", task=done))
    spec = peer.specs[spec_id]
    spec.branch_name = "spec/7f3a-lock"
    spec.execution_status.CopyFrom(
        spec_pb2.ExecutionStatus(total=1, succeeded=1, is_complete=True, outcome="EXECUTION_OUTCOME_SUCCEEDED")
    )
    spec.status, spec.settled = spec_pb2.SPEC_STATUS_COMPLETED, True

    assert await terminal.end() == 0
    assert "spec-7f3a  Lock [bold]accounts[/bold] now" in terminal.text
    assert re.search(r"✓ Explore +34 files, Python +score 1\.00 +0\.4 s", terminal.text)
    assert "reading shop/auth.py" in terminal.text and "\x1b[2J" not in terminal.raw
    assert re.search(r"✓ Build +1 of 1 done", terminal.text)
    assert "done        spec/7f3a-lock · 1 of 1 tasks" in terminal.text
    assert "omoi pr spec-7f3a" in terminal.text
    assert "\x1b[?25h" in terminal.raw, "the cursor is back"


async def test_no_color_is_honoured(peer: Peer, environment: dict[str, str]) -> None:
    peer.add_spec(status="AWAITING_REVIEW", title="A title that is much too long for a line " * 4)
    plain = Terminal({**environment, "NO_COLOR": "1"})
    await plain.start("list")
    assert await plain.end() == 0
    assert re.search(r"spec-7f3a +AWAITING_REVIEW .* shop .* A title that .*…", plain.text)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", plain.raw)


async def test_approve_shows_what_was_never_shown_and_asks(peer: Peer, terminal: Terminal) -> None:
    spec_id = peer.add_spec(status="AWAITING_REVIEW", **GATED)
    with_output(peer, spec_id)
    await terminal.start("approve", "7f3a")
    await terminal.until("Approve REQUIREMENTS v1 (shown above)?")
    assert "# v1" in terminal.text
    terminal.type("y\n")
    assert await terminal.end() == 0
    assert peer.asked_for(spec_pb2.ReviewPhaseRequest)[0].digest == "d1"


async def test_approve_means_the_version_shown_last_and_no_is_no(peer: Peer, environment: dict[str, str]) -> None:
    spec_id = peer.add_spec(status="AWAITING_REVIEW", **GATED)
    with_output(peer, spec_id)
    first = Terminal(environment)
    await first.start("output", "7f3a", "requirements")
    assert await first.end() == 0
    with_output(peer, spec_id, 2, "d2")

    second = Terminal(environment)
    await second.start("approve", "7f3a")
    await second.until("Approve REQUIREMENTS v1 (shown")
    second.type("n\n")
    assert await second.end() == 1
    assert not peer.asked_for(spec_pb2.ReviewPhaseRequest)


async def test_an_interrupt_on_a_terminal(peer: Peer, terminal: Terminal) -> None:
    spec_id = peer.add_spec(status="EXECUTING", settled=False)
    plan(peer, spec_id)
    await terminal.start("watch", "7f3a")
    await terminal.until("running TSK-001")
    terminal.process.send_signal(signal.SIGINT)
    assert await terminal.end() == 130
    assert "The run goes on. Watch it again: omoi watch spec-7f3a" in terminal.text
    assert "\x1b[?25h" in terminal.raw and "Traceback" not in terminal.text


async def test_a_lost_connection_shows_and_goes(peer: Peer, terminal: Terminal) -> None:
    spec_id = peer.add_spec(status="EXECUTING", settled=False)
    plan(peer, spec_id)
    await terminal.start("watch", "7f3a")
    await terminal.until("running TSK-001")
    await peer.stop()
    await terminal.until("Trying again.")
    peer.specs[spec_id].status, peer.specs[spec_id].settled = spec_pb2.SPEC_STATUS_FAILED, True
    peer.cuts = [Cut([])]
    await peer.start()
    assert await terminal.end() == 3
    assert "omoi execute spec-7f3a" in terminal.text


async def test_the_same_words_name_the_wrapper(peer: Peer, environment: dict[str, str]) -> None:
    peer.add_spec()
    wrapped = Terminal({**environment, "OMOI_PROGRAM": ".omoi-demo/omoi"})
    await wrapped.start("launch", "idea")
    assert await wrapped.end() == 0
    assert ".omoi-demo/omoi watch spec-1a2b" in wrapped.text
