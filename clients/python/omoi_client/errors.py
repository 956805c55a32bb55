"""What can go wrong, as one family. The class says what kind of failure, `reason` says which case.

* OmoiError
  - InvalidArgument      a field of the request is wrong; `violations` name field and remedy
  - NotFound, AlreadyExists, FailedPrecondition, PermissionDenied, Unauthenticated, ResourceExhausted, Aborted,
    OutOfRange           as the server says
  - Unavailable          nobody answers, or the server drains; trying again may help
  - ServerFault          the server failed at something that it should be able to do, or does not know the call
  - ConfigurationError   this side does not know where the server is, has no token, or must not send it
  - LogGap               the server's event log keeps missing a sequence number
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"(?<=[.?])\s+(?=[A-Z\"'`(])|\n+")


@dataclass(frozen=True)
class Violation:
    """A request field that is wrong, and what would be right."""

    field: str
    description: str


class OmoiError(Exception):
    """Base of everything that the client raises on purpose.

    `code` is the gRPC status name ("NOT_FOUND"; empty for an error found on this side), `reason` the stable name of the
    case ("STALE_DIGEST"), `metadata` facts for programs, `message` all that was said.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        code: str = "",
        remedy: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
    ) -> None:
        super().__init__(message if not remedy else f"{message} {remedy}")
        self.code = code
        self.reason = reason
        self.metadata: dict[str, str] = dict(metadata or {})
        self.violations = tuple(violations)
        self._message = message
        self._remedy = remedy

    @property
    def message(self) -> str:
        """Everything that was said, remedy included."""
        return str(self)

    @property
    def headline(self) -> str:
        """What is wrong: the first sentence."""
        return self._message if self._remedy else _SENTENCE_END.split(self._message, maxsplit=1)[0]

    @property
    def remedy(self) -> str:
        """What to do about it: the sentences after the first, or what the server named as remedy. May be empty."""
        if self._remedy:
            return self._remedy
        if "remedy" in self.metadata:
            return self.metadata["remedy"]
        parts = _SENTENCE_END.split(self._message, maxsplit=1)
        return parts[1].strip() if len(parts) > 1 else ""


class InvalidArgument(OmoiError):
    """A field of the request is wrong."""


class NotFound(OmoiError):
    """The named thing does not exist for this caller."""


class AlreadyExists(OmoiError):
    """The name or request_id is taken by something else."""


class FailedPrecondition(OmoiError):
    """The request is right, the state is not."""


class PermissionDenied(OmoiError):
    """The caller's role does not allow it."""


class Unauthenticated(OmoiError):
    """No token, or not a valid one."""


class ResourceExhausted(OmoiError):
    """A limit of money, number, size or space is reached."""


class Aborted(OmoiError):
    """Another writer was first. Look again and decide anew."""


class OutOfRange(OmoiError):
    """A position beyond the end of the log."""


class Unavailable(OmoiError):
    """Nobody answers, the answer took too long, or the server says "not now"."""


class ServerFault(OmoiError):
    """The server failed, or does not know the call."""


class ConfigurationError(OmoiError):
    """Where the server is, or which token it takes, is not known here; or sending the token would not be safe."""


class LogGap(OmoiError):
    """Events are missing in what the server delivers, again and again."""


BY_CODE: Mapping[str, type[OmoiError]] = {
    "INVALID_ARGUMENT": InvalidArgument,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "FAILED_PRECONDITION": FailedPrecondition,
    "PERMISSION_DENIED": PermissionDenied,
    "UNAUTHENTICATED": Unauthenticated,
    "RESOURCE_EXHAUSTED": ResourceExhausted,
    "ABORTED": Aborted,
    "OUT_OF_RANGE": OutOfRange,
    "UNAVAILABLE": Unavailable,
    "CANCELLED": Unavailable,
    "DEADLINE_EXCEEDED": Unavailable,
}
"""gRPC status name to error; every other status is a ServerFault."""
