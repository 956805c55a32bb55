"""Which version of a phase output this user saw last: what `omoi approve` without --version means.

One small file per spec under OMOI_HOME/cli/shown. Losing it costs a question, never a decision.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from omoi_client.cli.times import stamp, utc_now
from omoi_client.endpoint import omoi_home

_SAFE = re.compile(r"[a-z0-9-]{1,80}")


@dataclass(frozen=True)
class Shown:
    """A version that was on the screen. `at` is RFC 3339."""

    version: int
    digest: str
    at: str


def remember(spec_id: str, phase: str, version: int, digest: str) -> None:
    """Note what was just shown. A folder that cannot be written only means that `approve` will ask for the version."""
    if not _SAFE.fullmatch(spec_id):
        return
    known = _read(spec_id)
    known[phase] = {"version": version, "digest": digest, "at": stamp(utc_now())}
    folder = _folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, encoding="utf-8", delete=False) as file:
            json.dump(known, file)
        Path(file.name).replace(folder / f"{spec_id}.json")
    except OSError:
        return


def recall(spec_id: str, phase: str) -> Shown | None:
    """What was shown last of this phase, or None."""
    entry = _read(spec_id).get(phase)
    if not isinstance(entry, dict):
        return None
    version, digest, at = entry.get("version"), entry.get("digest"), entry.get("at")
    if isinstance(version, int) and isinstance(digest, str) and isinstance(at, str):
        return Shown(version, digest, at)
    return None


def _folder() -> Path:
    return omoi_home() / "cli" / "shown"


def _read(spec_id: str) -> dict[str, object]:
    try:
        data = json.loads((_folder() / f"{spec_id}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
