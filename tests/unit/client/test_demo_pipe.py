"""`make demo | head`: a reader who leaves ends the demo quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CLIENTS = Path(__file__).resolve().parents[3] / "clients"


def test_a_reader_who_left_ends_it_without_a_word(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "demo"],
            env={**os.environ, "PYTHONPATH": str(CLIENTS), "OMOI_DEMO_HOME": str(tmp_path / "demo")},
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr.decode()) == (0, "")
