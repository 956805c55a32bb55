"""ProvisionUser, ClaimAdmin and SetRole: who somebody is here, and what they may do in a project."""

from __future__ import annotations

from omoi_server.domain.access import Role, acts_for, is_identity, system_of, systems_acted_for
from omoi_server.domain.caller import Caller
from omoi_server.domain.secrets import code_hash, new_code
from omoi_server.errors import PermissionDenied
from omoi_server.orchestrator import words
from omoi_server.orchestrator.office import Office
from omoi_server.store import admin_codes, clock, missing, people, requests, roles, tokens, views_projects
from omoi_server.store.database import Database
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_NAME = 200
MAX_EMAIL = 320


async def provision_user(
    office: Office, caller: Caller, identity: str, name: str, email: str, request_id: str
) -> tuple[str, bool]:
    """A user for this identity, made or refreshed; (user id, whether it existed before).

    Raises InvalidArgument, PermissionDenied (ACT_AS_SCOPE_NEEDED), AlreadyExists (request_id reused).
    """
    content = {"identity": identity, "name": name, "email": email}
    request = Request(caller.user_id, "ProvisionUser", request_id, content)
    request.check()
    system = system_of(identity)
    if not acts_for(caller.scopes, system):
        raise PermissionDenied(
            "ACT_AS_SCOPE_NEEDED",
            f"this token makes no users of people of {system}. It needs the scope act-as:{system}.",
            {"scope": f"act-as:{system}"},
        )
    shown = words.line("name", name, MAX_NAME, required=True)
    address = words.line("email", email, MAX_EMAIL)

    async def work(tx: Transaction) -> tuple[str, bool]:
        if earlier := await requests.find_earlier(tx, request):
            return earlier, True
        made = await people.provision(tx, identity, system, shown, address)
        await requests.remember(tx, request, made[0])
        return made

    return await office.write("people", work)


async def new_admin_code(db: Database) -> str:
    """A fresh one-time code; every older one ends. It is returned here and stored nowhere."""
    code = new_code()

    async def work(tx: Transaction) -> None:
        await admin_codes.replace_code(tx, code_hash(code))

    await db.write(work)
    return code


async def systems_without_admin(db: Database) -> list[str]:
    """Systems that live tokens may act for and that no admin comes from: somebody there has to claim it."""
    async with db.read() as conn:
        scopes = await tokens.live_scopes(conn, await clock.now(conn, conn.dialect.name))
        claimed = await people.systems_with_admin(conn)
    return [system for system in systems_acted_for(scopes) if system not in claimed]


async def claim_admin(office: Office, caller: Caller, code: str, request_id: str) -> None:
    """Make the person acted for an admin. PermissionDenied (ADMIN_CODE_WRONG); wrong codes are counted."""
    digest = code_hash(code)
    request = Request(caller.user_id, "ClaimAdmin", request_id, {"code": digest})
    request.check()

    async def work(tx: Transaction) -> bool:
        if await requests.find_earlier(tx, request):
            return True
        # A refusal must not be raised in here: it would undo the counting.
        if not await admin_codes.use_code(tx, digest):
            return False
        await people.make_admin(tx, caller.user_id)
        await requests.remember(tx, request, caller.user_id)
        return True

    if not await office.write("people", work):
        raise PermissionDenied(
            "ADMIN_CODE_WRONG",
            "this code is wrong, used up or older than 15 minutes. `omoi-server admin-code` prints another.",
        )


async def set_role(
    office: Office, caller: Caller, project: str, user: str, role: Role | None, request_id: str
) -> tuple[str, str]:
    """Give a role in a project (id or name) to a user (id or identity), None: take it away; (project id, user id).

    Raises NotFound (project, user), PermissionDenied (ROLE_NEEDED), AlreadyExists (request_id reused).
    """
    content = {"project_id": project, "user_id": user, "role": role}
    request = Request(caller.user_id, "SetRole", request_id, content)
    request.check()
    if "/" in user and not is_identity(user):
        system_of(user, "user_id")

    async def work(tx: Transaction) -> tuple[str, str]:
        project_id: str = (await views_projects.get_project(tx.conn, project))["project_id"]
        await tx.lock_project(project_id)
        await roles.require(tx.conn, caller, project_id, Role.MAINTAINER, "giving roles")
        user_id = await people.find_user_id(tx.conn, user)
        if user_id is None:
            raise missing.user(user)
        if await requests.find_earlier(tx, request) is None:
            await roles.set_role(tx, project_id, user_id, role, caller.user_id)
            await requests.remember(tx, request, project_id)
        return project_id, user_id

    return await office.write("people", work)
