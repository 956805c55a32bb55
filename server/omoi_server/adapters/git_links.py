"""Repositories whose git directory is a link into somebody else's files are not read.

git follows links in its own directory as the user that runs the server, and prints what it cannot parse, so a link to a
secret would hand out its first line (see also git_process.redact).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from omoi_server.adapters.git_address import Address
from omoi_server.errors import RepositoryError

# gitrepository-layout(5): what git opens by name, and the folders on the way there.
_READ = (
    *("HEAD", "config", "config.worktree", "packed-refs", "shallow", "commondir", "index"),
    *("refs", "refs/heads", "info", "info/grafts", "info/attributes"),
    *("objects", "objects/info", "objects/pack", "objects/info/alternates"),
)
_POINTER_LIMIT = 8192


async def refuse_links(address: Address) -> None:
    """RepositoryError NOT_A_REPOSITORY for a path whose git directory leads outside itself. Other addresses pass."""
    if address.path is not None:
        await asyncio.to_thread(_refuse, address.path)


def leads_outside(path: Path, name: Path) -> RepositoryError:
    """The refusal of the repository at `path`, in which `name` is a link."""
    return RepositoryError(
        "NOT_A_REPOSITORY",
        f"{path} cannot be used: {name} is a link that leads outside the git directory.",
        f"Give the repository that it leads to, or a copy: git clone --no-local {path}",
    )


def _refuse(path: Path) -> None:
    git_dir = _pointed(path / ".git", "gitdir: ")
    places = [git_dir if git_dir.is_dir() else path]
    common = _pointed(places[0] / "commondir", "")
    if common.is_dir():
        places.append(common)
    inside = [place.resolve() for place in places]
    for place in places:
        for name in _READ:
            found = place / name
            if found.is_symlink() and not _within(found, inside):
                raise leads_outside(path, found)


def _within(link: Path, places: list[Path]) -> bool:
    try:
        real = link.resolve()
    except (OSError, RuntimeError):  # a link to itself
        return False
    return any(real.is_relative_to(place) for place in places)


def _pointed(file: Path, prefix: str) -> Path:
    """Where a file of git points, as `.git` of a worktree does; the path itself when it is no such file."""
    try:
        if not file.is_file():
            return file
        with file.open("rb") as opened:
            words = opened.read(_POINTER_LIMIT).decode("utf-8", "surrogateescape")
    except OSError:
        return file
    if not words.startswith(prefix) or "\0" in words:
        return file
    return file.parent / words.removeprefix(prefix).rstrip("\r\n")
