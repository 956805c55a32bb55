"""Who may approve at a project's gates. A person must satisfy all of the rule; nobody stands above it, admins included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from omoi_server.domain.access import Role, holds


@dataclass(frozen=True)
class ApproverRule:
    """At least `min_role`; one of `user_ids` unless that is empty; not the requester if they are excluded."""

    min_role: Role = Role.CONTRIBUTOR
    user_ids: tuple[str, ...] = ()
    requester_excluded: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ApproverRule:
        """From a project's row; `{}` is any contributor."""
        return cls(
            Role(stored.get("min_role") or Role.CONTRIBUTOR),
            tuple(stored.get("user_ids", ())),
            bool(stored.get("requester_excluded")),
        )

    def stored(self) -> dict[str, Any]:
        """For a project's row."""
        return {**asdict(self), "user_ids": list(self.user_ids)}

    def names(self, user_id: str) -> bool:
        """Whether the rule leaves this user in, by its list."""
        return not self.user_ids or user_id in self.user_ids

    def allows(self, user_id: str, role: Role | None, requester: str) -> bool:
        """Whether this user, with this role, may approve what `requester` asked for."""
        if self.requester_excluded and user_id == requester:
            return False
        return holds(role, self.min_role) and self.names(user_id)
