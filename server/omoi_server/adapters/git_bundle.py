"""Bundles: how a repository reaches a sandbox, and how a commit comes back.

What comes back was written by a sandbox and is not trusted. It is unpacked into a quarantine beside the mirror's
objects, every object checked (`index-pack --strict`: git's fsck, with `.git`, `..` and their disguises in trees as
errors; git itself checks bundles only since 2.46), and moved in only when the one expected commit is complete.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from omoi_server.adapters.git_mirror import INCOMING, Mirrors, Writing
from omoi_server.adapters.git_names import check_commit, check_own_ref
from omoi_server.errors import RepositoryError

BUNDLE_SECONDS = 300.0
_HEADER_LINE_LIMIT = 4096
_HEADER_LINES_LIMIT = 10_000


@dataclass(frozen=True)
class BundleHeader:
    """The text part of a bundle: commits it builds on, and the refs it brings with their commits."""

    prerequisites: tuple[str, ...]
    refs: tuple[tuple[str, str], ...]


async def write_bundle(mirrors: Mirrors, project_id: str, commits: Sequence[str], target: Path) -> None:
    """Write `commits` with all their history as a v2 bundle with refs/omoi/tip-0, tip-1 … (gitformat-bundle(5)).

    Made from pack-objects, so no ref of the mirror is created and nothing has to be removed after a crash.
    """
    path = mirrors.existing(project_id)
    await mirrors.need(path, *commits)
    wanted = list(dict.fromkeys(commits))
    header = "# v2 git bundle\n" + "".join(f"{sha} refs/omoi/tip-{n}\n" for n, sha in enumerate(commits)) + "\n"
    descriptor, name = await asyncio.to_thread(tempfile.mkstemp, dir=target.parent, prefix=f".{target.name}.")
    making = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(header.encode())
            await mirrors.git.run(
                "pack-objects",
                "--revs",
                "--stdout",
                "--quiet",
                "--delta-base-offset",
                "--no-filter",
                cwd=path,
                stdin=("\n".join(wanted) + "\n").encode(),
                sink=file,
                time_limit=BUNDLE_SECONDS,
            )
            await asyncio.to_thread(_complete, file, making, target)
    finally:
        await asyncio.to_thread(making.unlink, missing_ok=True)


async def take_bundle(mirrors: Mirrors, project_id: str, bundle: Path, commit: str, ref: str, size_limit: int) -> None:
    """Check `bundle` and bring exactly `commit` into the mirror under `ref`; done already: nothing happens.

    RepositoryError: BUNDLE_TOO_LARGE, BUNDLE_INVALID (unreadable, incomplete, or objects that fsck refuses),
    BUNDLE_UNEXPECTED (it does not bring this commit, or builds on commits that the mirror does not have).
    """
    check_commit(commit)
    check_own_ref(ref)
    path = mirrors.existing(project_id)
    async with mirrors.writing(project_id) as writing:
        if await mirrors.commit_of(path, ref) == commit:
            return
        with _open(bundle, size_limit) as file:
            header = read_header(file)
            if commit not in (sha for sha, _ in header.refs):
                raise _unexpected(f"it does not bring commit {commit[:12]}")
            for sha in header.prerequisites:
                if await mirrors.commit_of(path, sha) is None:
                    raise _unexpected(f"it builds on commit {sha[:12]}, which the mirror does not have")
            await _receive(mirrors, writing, file, commit, size_limit)
        await mirrors.set_ref(writing, ref, commit)


async def _receive(mirrors: Mirrors, writing: Writing, pack: IO[bytes], commit: str, size_limit: int) -> None:
    quarantine = writing.path / INCOMING
    quarantine.mkdir(mode=0o700)
    objects = writing.path / "objects"
    apart = {"GIT_OBJECT_DIRECTORY": str(quarantine), "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(objects)}
    git = mirrors.git
    try:
        await git.run(
            "index-pack",
            "--stdin",
            "--strict",
            "--fix-thin",
            f"--max-input-size={size_limit}",
            cwd=writing.path,
            env=apart,
            stdin=pack,
            time_limit=BUNDLE_SECONDS,
            held=writing.held,
        )
        kind = await git.run("cat-file", "-t", commit, cwd=writing.path, env=apart)
        if kind.text != "commit":
            raise _unexpected(f"{commit[:12]} is not a commit")
        await git.run(
            "rev-list", "--objects", "--quiet", commit, "--not", "--all", cwd=writing.path, env=apart, held=writing.held
        )
    except RepositoryError as error:
        if error.reason != "GIT_FAILED":
            raise
        raise RepositoryError(
            "BUNDLE_INVALID", f"The bundle was refused: {error.message}", "The attempt is not used.", "bundle"
        ) from error
    await asyncio.to_thread(_move_in, quarantine / "pack", objects / "pack")


def read_header(file: IO[bytes]) -> BundleHeader:
    """Read the header of a v2 or v3 bundle and leave `file` where the pack begins. RepositoryError BUNDLE_INVALID."""
    version = file.readline(_HEADER_LINE_LIMIT)
    if version not in (b"# v2 git bundle\n", b"# v3 git bundle\n"):
        raise _invalid("its first line is not that of a bundle")
    prerequisites: list[str] = []
    refs: list[tuple[str, str]] = []
    for _ in range(_HEADER_LINES_LIMIT):
        line = file.readline(_HEADER_LINE_LIMIT)
        if line == b"\n":
            # The pack is read through the descriptor: put it where the buffered reader stands.
            os.lseek(file.fileno(), file.tell(), os.SEEK_SET)
            return BundleHeader(tuple(prerequisites), tuple(refs))
        text = line.decode("utf-8", "replace")
        if not text.endswith("\n"):
            break
        if text.startswith("@"):
            if text != "@object-format=sha1\n":
                raise _invalid(f"capability {text.strip()[:40]!r} is not taken")
        elif text.startswith("-"):
            prerequisites.append(check_commit(text[1:].split(" ")[0].strip()))
        else:
            sha, _, name = text.strip().partition(" ")
            refs.append((check_commit(sha), name))
    raise _invalid("its header does not end")


def _open(bundle: Path, size_limit: int) -> IO[bytes]:
    try:
        file = os.fdopen(os.open(bundle, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise _invalid(f"it cannot be opened ({error.strerror})") from error
    size = os.fstat(file.fileno()).st_size
    if size > size_limit:
        file.close()
        raise RepositoryError(
            "BUNDLE_TOO_LARGE",
            f"The bundle has {size} bytes, more than {size_limit}.",
            "Keep generated and binary files out of the commit.",
            "bundle",
        )
    return file


def _move_in(source: Path, target: Path) -> None:
    """Move the received pack; the index last, because git looks for packs by their index."""
    target.mkdir(exist_ok=True)
    found = sorted(source.glob("pack-*"), key=lambda path: path.suffix == ".idx")
    for path in found:
        path.rename(target / path.name)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _complete(file: IO[bytes], making: Path, target: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    making.replace(target)


def _invalid(reason: str) -> RepositoryError:
    return RepositoryError("BUNDLE_INVALID", f"The bundle cannot be read: {reason}.", "", "bundle")


def _unexpected(reason: str) -> RepositoryError:
    return RepositoryError("BUNDLE_UNEXPECTED", f"The bundle was refused: {reason}.", "", "bundle")
