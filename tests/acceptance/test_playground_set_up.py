"""How the browser of the browser tests is brought, on machines made of a few small programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BRING = "import runpy; runpy.run_path('clients/demo/set_up.py')['bring_browser']()"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a .venv that was set up, and an empty folder of programs."""
    (tmp_path / "clients" / "demo").mkdir(parents=True)
    (tmp_path / "clients" / "demo" / "set_up.py").write_bytes((ROOT / "clients" / "demo" / "set_up.py").read_bytes())
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "set-up.json").write_text('{"level": "dev"}')
    (tmp_path / "bin").mkdir()
    return tmp_path


def bring(checkout: Path) -> str:
    """What it says."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", BRING], cwd=checkout, env={"PATH": str(checkout / "bin")}, capture_output=True,
        text=True, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


def program(checkout: Path, name: str, text: str) -> None:
    (checkout / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
    (checkout / "bin" / name).chmod(0o755)


def test_there_already(checkout: Path) -> None:
    program(checkout, "chromium", "exit 0")
    assert bring(checkout) == ""


def test_nobody_can_bring_it(checkout: Path) -> None:
    said = bring(checkout)
    assert said.count("\n") == 1
    assert "no Chromium on the PATH" in said and "apt-get install chromium" in said


@pytest.mark.skipif(os.geteuid() != 0, reason="apt-get is asked by root only")
def test_apt_brings_it(checkout: Path) -> None:
    program(checkout, "apt-get", f"echo $@ >> {checkout}/asked; : > {checkout}/bin/chromium")
    assert "not to be had" not in bring(checkout)
    assert (checkout / "asked").read_text() == "install -y --no-install-recommends chromium\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="apt-get is asked by root only")
def test_apt_is_asked_once_where_it_has_nothing(checkout: Path) -> None:
    program(checkout, "apt-get", f"echo $1 >> {checkout}/asked; exit 100")
    assert "not to be had" in bring(checkout)
    again = bring(checkout)
    assert "not to be had" not in again and "browser tests will fail" in again
    assert (checkout / "asked").read_text().split() == ["install", "update"]
    assert json.loads((checkout / ".venv" / "set-up.json").read_text()) == {"level": "dev", "browser": "refused"}
