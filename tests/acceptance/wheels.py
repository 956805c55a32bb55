"""The wheel as people get it, in environments that hold nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600.0


def build_wheel(folder: Path) -> Path:
    """Build the checkout's wheel into `folder`, with the tools that are installed."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run(command, folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Environment:
    """A virtual environment outside of the checkout."""

    folder: Path

    def program(self, name: str) -> str:
        """Path of one of its programs."""
        return str(self.folder / "bin" / name)

    def packages(self) -> set[str]:
        """Names of what is installed, in small letters with dashes."""
        listed = json.loads(run([self.program("python"), "-m", "pip", "list", "--format=json"], self.folder))
        return {str(one["name"]).lower().replace("_", "-") for one in listed}


def install(folder: Path, requirement: str) -> Environment:
    """A fresh environment with `requirement` and what it needs, in the tested versions."""
    run([sys.executable, "-m", "venv", str(folder)], folder.parent)
    made = Environment(folder)
    constraints = str(ROOT / "constraints.txt")
    run([made.program("python"), "-m", "pip", "install", "--quiet", "-c", constraints, requirement], folder.parent)
    return made


def run(command: list[str], folder: Path, **more: str) -> str:
    """stdout of a command that must succeed. Nothing of the checkout is on its import path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
