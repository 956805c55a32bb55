"""A shop's repository, a home, and a trap that tells when git ran something it must not run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories

from .checkouts import Checkout, make_checkout


@pytest.fixture
def shop(tmp_path: Path) -> Checkout:
    made = make_checkout(tmp_path / "a shop")
    made.commit("README.md", "Shop\n", "Open the shop")
    made.commit("shop/auth.py", "def login(): ...\n", "Add login")
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def repositories(home: Path) -> GitRepositories:
    return GitRepositories(home)


@dataclass
class Trap:
    """A program that leaves `sprung` when anything runs it."""

    program: Path
    sprung: Path


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    program = tmp_path / "trap.sh"
    sprung = tmp_path / "sprung"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{sprung}"\ncat\n')
    program.chmod(0o755)
    return Trap(program, sprung)
