"""A project's approver rule, as far as it says whom a gate's message may call. The server applies it; this asks no others."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("viewer", "contributor", "maintainer")
"""Lowest first. An admin counts as maintainer everywhere."""

LEAST = "contributor"


@dataclass(frozen=True)
class Rule:
    """ApproverRule of the contract: at least `min_role` ("" is contributor), one of `user_ids` unless that is empty, and not
    the requester when they are excluded. Whoever approves satisfies all of it."""

    min_role: str = ""
    user_ids: tuple[str, ...] = ()
    requester_excluded: bool = False

    def allows(self, user_id: str, role: str, requester: str) -> bool:
        """Whether the user with this role ("" is none) may approve what the user `requester` asked for."""
        if self.requester_excluded and user_id == requester:
            return False
        if self.user_ids and user_id not in self.user_ids:
            return False
        return role in ROLES and ROLES.index(role) >= ROLES.index(self.min_role or LEAST)
