"""Which repository addresses are taken: https, ssh, `owner/repo` at the forge, or an absolute path.

An address is a stranger's text that ends up on a command line, so everything else is refused by name: options (`-…`),
helper transports (`ext::…`), other schemes, relative paths, control characters, passwords.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from omoi_server.adapters.git_process import mask
from omoi_server.errors import RepositoryError

FORGE = "https://github.com"
LENGTH_LIMIT = 2000
_EXPECTED = "Give https://HOST/PATH, git@HOST:PATH, OWNER/REPO or an absolute path."
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}")
_SCP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[A-Za-z0-9_./~][^\s]*")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


@dataclass(frozen=True)
class Address:
    """A checked address: `kind` is `https`, `ssh` or `path`; `text` is what git gets and what the server stores."""

    kind: str
    text: str

    @property
    def path(self) -> Path | None:
        """The directory, when the repository is one on this machine."""
        return Path(self.text) if self.kind == "path" else None

    @property
    def protocol(self) -> str:
        """The one transport that a call for this address may use (GIT_ALLOW_PROTOCOL)."""
        return "file" if self.kind == "path" else self.kind


def parse_address(text: str, roots: Sequence[Path] = (), closed: Sequence[Path] = ()) -> Address:
    """Check `text`; a path is resolved through its symlinks and must lie below `roots` (empty: anywhere) and not
    below `closed` (what sandboxes can write). RepositoryError REPO_URL_INVALID or PATH_NOT_ALLOWED."""
    shown = mask(text)[:200]
    if not text or text != text.strip() or len(text) > LENGTH_LIMIT:
        raise _refused(shown, f"an address has 1 to {LENGTH_LIMIT} characters and no space around it")
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise _refused(repr(shown), "it holds a control character")
    if text.startswith("-"):
        raise _refused(shown, "it begins with “-”, which git would read as an option")
    if "::" in text:
        raise _refused(shown, "“::” names a helper program, and none is run")
    if text.startswith("/"):
        return Address("path", str(check_path(Path(text), roots, closed)))
    if "://" in text:
        return _parse_url(text, shown)
    if _SCP.fullmatch(text):
        return Address("ssh", text)
    if _SHORT.fullmatch(text) and text.rpartition("/")[2] not in (".", ".."):
        return Address("https", f"{FORGE}/{text}")
    raise _refused(shown, "it is neither a URL nor an absolute path")


def check_path(path: Path, roots: Sequence[Path], closed: Sequence[Path] = (), what: str = "") -> Path:
    """`path` without symlinks, if that place is allowed. `what` names it in the message when it is not the address."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise RepositoryError(
            "REPOSITORY_NOT_FOUND",
            f"{what or path} cannot be followed: a link in it leads to itself.",
            "Check the path.",
        ) from error
    if real.name == ".git":
        real = real.parent
    shown = what or str(path)
    if roots and not any(real.is_relative_to(root.resolve()) for root in roots):
        allowed = ", ".join(str(root) for root in roots)
        raise RepositoryError(
            "PATH_NOT_ALLOWED",
            f"{shown} is outside the directories that repositories may come from ({allowed}).",
            "Move the repository there, or add its directory to OMOI_REPO_ROOTS.",
        )
    if any(real.is_relative_to(folder.resolve()) for folder in closed):
        raise RepositoryError(
            "PATH_NOT_ALLOWED", f"{shown} belongs to Omoi's own working files.", "Give the original repository."
        )
    return real


def _parse_url(text: str, shown: str) -> Address:
    scheme, _, rest = text.partition("://")
    if scheme == "file":
        raise _refused(shown, "file:// is not taken", f"Give the path itself: {mask(rest)[:200]}")
    if scheme not in ("https", "ssh"):
        raise _refused(shown, f"“{scheme[:20]}” is not a transport that is taken")
    try:
        parts = urlsplit(text)
        host, port, user, password = parts.hostname, parts.port, parts.username, parts.password
    except ValueError as error:
        raise _refused(shown, "it cannot be read as a URL") from error
    if password is not None or (scheme == "https" and user is not None):
        raise _refused(
            shown,
            "it holds credentials, which would be stored and shown with the project",
            "Leave them out: use an ssh address, or ~/.netrc of the user that runs the server.",
        )
    if not host or not _HOST.fullmatch(host) or (user is not None and not re.fullmatch(r"\w[\w.-]*", user)):
        raise _refused(shown, "its host or user is missing or has characters that no host has")
    if parts.query or parts.fragment or " " in text or len(parts.path) < 2 or parts.path.startswith("/-"):
        raise _refused(shown, "its path is not one of a repository")
    login = f"{user}@" if user else ""
    return Address(scheme, f"{scheme}://{login}{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}")


def _refused(shown: str, reason: str, remedy: str = _EXPECTED) -> RepositoryError:
    return RepositoryError("REPO_URL_INVALID", f"The address {shown} cannot be used: {reason}.", remedy)
