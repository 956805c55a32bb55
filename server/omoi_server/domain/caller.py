"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass

from omoi_server.domain.access import EVERY_SCOPE, READ_ALL


@dataclass(frozen=True)
class Caller:
    """An authenticated user. `scopes` are those of the token.

    While a service acts for somebody (omoi-act-as), the caller is that person: `via` is the user id of the token's
    owner, `identity` who the person is elsewhere, and `viewer_of` the projects that the service vouches for.
    `is_admin` says what the person is; whoever is acted for has no more than a maintainer's rights (`administers`).
    """

    user_id: str
    name: str
    is_admin: bool = False
    scopes: frozenset[str] = frozenset()
    via: str = ""
    identity: str = ""
    viewer_of: frozenset[str] = frozenset()

    @property
    def acting(self) -> bool:
        """A service acts for this person."""
        return bool(self.via)

    @property
    def administers(self) -> bool:
        """May do what only admins do: an admin who calls with a token of their own."""
        return self.is_admin and not self.acting

    @property
    def reads_all(self) -> bool:
        """Looks into every project without a role there. Never passed on to a person who is acted for."""
        return not self.acting and READ_ALL in self.scopes

    @property
    def every_project(self) -> bool:
        """Sees every project: no list of theirs is filtered."""
        return self.is_admin or self.reads_all

    @property
    def has_every_scope(self) -> bool:
        return EVERY_SCOPE in self.scopes
