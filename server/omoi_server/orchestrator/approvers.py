"""The approver rule of a project: taken in, and applied when somebody approves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omoi_server.domain.access import Role
from omoi_server.domain.approvers import ApproverRule
from omoi_server.domain.caller import Caller
from omoi_server.errors import InvalidArgument, PermissionDenied
from omoi_server.store import people, projects, roles
from omoi_server.store.transaction import Transaction

MAX_USERS = 50
NAMED = 5
"""People that a refusal names."""


def checked_shape(given: Mapping[str, Any]) -> None:
    """InvalidArgument for a rule that is wrong whatever the store holds."""
    if given["min_role"] not in ("", Role.CONTRIBUTOR, Role.MAINTAINER):
        raise InvalidArgument("approvers.min_role", "a viewer decides nothing. Use CONTRIBUTOR or MAINTAINER.")
    users = list(given["user_ids"])
    if len(users) > MAX_USERS:
        raise InvalidArgument("approvers.user_ids", f"has {len(users)} entries; at most {MAX_USERS} are allowed.")


async def resolved(tx: Transaction, project_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The rule as it is stored, identities replaced by user ids.

    InvalidArgument for an unknown user, one named twice, or a rule that nobody could satisfy as things are.
    """
    ids: list[str] = []
    for index, user in enumerate(given["user_ids"]):
        field = f"approvers.user_ids[{index}]"
        found = await people.find_user_id(tx.conn, user)
        if found is None:
            raise InvalidArgument(
                field, f"{user[:80]!r} is no user. Use an id, or the identity of somebody known here."
            )
        if found in ids:
            raise InvalidArgument(field, f"{user[:80]!r} is named twice. Name each person once.")
        ids.append(found)
    rule = ApproverRule(Role(given["min_role"] or Role.CONTRIBUTOR), tuple(ids), bool(given["requester_excluded"]))
    able = [row for row in await roles.holders(tx.conn, project_id, rule.min_role) if rule.names(row.user_id)]
    if not able:
        raise InvalidArgument(
            "approvers.user_ids",
            f"nobody named is {rule.min_role.lower()} or more in the project, so nobody could approve. "
            "Give one of them the role first (SetRole), or name others.",
        )
    return rule.stored()


async def require_approver(tx: Transaction, caller: Caller, spec: Any) -> None:
    """PermissionDenied (NOT_AN_APPROVER) unless the project's rule lets the caller approve this spec."""
    project = await projects.project(tx.conn, spec.project_id)
    rule = ApproverRule.of(project.approvers)
    role = await roles.role_of(tx.conn, caller, spec.project_id)
    if rule.allows(caller.user_id, role, spec.user_id):
        return
    able = [
        row
        for row in await roles.holders(tx.conn, spec.project_id, rule.min_role)
        if rule.allows(row.user_id, rule.min_role, spec.user_id)
    ][:NAMED]
    own = rule.requester_excluded and caller.user_id == spec.user_id
    why = "who asked for a spec may not approve it here" if own else "the project's rule does not name you"
    who = ", ".join(row.name or row.user_id for row in able)
    remedy = f"Who may: {who}." if who else "Nobody may at present: a maintainer has to change the rule."
    raise PermissionDenied(
        "NOT_AN_APPROVER",
        f"you may not approve in {project.name}: {why}. {remedy}",
        {"approvers": ",".join(row.user_id for row in able), "project_id": spec.project_id},
    )
