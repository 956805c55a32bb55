"""Hostile text in every field of every answer, through every command: nothing of it acts on a terminal or looks like ours."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import pty
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import grpc
import pytest

from demo import showing
from omoi_client.cli import perform
from tests.hostile import HOSTILE
from tests.integration.client.conftest import Ran
from tests.integration.client.parrot import SPEC_ID, Parrot

TASK = f"{SPEC_ID}/TSK-001"
COMMANDS = (
    ("list",), ("show", SPEC_ID), ("output", SPEC_ID, "requirements"), ("logs", SPEC_ID), ("watch", SPEC_ID),
    ("task", "list", SPEC_ID), ("task", "show", TASK), ("task", "retry", TASK), ("task", "cancel", TASK), ("tickets", "list"),
    ("comments", SPEC_ID), ("say", SPEC_ID, "x"), ("project", "list"), ("project", "show", "x"), ("whoami",),
    ("role", "list", "x"), ("role", "set", "x", "usr-1", "contributor"), ("token", "list"), ("pr", SPEC_ID),
    ("branch", SPEC_ID), ("label", SPEC_ID, "x"), ("launch", "x", "--project", "x"), ("execute", SPEC_ID),
    ("launch", "x", "--project", "x", "--watch"), ("cancel", SPEC_ID), ("archive", SPEC_ID),
)  # fmt: skip
AT_A_GATE = (
    ("show", SPEC_ID), ("approve", SPEC_ID, "--version", "1"), ("reject", SPEC_ID, "--reason", "x"), ("request-changes", SPEC_ID, "x"),
    ("watch", SPEC_ID),
)  # fmt: skip
PLAIN = ("plain words", "other words", "more words")
RAW = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]"
)
CODES = re.compile(r"\x1b\[(?:[0-9;]*m|[0-9]*[AK]|2K|\?25[lh])|\r")
UNICODE = tuple(text.encode("utf-8", "replace").decode() for text in HOSTILE)
"""What can be in a protobuf message: no lone surrogates."""

SHOWN = tuple(
    text for text in UNICODE if re.search(r"[a-z]", text) and not text.startswith("\x1b]") and len(text) < 5_000
)
"""Those of which something is left on the screen."""

Type = Callable[..., Awaitable[Ran]]


@pytest.fixture
async def parrot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Parrot]:
    """On loopback; the command finds it."""
    made = Parrot()
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((made,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    (tmp_path / "address").write_text(f"127.0.0.1:{port}\n")
    (tmp_path / "token").write_text("x\n")
    for name, value in {"OMOI_HOME": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    yield made
    await server.stop(None)


async def piped(*arguments: str) -> Ran:
    """`omoi` with pipes."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = await asyncio.to_thread(perform, list(arguments))
    return Ran(code, out.getvalue(), err.getvalue())


async def on_a_terminal(*arguments: str) -> Ran:
    """`omoi` whose stdout and stderr are one pseudo-terminal; everything is in `out`, raw."""
    master, slave = pty.openpty()
    read: list[bytes] = []

    def reading() -> None:
        with contextlib.suppress(OSError):  # the other side is closed: the end
            while data := os.read(master, 65536):
                read.append(data)

    reader = threading.Thread(target=reading)
    reader.start()
    try:
        with (
            os.fdopen(slave, "w", encoding="utf-8", errors="replace") as terminal,
            contextlib.redirect_stdout(terminal),
            contextlib.redirect_stderr(terminal),
        ):
            code = await asyncio.to_thread(perform, list(arguments))
    finally:
        await asyncio.to_thread(reader.join)
        os.close(master)
    return Ran(code, b"".join(read).decode(errors="replace"), "")


def lines(text: str) -> int:
    return text.count("\n")


async def check_piped(
    parrot: Parrot, words: tuple[str, ...], same_lines: bool, commands: tuple[tuple[str, ...], ...]
) -> None:
    for arguments in commands:
        parrot.say(*PLAIN[: len(words)])
        calm = await piped(*arguments)
        parrot.say(*words)
        ran = await piped(*arguments)
        seen = f"{arguments}, {[word[:40] for word in words[:3]]}:\n{ran.out[:2000]!r}\n{ran.err[:2000]!r}"
        assert ran.code == calm.code != 2, seen
        assert not RAW.search(ran.out) and not RAW.search(ran.err), seen
        if arguments[0] != "output":
            assert lines(ran.out) <= lines(calm.out), seen
        assert lines(ran.err) <= lines(calm.err), seen
        if same_lines:
            assert lines(ran.err) == lines(calm.err), seen
            assert arguments[0] == "output" or lines(ran.out) == lines(calm.out), seen


