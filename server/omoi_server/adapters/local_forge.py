"""The Forge port for repositories without one: a pull request is `OMOI_HOME/pull-requests/<project>-<n>.md`.

Its head (between two `---` lines) holds one JSON value per key, in ASCII, which is also YAML; what follows is the body.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from omoi_server.domain.foreign_words import inline
from omoi_server.errors import ResourceExhausted, Unavailable
from omoi_server.ports import PullRequest, PullRequestRequest, PullRequestText

_HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 200_000
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class LocalForge:
    """Implements ports.Forge. `home` is OMOI_HOME."""

    def __init__(self, home: Path) -> None:
        self._folder = home.resolve() / "pull-requests"

    async def find_pull_request(self, project_name: str, branch: str) -> PullRequest | None:
        """The pull request of this project and branch; a file that is none, or was edited beyond reading, is passed."""
        return await asyncio.to_thread(self._find, project_name, branch)

    async def create_pull_request(self, request: PullRequestRequest) -> PullRequest:
        """Write the next number of the project, or return the file that exists for the branch, unchanged.

        ResourceExhausted STORAGE_FULL, Unavailable FORGE_UNAVAILABLE.
        """
        return await asyncio.to_thread(self._create, request)

    async def read_pull_request(self, project_name: str, branch: str) -> PullRequestText | None:
        """The file's head and text, the text cut at BODY_LIMIT characters; None when there is no such file."""
        return await asyncio.to_thread(self._read, project_name, branch)

    def _read(self, project_name: str, branch: str) -> PullRequestText | None:
        found = self._find(project_name, branch)
        if found is None:
            return None
        path = Path(found.url)
        head = _read_head(path)
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                text = file.read(_HEAD_LIMIT + BODY_LIMIT)
        except OSError as error:
            raise Unavailable(
                "FORGE_UNAVAILABLE", f"The pull request cannot be read: {error.strerror}. Look at the server's home."
            ) from error
        body = text.partition("\n---\n")[2].strip("\n")[:BODY_LIMIT]
        base, title = str(head.get("base_branch", "")), str(head.get("title", ""))
        return PullRequestText(found, base, title, body, head.get("draft") is True)

    def _find(self, project_name: str, branch: str) -> PullRequest | None:
        for number, path in self._numbered(project_name):
            head = _read_head(path)
            if head.get("project") == project_name and head.get("branch") == branch:
                return PullRequest(number, str(path), branch)
        return None

    def _create(self, request: PullRequestRequest) -> PullRequest:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone():
                found = self._find(request.project_name, request.branch)
                return found or self._write(request)
        except OSError as error:
            if error.errno in _FULL:
                raise ResourceExhausted(
                    "STORAGE_FULL", f"The pull request could not be written: {error.strerror}. Make room on the disk."
                ) from error
            # Where the server lives is not the caller's business.
            raise Unavailable(
                "FORGE_UNAVAILABLE",
                f"The server's folder of pull requests cannot be used: {error.strerror}. Look at its home.",
            ) from error

    def _write(self, request: PullRequestRequest) -> PullRequest:
        number = 1 + max((number for number, _ in self._numbered(request.project_name)), default=0)
        descriptor, making = tempfile.mkstemp(dir=self._folder, prefix=".making-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(_render(request, number))
                file.flush()
                os.fsync(file.fileno())
            while True:
                path = self._folder / f"{_stem(request.project_name)}-{number}.md"
                try:
                    # link(2) makes the whole file appear at once and refuses a name that is taken.
                    path.hardlink_to(making)
                    break
                except FileExistsError:
                    number += 1
                    Path(making).write_text(_render(request, number), "utf-8")
        finally:
            Path(making).unlink(missing_ok=True)
        return PullRequest(number, str(path), request.branch)

    def _numbered(self, project_name: str) -> list[tuple[int, Path]]:
        """Files of this project by number; projects whose names differ only in what file names lack share numbers."""
        if not self._folder.is_dir():
            return []
        pattern = re.compile(re.escape(_stem(project_name)) + r"-([1-9][0-9]{0,8})\.md")
        matches = ((pattern.fullmatch(path.name), path) for path in self._folder.iterdir())
        return sorted((int(match[1]), path) for match, path in matches if match)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _stem(project_name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", project_name.lower()).strip("-")[:50].rstrip("-") or "project"


def _render(request: PullRequestRequest, number: int) -> str:
    head = {
        "number": number,
        "project": request.project_name,
        "project_id": request.project_id,
        "repository": request.repo_url,
        "branch": request.branch,
        "base_branch": request.base_branch,
        "title": request.title,
        "draft": request.draft,
        "labels": list(request.labels),
    }
    lines = [f"{key}: {json.dumps(value)}" for key, value in head.items()]
    title = inline(request.title)
    return "\n".join(["---", *lines, "---", "", f"# {title}", "", request.body.rstrip("\n"), ""])


def _read_head(path: Path) -> dict[str, object]:
    """The keys between the first two `---` lines; {} for anything else."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_HEAD_LIMIT)
    except OSError:
        return {}
    if not text.startswith("---\n"):
        return {}
    head: dict[str, object] = {}
    for line in text[4:].split("\n---\n", 1)[0].splitlines():
        key, _, value = line.partition(": ")
        try:
            head[key] = json.loads(value)
        except ValueError:
            head[key] = value.strip()
    return head
