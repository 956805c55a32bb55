"""Files that come with an idea: which are taken along, decided before anything is downloaded (section 16 of the rules)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_FILES = 10
MAX_BYTES = 3 * 1024 * 1024
"""LaunchSpecRequest.attachments: at most 10, and 3 MiB together."""

MAX_NAME = 200
"""Characters of an attachment's name in the contract."""

_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_TEXTS = frozenset(
    {
        "application/json",
        "application/xml",
        "application/yaml",
        "application/x-yaml",
        "application/toml",
        "application/sql",
        "application/javascript",
        "application/x-sh",
    }
)


@dataclass(frozen=True)
class SlackFile:
    """A file as Slack describes it. `stub`: Slack withheld the description (another workspace's file); files.info has it."""

    file_id: str
    name: str = ""
    media_type: str = ""
    size: int = 0
    url: str = ""
    stub: bool = False


@dataclass(frozen=True)
class Sorted:
    """What is taken, and a sentence for each that is not."""

    taken: tuple[SlackFile, ...] = ()
    refused: tuple[str, ...] = ()


def described(raw: Mapping[str, Any]) -> SlackFile:
    """A file object of Slack's (https://docs.slack.dev/reference/objects/file-object), read with care."""
    size = raw.get("size")
    stub = raw.get("mode") == "file_access" or raw.get("file_access") == "check_file_info"
    return SlackFile(
        file_id=str(raw.get("id") or ""),
        name=_safe_name(str(raw.get("name") or raw.get("title") or raw.get("id") or "file")),
        media_type=str(raw.get("mimetype") or "").casefold().partition(";")[0].strip(),
        size=size if isinstance(size, int) and size >= 0 else 0,
        url=str(raw.get("url_private_download") or raw.get("url_private") or ""),
        stub=stub,
    )


def sort(files: Sequence[SlackFile]) -> Sorted:
    """Take images and text within the limits, in the order they were attached; say of each other one why not."""
    taken: list[SlackFile] = []
    refused: list[str] = []
    room = MAX_BYTES
    for one in files:
        why = _fault(one, len(taken), room)
        if why:
            refused.append(f"{one.name} was left out: {why}")
        else:
            taken.append(one)
            room -= one.size
    return Sorted(tuple(taken), tuple(refused))


def _fault(file: SlackFile, count: int, room: int) -> str:
    if not (file.media_type in _IMAGES or file.media_type in _TEXTS or file.media_type.startswith("text/")):
        return f"{file.media_type or 'its kind'} is not taken; images (PNG, JPEG, GIF, WebP) and text are."
    if not file.url:
        return "Slack gives no address for it; upload it to Slack itself."
    if file.size <= 0:
        return "it is empty, or Slack does not say how large it is."
    if count >= MAX_FILES:
        return f"at most {MAX_FILES} files are taken."
    if file.size > room:
        return f"it has {_mebibytes(file.size)}; all files together may have {_mebibytes(MAX_BYTES)}."
    return ""


def _mebibytes(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB"


def _safe_name(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(letter for letter in last if letter.isprintable())
    return clean[:MAX_NAME].strip() or "file"
