"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """An authenticated user. `is_admin`: counts as maintainer of every project. `scopes` are those of the token."""

    user_id: str
    name: str
    is_admin: bool = False
    scopes: frozenset[str] = frozenset()
