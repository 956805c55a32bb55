from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from omoi_worker.lock import Holder, LockHeld, WorkerLock, process_started, read_holder

HOLD = """
import sys
from pathlib import Path
from omoi_worker.lock import WorkerLock
with WorkerLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_file_names_this_process(tmp_path: Path) -> None:
    path = tmp_path / "worker.lock"
    with WorkerLock(path):
        holder = read_holder(path)
        assert holder == Holder(os.getpid(), process_started(os.getpid()) or "")
        assert holder.started
    with WorkerLock(path):
        assert read_holder(path) == holder


def test_a_second_process_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "worker.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockHeld, match=f"held by process {other.pid}") as caught, WorkerLock(path):
            pytest.fail("two workers hold one lock")
        assert caught.value.holder == Holder(other.pid, process_started(other.pid) or "")
        other.kill()
        other.wait()
    with WorkerLock(path):
        assert process_started(other.pid) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x", "started": 1}', b'{"pid": 1}'])
def test_a_torn_lock_file_names_nobody(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "worker.lock"
    path.write_bytes(content)
    assert read_holder(path) is None
    assert read_holder(tmp_path / "missing") is None
