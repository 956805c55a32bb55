"""Reading a clone without trusting it: no symlink is followed, nothing is executed, totals are capped."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from omoi_worker.engines.outline.words import word_set

MAX_FILE_BYTES = 1024 * 1024
"""Larger files are listed but not read (design section 5, git safety)."""

MAX_FILES = 20_000
MAX_TOTAL_BYTES = 96 * 1024 * 1024

VENDORED = word_set(
    "node_modules vendor vendored third_party thirdparty site-packages bower_components jspm_packages venv env "
    "virtualenv __pycache__ __pypackages__ dist build target out coverage htmlcov Pods Carthage DerivedData "
    "elm-stuff _build"
)
HIDDEN_READ = frozenset([".github", ".gitlab", ".circleci", ".ci", ".storybook", ".vscode"])
"""Folders with a leading dot hold caches and tool state; these few hold what people maintain."""


@dataclass(frozen=True)
class SourceFile:
    """A regular file of the clone. `text` is None for what is listed only (binary, too large, over the cap)."""

    path: str
    size: int
    text: str | None

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def lines(self) -> int:
        if not self.text:
            return 0
        return self.text.count("\n") + (0 if self.text.endswith("\n") else 1)


def read_tree(root: Path) -> list[SourceFile]:
    """Return the clone's files sorted by path. A folder or file that cannot be read is left out."""
    files: list[SourceFile] = []
    total = 0
    for path, size in sorted(_walk(root, "")):
        if len(files) >= MAX_FILES:
            break
        text = None
        if size <= MAX_FILE_BYTES and total + size <= MAX_TOTAL_BYTES:
            text = read_text(root, path)
            total += size
        files.append(SourceFile(path, size, text))
    return files


def _walk(root: Path, below: str) -> Iterator[tuple[str, int]]:
    """Yield (POSIX path, size in bytes) of regular files, vendored and hidden tool folders left out."""
    pending = [below]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(root / folder))
        except OSError:
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not _printable(path) or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                if _wanted_folder(entry.name):
                    pending.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False).st_size


def _printable(path: str) -> bool:
    # A name with control characters or undecodable bytes cannot be shown in an artefact or a commit trailer.
    return path.isprintable()


def _wanted_folder(name: str) -> bool:
    if name.startswith("."):
        return name in HIDDEN_READ
    return name not in VENDORED and not name.endswith(".egg-info")


def read_text(root: Path, path: str) -> str | None:
    """Return the text of one file below root, or None: missing, a symlink, not regular, binary, too large."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(root / path, flags)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as stream:
        facts = os.fstat(stream.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > MAX_FILE_BYTES:
            return None
        try:
            content = stream.read(MAX_FILE_BYTES + 1)
        except OSError:
            return None
    if len(content) > MAX_FILE_BYTES or b"\0" in content[:8192]:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # Latin-1 sources are still readable; anything with many control bytes is binary.
        text = content.decode("latin-1")
        odd = sum(1 for char in text[:4096] if ord(char) < 32 and char not in "\t\n\r\f")
        return None if odd > 8 else text
