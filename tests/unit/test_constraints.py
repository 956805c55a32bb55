"""constraints.txt pins everything that `make setup` brings, and names no place to get it from."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LINES = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
PINNED = {canonicalize_name(line.partition("==")[0]) for line in LINES}


def needed(name: str, extras: set[str], found: set[str]) -> set[str]:
    """`name` and everything that it needs here, as installed."""
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        wanted = requirement.marker is None or any(requirement.marker.evaluate({"extra": one}) for one in extras | {""})
        other = canonicalize_name(requirement.name)
        if wanted and other not in found:
            found.add(other)
            needed(other, requirement.extras, found)
    return found


def test_every_line_is_one_exact_version() -> None:
    assert [line for line in LINES if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", line)] == []
    assert sorted(LINES, key=str.lower) == LINES


def test_everything_that_is_installed_is_pinned() -> None:
    try:
        found = needed("omoi", {"server", "bot", "dev"}, set())
    except PackageNotFoundError as error:
        raise AssertionError(f"{error} is missing; run make setup") from error
    assert len(found) > 40
    assert found - PINNED == set()
