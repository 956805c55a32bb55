"""AuthService: shape in, use case or view, message out."""

from __future__ import annotations

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from omoi.v1 import auth_pb2 as pb
from omoi_server.domain.access import Role, system_of, systems_acted_for
from omoi_server.domain.caller import Caller
from omoi_server.errors import InvalidArgument
from omoi_server.orchestrator import people, tokens
from omoi_server.orchestrator.office import Office
from omoi_server.rpc import convert_people, paging
from omoi_server.rpc.names import ROLE
from omoi_server.rpc.shape import required
from omoi_server.store import clock, roles, views_projects
from omoi_server.store import people as people_rows
from omoi_server.store import tokens as token_rows
from omoi_server.store.roles import Grant, GrantKey


class AuthService:
    """Who may do what."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def CreateToken(self, request: pb.CreateTokenRequest, caller: Caller) -> pb.CreateTokenResponse:
        required("name", request.name, "Say what the token is for.")
        token_id, secret = await tokens.create_token(
            self._office.db,
            caller,
            request.name,
            list(request.scopes),
            request.user_id,
            _moment("expires_at", request.expires_at) if request.HasField("expires_at") else None,
            request.request_id,
        )
        return pb.CreateTokenResponse(token=await self._token(token_id), secret=secret)

    async def ListTokens(self, request: pb.ListTokensRequest, caller: Caller) -> pb.ListTokensResponse:
        size = paging.size(request.page_size, 50, 200)
        key = paging.key_of(request, str, str)
        owner = None if caller.administers else caller.user_id
        async with self._office.db.read() as conn:
            now = None if request.include_ended else await clock.now(conn, conn.dialect.name)
            after = (paging.moment(key[0]), key[1]) if key else None
            rows = await token_rows.list_tokens(conn, owner, now, size + 1, after)
        messages = [convert_people.token(row) for row in rows[:size]]
        page_token = ""
        if len(rows) > size:
            last = rows[size - 1]
            page_token = paging.token(request, [last["created_at"].isoformat(), last["token_id"]])
        return pb.ListTokensResponse(tokens=messages, next_page_token=page_token)

    async def RevokeToken(self, request: pb.RevokeTokenRequest, caller: Caller) -> pb.RevokeTokenResponse:
        required("token_id", request.token_id, "ListTokens shows the ids.")
        await tokens.revoke_token(self._office.db, caller, request.token_id, request.request_id)
        return pb.RevokeTokenResponse(token=await self._token(request.token_id))

    async def GetCaller(self, _request: pb.GetCallerRequest, caller: Caller) -> pb.GetCallerResponse:
        async with self._office.db.read() as conn:
            user = await people_rows.user(conn, caller.user_id)
            grants = await roles.grants_of(conn, caller)
            with_admin = await people_rows.systems_with_admin(conn)
        if caller.acting:
            with_admin &= {system_of(caller.identity)}
        elif not caller.has_every_scope:
            with_admin &= set(systems_acted_for(caller.scopes))
        return pb.GetCallerResponse(
            user=convert_people.user(user, caller),
            scopes=sorted(caller.scopes),
            acting_user_id=caller.via,
            roles=[convert_people.grant(grant, user, caller) for grant in grants],
            has_external_admin=bool(with_admin),
        )

    async def GetUser(self, request: pb.GetUserRequest, caller: Caller) -> pb.GetUserResponse:
        required("user_id", request.user_id)
        async with self._office.db.read() as conn:
            user = await people_rows.user(conn, request.user_id)
        return pb.GetUserResponse(user=convert_people.user(user, caller))

    async def ProvisionUser(self, request: pb.ProvisionUserRequest, caller: Caller) -> pb.ProvisionUserResponse:
        required("identity", request.identity, "Such as slack:T012AB3C4/U061F7AUR.")
        required("name", request.name, "Say how the person is called.")
        user_id, existed = await people.provision_user(
            self._office, caller, request.identity, request.name, request.email, request.request_id
        )
        return pb.ProvisionUserResponse(user=await self._user(user_id, caller), already_exists=existed)

    async def ClaimAdmin(self, request: pb.ClaimAdminRequest, caller: Caller) -> pb.ClaimAdminResponse:
        required("code", request.code.strip(), "The server printed it; `omoi-server admin-code` prints another.")
        await people.claim_admin(self._office, caller, request.code, request.request_id)
        return pb.ClaimAdminResponse(user=await self._user(caller.user_id, caller))

    async def SetRole(self, request: pb.SetRoleRequest, caller: Caller) -> pb.SetRoleResponse:
        required("project_id", request.project_id, "Give a project's id or name.")
        required("user_id", request.user_id, "Give a user's id or identity.")
        word = ROLE.word(request.role)
        project_id, user_id = await people.set_role(
            self._office, caller, request.project_id, request.user_id, Role(word) if word else None, request.request_id
        )
        async with self._office.db.read() as conn:
            grant = await roles.find_grant(conn, project_id, user_id)
            user = await people_rows.user(conn, user_id)
        return pb.SetRoleResponse(grant=convert_people.grant(grant, user, caller) if grant else None)

    async def ListRoles(self, request: pb.ListRolesRequest, caller: Caller) -> pb.ListRolesResponse:
        required("project_id", request.project_id, "Give a project's id or name.")
        size = paging.size(request.page_size, 50, 200)
        after = _grant_key(paging.key_of(request, int, str, str))
        async with self._office.db.read() as conn:
            project_id = (await views_projects.get_project(conn, request.project_id))["project_id"]
            found: list[tuple[GrantKey, Grant]] = await roles.list_grants(conn, project_id, size + 1, after)
            users = await people_rows.users(conn, [grant.user_id for _, grant in found[:size]])
        page_token = ""
        if len(found) > size:
            last = found[size - 1][0]
            # A name may hold any character; a token holds plain ones.
            page_token = paging.token(request, [last.rank, last.name.encode().hex(), last.user_id])
        grants = [convert_people.grant(grant, users[grant.user_id], caller) for _, grant in found[:size]]
        return pb.ListRolesResponse(grants=grants, next_page_token=page_token)

    async def _token(self, token_id: str) -> pb.Token:
        async with self._office.db.read() as conn:
            return convert_people.token(await token_rows.token(conn, token_id))

    async def _user(self, user_id: str, caller: Caller) -> pb.User:
        async with self._office.db.read() as conn:
            return convert_people.user(await people_rows.user(conn, user_id), caller)


def _grant_key(key: list[object] | None) -> GrantKey | None:
    if key is None:
        return None
    rank, name, user_id = key
    damaged = InvalidArgument("page_token", "is damaged. Take next_page_token of the previous answer.")
    try:
        place = GrantKey(int(str(rank)), bytes.fromhex(str(name)).decode(), str(user_id))
    except ValueError as error:
        raise damaged from error
    if "\x00" in place.name:  # PostgreSQL takes none
        raise damaged
    return place


def _moment(field: str, value: Timestamp) -> datetime:
    """Naive UTC. InvalidArgument for what is no time."""
    try:
        return value.ToDatetime()
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(field, "is no time between the years 1 and 9999.") from error
