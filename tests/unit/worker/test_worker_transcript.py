from __future__ import annotations

import hashlib
import json
from pathlib import Path

from omoi_worker.transcript import MAX_OUTPUT, MAX_TOTAL, Transcript


def test_it_has_the_journal_without_heartbeats_and_the_outputs(tmp_path: Path) -> None:
    path = tmp_path / "transcript.jsonl"
    transcript = Transcript(path, [{"n": 1, "type": "start"}, {"n": 2, "type": "heartbeat"}])
    transcript.record("note", b'{"n":3,"type":"note"}\n')
    transcript.record("heartbeat", b'{"n":4,"type":"heartbeat"}\n')
    transcript.output(7, b"2 passed\xff\n")
    closed = transcript.close()
    content = path.read_bytes()
    records = [json.loads(line) for line in content.splitlines()]
    assert [record["type"] for record in records] == ["start", "note", "output"]
    assert records[2] == {"type": "output", "command": 7, "text": "2 passed�\n"}
    assert (closed.sha256, closed.lines, closed.fault) == (hashlib.sha256(content).hexdigest(), 3, "")
    transcript.output(8, b"late")
    assert path.read_bytes() == content


def test_long_outputs_keep_their_end(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t", [])
    transcript.output(1, b"a" * 100 + b"b" * MAX_OUTPUT)
    transcript.close()
    text = json.loads((tmp_path / "t").read_bytes())["text"]
    assert text.startswith("(100 bytes before this are left out)\n") and text.endswith("b" * MAX_OUTPUT)


def test_it_says_where_it_ends(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t", [])
    for _ in range(MAX_TOTAL // MAX_OUTPUT + 2):
        transcript.output(1, b"x" * MAX_OUTPUT)
    closed = transcript.close()
    content = (tmp_path / "t").read_bytes()
    assert "ends at its limit" in closed.fault and "ends at its limit" in content.splitlines()[-1].decode()
    assert len(content) <= MAX_TOTAL + 200 and closed.sha256 == hashlib.sha256(content).hexdigest()
