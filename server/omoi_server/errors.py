"""The errors that have a meaning outside. One family; the class says which gRPC status, `reason` says which case.

* OmoiError
  - InvalidArgument          the caller's words are wrong; `violations` name field and remedy
  - NotFound                 no such thing, or none that the caller may see
  - AlreadyExists            a name or request_id is taken
  - FailedPrecondition       not in this state
      + RepositoryError      a repository cannot be used as it is
  - PermissionDenied, Unauthenticated
  - ResourceExhausted        budget, quota, storage
  - Aborted                  lost a race; look again and decide anew
  - OutOfRange               a position beyond the end
  - Unavailable              not now; try again
  - StaleFence               a write of an attempt that is no longer the current one (never leaves the server)
  - SandboxFileError         a file of a sandbox is missing, too large, a link, or not what the journal said
  - PushRejected             the origin did not take a push; `reason` says why
"""

from __future__ import annotations

from collections.abc import Mapping


class OmoiError(Exception):
    """Base. `message` is one or two sentences for a person, with the remedy; `metadata` is for programs."""

    def __init__(self, reason: str, message: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.metadata: dict[str, str] = dict(metadata or {})


class InvalidArgument(OmoiError):
    """A field of the request is wrong. `violations`: (field, description) pairs, at least one."""

    def __init__(self, field: str, description: str, reason: str = "INVALID_ARGUMENT") -> None:
        super().__init__(reason, f"{field}: {description}", {"field": field})
        self.violations: list[tuple[str, str]] = [(field, description)]


class NotFound(OmoiError):
    """The named thing does not exist for this caller."""


class AlreadyExists(OmoiError):
    """The name or request_id is taken by something else."""


class FailedPrecondition(OmoiError):
    """The request is right, the state is not."""


class RepositoryError(FailedPrecondition):
    """A repository cannot be used: `field` is the request field that named it, `remedy` what to do."""

    def __init__(self, reason: str, message: str, remedy: str = "", field: str = "repo_url") -> None:
        super().__init__(reason, f"{message} {remedy}".strip(), {"field": field})
        self.field = field
        self.remedy = remedy


class PermissionDenied(OmoiError):
    """The caller's role does not allow it."""


class Unauthenticated(OmoiError):
    """No token, or not a valid one."""


class ResourceExhausted(OmoiError):
    """A limit of money, number or space is reached."""


class Aborted(OmoiError):
    """Another writer was first."""


class OutOfRange(OmoiError):
    """A cursor points beyond what exists."""


class Unavailable(OmoiError):
    """The server drains or a resource is away for now."""


class StaleFence(OmoiError):
    """The job was taken over, cancelled or finished; whatever this attempt wanted to write does not count."""

    def __init__(self, job_id: str, fence: int) -> None:
        super().__init__("STALE_FENCE", f"job {job_id} is no longer at fence {fence}", {"job_id": job_id})


class SandboxFileError(OmoiError):
    """A file of a sandbox cannot be trusted or read."""


class PushRejected(OmoiError):
    """`kind`: moved | checked_out | clash | denied | other. `remedy` is a sentence for a person."""

    def __init__(self, kind: str, message: str, remedy: str = "") -> None:
        super().__init__(f"PUSH_{kind.upper()}", f"{message} {remedy}".strip())
        self.kind = kind
        self.remedy = remedy