async def test_in_a_pipe(parrot: Parrot) -> None:
    parrot.many = 12
    await check_piped(parrot, SHOWN, True, COMMANDS)
    await check_piped(parrot, UNICODE[::-1], False, COMMANDS)
    parrot.status = "SPEC_STATUS_AWAITING_REVIEW"
    await check_piped(parrot, SHOWN, True, AT_A_GATE)


@pytest.mark.full
@pytest.mark.parametrize("start", range(0, len(UNICODE), 25))
async def test_each_alone_in_a_pipe(parrot: Parrot, start: int) -> None:
    parrot.many = 1
    for hostile in UNICODE[start : start + 25]:
        await check_piped(parrot, (hostile,), hostile in SHOWN, COMMANDS)


async def check_terminal(parrot: Parrot, words: tuple[str, ...], commands: tuple[tuple[str, ...], ...]) -> None:
    for arguments in commands:
        parrot.say(*PLAIN[: len(words)])
        calm = await on_a_terminal(*arguments)
        ours = set(CODES.findall(calm.out))
        parrot.say(*words)
        ran = await on_a_terminal(*arguments)
        left = "".join(part for part in re.split(f"({CODES.pattern})", ran.out) if part not in ours)
        bad = RAW.search(left)
        assert not bad, f"{arguments}: {bad.group()!r} in {left[max(0, bad.start() - 200) : bad.end() + 100]!r}"
        assert ran.code == calm.code != 2, ran.out
        if arguments[0] not in ("output", "watch") and "--watch" not in arguments:
            assert lines(ran.out) <= lines(calm.out), f"{arguments}: {ran.out[:3000]}"


async def test_on_a_terminal(parrot: Parrot) -> None:
    parrot.many = 12
    await check_terminal(parrot, SHOWN, COMMANDS)
    parrot.status = "SPEC_STATUS_AWAITING_REVIEW"
    await check_terminal(parrot, UNICODE[::-1], AT_A_GATE)


@pytest.mark.full
@pytest.mark.parametrize("start", range(0, len(UNICODE), 25))
async def test_each_alone_on_a_terminal(parrot: Parrot, start: int) -> None:
    parrot.many = 1
    for hostile in UNICODE[start : start + 25]:
        await check_terminal(parrot, (hostile,), COMMANDS)


async def test_json_stays_json(parrot: Parrot) -> None:
    parrot.many = 12
    parrot.say(*UNICODE)
    for arguments in COMMANDS:
        ran = await piped(*arguments, "--json")
        assert ran.out.isascii() and not RAW.search(ran.out), arguments
        assert [json.loads(line) for line in ran.out.splitlines()], f"{arguments}: {ran.err}"
        assert not RAW.search(ran.err), arguments


async def test_a_refusal_is_one_message(parrot: Parrot) -> None:
    """What a server says is wrong may quote anything: it stands behind "omoi:" or indented, and acts on nothing."""
    parrot.refusing = True
    for hostile in UNICODE[::3]:
        parrot.say(hostile[:900])
        ran = await piped("show", SPEC_ID)
        head, *rest = ran.err.rstrip("\n").split("\n")
        assert ran.code == 1 and ran.out == "" and not RAW.search(ran.err), hostile[:80]
        assert head.startswith("omoi: ") and all(row.startswith("      ") for row in rest), ran.err
        assert len(rest) <= 3, ran.err


async def test_what_the_person_typed_is_quoted_without_effect(parrot: Parrot) -> None:
    parrot.say(*PLAIN)
    for hostile in HOSTILE[::4]:
        for arguments in (
            (hostile,),
            ("show", hostile),
            ("output", SPEC_ID, hostile),
            ("launch", "x", "--gate", hostile),
        ):
            ran = await piped(*arguments)
            assert not RAW.search(ran.out) and not RAW.search(ran.err), (arguments[0], hostile[:80], ran.err)
            assert all(row.startswith(("omoi: ", "      ")) for row in ran.err.splitlines()) or "Usage:" in ran.err, (
                ran.err
            )


def test_the_demo_shows_them_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    for hostile in HOSTILE:
        showing.row("idea", hostile)
        showing.rows("v2", [hostile, *showing.difference("x\n", f"{hostile}\n")])
        showing.head(hostile, "omoi output")
        told = capsys.readouterr().out
        assert not RAW.search(told), hostile[:80]
        labels = [line for line in told.splitlines() if line and not line.startswith("    ")]
        assert [line.split()[0] for line in labels] == ["idea", "v2"], hostile[:80]
