from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from omoi_worker.journal import (
    MAX_LINE,
    Journal,
    JournalClosed,
    JournalCorrupt,
    JournalFull,
    JournalLineTooLong,
)


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_lines_are_numbered_and_dated(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    assert journal.append("note", text="34 files, Python") == 1
    assert journal.append("heartbeat") == 2
    journal.end("succeeded", "done")
    first, second, last = records(path)
    assert first == {"n": 1, "at": first["at"], "type": "note", "text": "34 files, Python"}
    assert str(first["at"]).endswith("Z") and len(str(first["at"])) == len("2026-01-01T00:00:00.000Z")
    assert (second["n"], second["type"]) == (2, "heartbeat")
    assert (last["n"], last["type"], last["outcome"]) == (3, "end", "succeeded")
    with pytest.raises(JournalClosed):
        journal.append("note", text="late")
    with pytest.raises(JournalClosed):
        journal.end("failed", "again")
    assert len(records(path)) == 3


@pytest.mark.parametrize("torn", [b"{", b'{"n":3,"at":"2026', b'{"n":3,"type":"note","text":"whole but no line feed"}'])
def test_a_torn_tail_is_cut_and_numbers_go_on(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.append("note", text="one")
    journal.append("note", text="two")
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    again = Journal(path)
    assert path.read_bytes() == whole
    assert [record["text"] for record in again.history] == ["one", "two"]
    assert again.append("note", text="three") == 3
    assert [record["n"] for record in records(path)] == [1, 2, 3]


def test_a_journal_with_an_end_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.end("stopped", "by the server")
    journal.close()
    again = Journal(path)
    assert again.ended
    with pytest.raises(JournalClosed):
        again.append("note", text="late")


@pytest.mark.parametrize(
    "content",
    [
        b"nonsense\n",
        b'{"n":2,"type":"note"}\n',
        b'{"n":1,"type":"note"}\n{"n":3,"type":"note"}\n',
        b'{"n":1}\n',
        b"[1]\n",
    ],
)
def test_unreadable_lines_and_gaps_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    with pytest.raises(JournalCorrupt, match=r"line \d of the journal"):
        Journal(path)
    assert path.read_bytes() == content


def test_threads_share_it_without_gaps(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    seen: list[bytes] = []
    journal.copy_to(lambda type_, line: seen.append(line))

    def write(name: str) -> None:
        for number in range(25):
            journal.append("note", text=f"{name}{number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = records(path)
    assert [record["n"] for record in found] == list(range(1, 101))
    for name in "abcd":
        mine = [record["text"] for record in found if str(record["text"]).startswith(name)]
        assert mine == [f"{name}{number}" for number in range(25)]
    assert b"".join(seen) == path.read_bytes()


def test_a_line_over_the_limit_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    with pytest.raises(JournalLineTooLong, match="a note line of"):
        journal.append("note", text="x" * MAX_LINE)
    assert path.read_bytes() == b""
    assert journal.append("note", text="short") == 1


def test_the_total_limit_leaves_room_for_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    limit = 200 * 1024
    journal = Journal(path, max_total=limit)
    with pytest.raises(JournalFull, match="would pass its limit") as caught:
        for _ in range(1000):
            journal.append("note", text="x" * 1000)
    journal.error(str(caught.value), "trace\n" * 100_000)
    journal.end("failed", str(caught.value))
    assert path.stat().st_size <= limit
    *_, error, end = records(path)
    assert error["type"] == "error" and end["type"] == "end"
    assert "would pass its limit" in str(end["message"])


def test_lone_surrogates_stay_valid_utf8(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).append("note", text="name \udcff and 思い")
    assert records(path)[0]["text"] == "name ? and 思い"


def test_a_file_size_limit_cuts_the_line_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    program = f"""
import resource, signal
from pathlib import Path
from omoi_worker.journal import Journal, JournalFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
journal = Journal(Path({str(path)!r}))
try:
    while True:
        journal.append("note", text="x" * 500)
except JournalFull as error:
    print(error)
journal.end("failed", "full")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "File too large" in done.stdout and "raise the file size limit" in done.stdout
    found = records(path)
    assert [record["n"] for record in found] == list(range(1, len(found) + 1))
    assert found[-1]["type"] == "end" and len(found) >= 7
