"""whoami; role list, set."""

from __future__ import annotations

from omoi.v1.auth_pb2 import RoleGrant
from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit, Refusal, program
from omoi_client.client import OmoiClient
from omoi_client.data import as_data
from omoi_client.errors import NotFound, PermissionDenied
from omoi_client.names import role_word


async def whoami(omoi: OmoiClient, as_json: bool) -> int:
    """GetCaller."""
    caller = await omoi.get_caller()
    if as_json:
        screen.emit(caller)
        return Exit.DONE
    names = {one.project_id: one.name async for one in omoi.list_projects()} if caller.roles else {}
    roles = [f"{role_word(one.role).lower()} in {names.get(one.project_id, one.project_id)}" for one in caller.roles]
    screen.labelled(
        [
            (caller.user.name, "admin" if caller.user.is_admin else "no admin"),
            ("id", caller.user.user_id),
            ("also", ", ".join(caller.user.identities)),
            ("scopes", ", ".join(caller.scopes)),
            ("roles", "maintainer in every project" if caller.user.is_admin else ", ".join(roles) or "none"),
        ]
    )
    return Exit.DONE


async def list_roles(omoi: OmoiClient, typed: str, as_json: bool) -> int:
    """ListRoles."""
    project = await ids.find_project(omoi, typed)
    grants = [one async for one in omoi.list_roles(project.project_id)]
    if as_json:
        screen.emit({"grants": [as_data(one) for one in grants]})
    elif grants:
        screen.table(("ROLE", "NAME", "USER", "SINCE"), [_row(one) for one in grants])
    elif screen.on_terminal():
        screen.say(f"Nobody has a role in {project.name}. Admins may do everything there.")
    return Exit.DONE


def _row(grant: RoleGrant) -> tuple[str, str, str, str]:
    who = ", ".join(grant.user.identities) or grant.user.user_id
    return role_word(grant.role).lower(), grant.user.name, who, screen.when(grant.granted_at)


async def _by_name(omoi: OmoiClient, project_id: str, name: str) -> str:
    """The id of the one user of this name among those with a role there and, as far as they are shown, with tokens."""
    known = {one.user.user_id: one.user.name async for one in omoi.list_roles(project_id)}
    try:
        for user_id in {one.user_id async for one in omoi.list_tokens()} - known.keys():
            known[user_id] = (await omoi.get_user(user_id)).name
    except PermissionDenied:  # a maintainer's token need not list tokens; the roles are what they may see
        pass
    found = [user_id for user_id, one in known.items() if one.casefold() == name.casefold()]
    if len(found) == 1:
        return found[0]
    what = f'{len(found)} users are named "{name}"' if found else f'no known user is named "{name}"'
    raise Refusal(what, f"Use the id: {program()} token list shows ids and names, {program()} whoami your own.")


async def set_role(omoi: OmoiClient, typed: str, user: str, which: str, as_json: bool) -> int:
    """SetRole."""
    project = await ids.find_project(omoi, typed)
    try:
        grant = await omoi.set_role(project.project_id, user, which)
    except NotFound as error:
        if error.reason != "USER_NOT_FOUND" or "/" in user or user.startswith("usr-"):
            raise
        grant = await omoi.set_role(project.project_id, await _by_name(omoi, project.project_id, user), which)
    if as_json:
        screen.emit({"grant": as_data(grant) if grant else None})
    elif grant is None:
        screen.note(f"{user} has no role in {project.name} any more.")
    else:
        screen.note(f"{grant.user.name} is {role_word(grant.role).lower()} in {project.name}.")
    return Exit.DONE
