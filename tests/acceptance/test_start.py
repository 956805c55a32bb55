"""How the server starts, and how it says that it cannot."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


class Process:
    """`python -m omoi_server` with an environment of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(home.parent),
            "OMOI_HOME": str(home),
            "OMOI_LISTEN": "127.0.0.1:0",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "omoi_server"],
            env={**base, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def refused(self) -> str:
        """stderr of a start that ends at once: exit code 2, and no traceback."""
        _, told = self.process.communicate(timeout=30)
        assert self.process.returncode == 2, told
        assert "Traceback" not in told
        return told

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        out, told = self.process.communicate(timeout=30)
        return self.process.returncode, out + told


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home with a space"


@pytest.fixture
def server(home: Path) -> Iterator[Process]:
    started = Process(home)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.communicate()


def test_a_start_in_an_empty_home(server: Process, home: Path) -> None:
    line = server.first_line()
    address = (home / "address").read_text().strip()
    assert address.startswith("127.0.0.1:")
    assert address in line
    assert stat.S_IMODE((home / "token").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    code, told = server.stop()
    assert code == 0
    assert (home / "token").read_text().strip() not in told
    assert not (home / "address").exists()


def test_a_second_server_on_the_same_home_is_refused(server: Process, home: Path) -> None:
    server.first_line()
    told = Process(home).refused()
    assert f"another server (process {server.process.pid}) uses {home}" in told
    assert "OMOI_HOME" in told


def test_after_kill_9_the_next_server_takes_the_home(server: Process, home: Path) -> None:
    server.first_line()
    token = (home / "token").read_text()
    server.process.kill()
    server.process.communicate()
    again = Process(home)
    assert "listens on" in again.first_line()
    assert (home / "token").read_text() == token
    assert again.stop()[0] == 0


def test_a_port_in_use(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = Process(home, OMOI_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}").refused()
    assert str(taken) not in told
    assert "OMOI_LISTEN" in told


def test_wrong_settings_are_named_with_the_remedy(home: Path) -> None:
    told = Process(home, SANDBOX_RUNTIME="openhands", DAYTONA_SANDBOX_EXECUTION="true").refused()
    assert "SANDBOX_RUNTIME: 'openhands' is unknown; use one of: outline, claude, claude-code" in told
    assert "DAYTONA_SANDBOX_EXECUTION" in told


def test_settings_without_effect_are_logged(home: Path) -> None:
    started = Process(home, REDIS_URL="redis://secret@x", IDLE_THRESHOLD_MINUTES="10", TQ_W_AGE="1")
    started.first_line()
    _, told = started.stop()
    for name in ("REDIS_URL", "IDLE_THRESHOLD_MINUTES", "TQ_W_AGE"):
        assert name in told
    assert "secret" not in told


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = Process(tmp_path / "file" / "home").refused()
    assert "OMOI_HOME" in told


def test_a_database_that_needs_newer_code(server: Process, home: Path) -> None:
    server.first_line()
    server.stop()
    with sqlite3.connect(home / "omoi.db") as conn:
        conn.execute("UPDATE omoi_schema_version SET version_num = '9999'")
        conn.execute("UPDATE schema_info SET min_code_version = 9999")
    conn.close()
    told = Process(home).refused()
    assert "newer" in told


def test_a_database_that_is_none(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "omoi.db").write_bytes(b"this is no database" * 100)
    told = Process(home).refused()
    assert "omoi.db" in told


def test_a_second_ctrl_c_kills(server: Process) -> None:
    server.first_line()
    server.process.send_signal(signal.SIGSTOP)
    server.process.send_signal(signal.SIGINT)
    server.process.send_signal(signal.SIGCONT)
    time.sleep(0.05)
    server.process.send_signal(signal.SIGINT)
    server.process.communicate(timeout=30)
    assert server.process.returncode in (0, -signal.SIGINT)


def test_importing_has_no_effect(tmp_path: Path) -> None:
    code = "import omoi_server.app, omoi_server.__main__, omoi_worker.cli, omoi_spec.markdown; import os; print(os.listdir('.'))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""
