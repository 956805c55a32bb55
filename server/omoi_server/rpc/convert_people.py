"""Users, tokens and roles become messages. What of a user is shown depends on who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omoi.v1 import auth_pb2 as pb
from omoi_server.domain.access import acts_for, system_of
from omoi_server.domain.caller import Caller
from omoi_server.rpc.convert import timestamp
from omoi_server.rpc.names import ROLE
from omoi_server.store.people import UserView
from omoi_server.store.roles import Grant


def user(view: UserView, caller: Caller) -> pb.User:
    """Identities and e-mail for an admin, for oneself, and as far as the token may act for that system."""
    everything = caller.administers or caller.user_id == view.user_id
    seen = [one for one in view.identities if everything or acts_for(caller.scopes, system_of(one))]
    return pb.User(
        user_id=view.user_id,
        name=view.name,
        is_admin=view.is_admin,
        identities=seen,
        email=view.email if everything or seen else "",
    )


def token(row: Mapping[Any, Any]) -> pb.Token:
    """A token without its secret, which is stored nowhere."""
    times = ("created_at", "expires_at", "revoked_at", "last_used_at")
    return pb.Token(
        token_id=row["token_id"],
        user_id=row["user_id"],
        name=row["name"],
        scopes=row["scopes"],
        **{name: timestamp(row[name]) for name in times},
    )


def grant(view: Grant, who: UserView, caller: Caller) -> pb.RoleGrant:
    """A role in a project."""
    return pb.RoleGrant(
        project_id=view.project_id,
        user=user(who, caller),
        role=ROLE.number(view.role),
        granted_by=view.granted_by,
        granted_at=timestamp(view.granted_at),
    )
