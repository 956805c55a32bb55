"""Roles, scopes and identities: the words of who may do what, and the rules that need nothing else.

The rules are those of `protos/omoi/v1/auth.proto`: a role bounds what a user may do in a project, a scope bounds what a
token may be used for, and both must allow a call.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from omoi_server.errors import InvalidArgument

READ, WRITE, ADMIN, READ_ALL, EVERY_SCOPE = "read", "write", "admin", "read-all", "*"
ACT_AS = "act-as:"
"""Followed by a system: scope to act for that system's people."""

MAX_IDENTITY = 200
_SYSTEM = r"[a-z][a-z0-9-]{0,29}:[A-Za-z0-9._-]{1,64}"
_IDENTITY = re.compile(rf"(?P<system>{_SYSTEM})/[A-Za-z0-9._@-]{{1,100}}")
_SCOPE = re.compile(rf"read|write|admin|read-all|\*|act-as:{_SYSTEM}")
SCOPES = "read, write, admin, read-all, act-as:<system> such as act-as:slack:T012AB3C4, or *"


class Role(StrEnum):
    """What a user may do in one project; each role holds all of the ones before it."""

    VIEWER = "VIEWER"
    CONTRIBUTOR = "CONTRIBUTOR"
    MAINTAINER = "MAINTAINER"

    @property
    def rank(self) -> int:
        """1, 2, 3."""
        return tuple(Role).index(self) + 1


def holds(role: Role | None, needed: Role) -> bool:
    """Whether this role (None: none) allows what needs that one."""
    return role is not None and role.rank >= needed.rank


def higher(one: Role | None, other: Role | None) -> Role | None:
    """The higher one of two roles."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda role: role.rank)


def system_of(identity: str, field: str = "identity") -> str:
    """`slack:T012AB3C4` of `slack:T012AB3C4/U061F7AUR`. InvalidArgument for what is no identity."""
    found = _IDENTITY.fullmatch(identity)
    if found is None or len(identity) > MAX_IDENTITY:
        raise InvalidArgument(
            field,
            f"{identity[:80]!r} is no identity. Write it as slack:T012AB3C4/U061F7AUR: system, colon, place, slash, person.",
        )
    return found["system"]


def checked_system(text: str, field: str) -> str:
    """The system as it is. InvalidArgument for what is none, such as `T012AB3C4` or a person's identity."""
    if not re.fullmatch(_SYSTEM, text):
        raise InvalidArgument(
            field, f"{text[:80]!r} is no workspace. Write it as slack:T012AB3C4: system, colon, place, and no person."
        )
    return text


def is_identity(text: str) -> bool:
    """Whether it has the form of an identity; user ids never have."""
    return len(text) <= MAX_IDENTITY and _IDENTITY.fullmatch(text) is not None


def checked_scopes(scopes: Collection[str], field: str = "scopes") -> list[str]:
    """The scopes, each once, sorted. InvalidArgument for none, an unknown one, or one named twice."""
    if not scopes:
        raise InvalidArgument(field, f"is empty. Name at least one of {SCOPES}.")
    for index, scope in enumerate(scopes):
        if not _SCOPE.fullmatch(scope):
            raise InvalidArgument(f"{field}[{index}]", f"{scope[:80]!r} is no scope. Use {SCOPES}.")
        if scope in list(scopes)[:index]:
            raise InvalidArgument(f"{field}[{index}]", f"{scope} is named twice. Name each scope once.")
    return sorted(scopes)


def acts_for(scopes: Collection[str], system: str) -> bool:
    """Whether a token with these scopes may act for people of this system."""
    return EVERY_SCOPE in scopes or f"{ACT_AS}{system}" in scopes


def systems_acted_for(scopes: Collection[str]) -> list[str]:
    """The systems that act-as scopes name; `*` names none and covers all."""
    return sorted(scope.removeprefix(ACT_AS) for scope in scopes if scope.startswith(ACT_AS))


def covers(scopes: Collection[str], wanted: str, is_admin: bool) -> bool:
    """Whether somebody whose token has `scopes` may give `wanted` to another token. Acting is never given by `admin`."""
    if EVERY_SCOPE in scopes or wanted in scopes:
        return True
    if ADMIN in scopes:
        return wanted in (READ, WRITE) or (wanted == READ_ALL and is_admin)
    return WRITE in scopes and wanted == READ
