from __future__ import annotations

import json
from pathlib import Path

import pytest

from omoi_worker.inbox import Inbox, Message


def put(folder: Path, name: str, data: object) -> None:
    (folder / name).write_text(json.dumps(data), encoding="utf-8")


def test_messages_come_in_order_and_once(tmp_path: Path) -> None:
    put(tmp_path, "0010-c.json", {"id": "c", "kind": "stop"})
    put(tmp_path, "0002-b.json", {"id": "b", "kind": "message", "text": "per IP as well", "author": "mara"})
    put(tmp_path, "0001-a.json", {"id": "a", "kind": "accepted"})
    inbox = Inbox(tmp_path)
    messages, faults = inbox.take()
    assert [message.id for message in messages] == ["a", "b", "c"] and faults == []
    assert messages[1] == Message("b", "message", text="per IP as well", author="mara")
    assert inbox.take() == ([], [])
    put(tmp_path, "0011-b.json", {"id": "b", "kind": "message"})
    put(tmp_path, "10000-d.json", {"id": "d", "kind": "message"})
    assert [message.id for message in inbox.take()[0]] == ["d"]


def test_what_an_earlier_process_took_is_not_taken_again(tmp_path: Path) -> None:
    put(tmp_path, "0001-a.json", {"id": "a", "kind": "message"})
    assert Inbox(tmp_path, frozenset({"a"})).take() == ([], [])


def test_unfinished_and_foreign_files_are_ignored(tmp_path: Path) -> None:
    for name in ("0001-a.json.tmp", ".0001-a.json", "notes.txt", "x-1.json", "0001-a.bundle"):
        put(tmp_path, name, {"id": "a", "kind": "stop"})
    assert Inbox(tmp_path).take() == ([], [])
    assert Inbox(tmp_path / "missing").take() == ([], [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read"),
        ("[1]", "no JSON object"),
        ('{"kind": "stop"}', "id is missing"),
        ('{"id": "a", "kind": "dance"}', 'kind "dance" is unknown'),
        ('{"id": 5, "kind": "stop"}', "id is no string"),
        ('{"id": "a", "kind": "rebase", "bundle": "inbox/a.bundle", "tip": "--x"}', "a rebase needs bundle"),
        ('{"id": "a", "kind": "message", "text": "' + "x" * 1024 * 1024 + '"}', "is larger than"),
    ],
)
def test_a_bad_file_is_named_once_and_the_next_is_read(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "0001-a.json").write_text(content, encoding="utf-8")
    put(tmp_path, "0002-b.json", {"id": "b", "kind": "stop"})
    inbox = Inbox(tmp_path)
    messages, faults = inbox.take()
    assert [message.id for message in messages] == ["b"]
    assert len(faults) == 1 and str(faults[0]).startswith("inbox/0001-a.json") and reason in str(faults[0])
    assert inbox.take() == ([], [])
