"""AuthService as methods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from omoi.v1 import auth_pb2
from omoi_client import names
from omoi_client.calls import Calls

_PAGE = 200


class AuthCalls:
    """Users, tokens and roles. Every method raises OmoiError."""

    calls: Calls

    async def create_token(
        self,
        name: str,
        scopes: Iterable[str],
        *,
        user_id: str = "",
        expires_at: datetime | None = None,
        request_id: str = "",
    ) -> auth_pb2.CreateTokenResponse:
        """A new token and, this once, its secret. `expires_at` without a zone is UTC; None: never."""
        expiry = None
        if expires_at is not None:
            expiry = Timestamp()
            expiry.FromDatetime(expires_at)
        request = auth_pb2.CreateTokenRequest(
            name=name, scopes=list(scopes), user_id=user_id, expires_at=expiry, request_id=request_id
        )
        return await self.calls.unary("AuthService", request, auth_pb2.CreateTokenResponse)

    async def list_tokens(self, include_ended: bool = False) -> AsyncIterator[auth_pb2.Token]:
        """Tokens without secrets, newest first: one's own, an admin's call gives all."""
        request = auth_pb2.ListTokensRequest(page_size=_PAGE, include_ended=include_ended)
        while True:
            page = await self.calls.unary("AuthService", request, auth_pb2.ListTokensResponse)
            for token in page.tokens:
                yield token
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def revoke_token(self, token_id: str, request_id: str = "") -> auth_pb2.Token:
        """Make a token useless, within two seconds on every server."""
        request = auth_pb2.RevokeTokenRequest(token_id=token_id, request_id=request_id)
        return (await self.calls.unary("AuthService", request, auth_pb2.RevokeTokenResponse)).token

    async def get_caller(self) -> auth_pb2.GetCallerResponse:
        """Who these calls are made as, through which token, and with which roles."""
        return await self.calls.unary("AuthService", auth_pb2.GetCallerRequest(), auth_pb2.GetCallerResponse)

    async def get_user(self, user_id: str) -> auth_pb2.User:
        """One user, by id."""
        request = auth_pb2.GetUserRequest(user_id=user_id)
        return (await self.calls.unary("AuthService", request, auth_pb2.GetUserResponse)).user

    async def provision_user(
        self, identity: str, name: str, email: str = "", request_id: str = ""
    ) -> auth_pb2.ProvisionUserResponse:
        """A user for a person of another system. Not while acting; check first that the person belongs here."""
        request = auth_pb2.ProvisionUserRequest(identity=identity, name=name, email=email, request_id=request_id)
        return await self.calls.unary("AuthService", request, auth_pb2.ProvisionUserResponse)

    async def claim_admin(self, code: str, request_id: str = "") -> auth_pb2.User:
        """Make the person acted for an admin, with the code that the server printed."""
        request = auth_pb2.ClaimAdminRequest(code=code, request_id=request_id)
        return (await self.calls.unary("AuthService", request, auth_pb2.ClaimAdminResponse)).user

    async def set_role(
        self, project_id: str, user_id: str, role: str, request_id: str = ""
    ) -> auth_pb2.RoleGrant | None:
        """Give a role ("contributor"), or with "" or "none" take it away; the role now. User by id or identity."""
        request = auth_pb2.SetRoleRequest(
            project_id=project_id, user_id=user_id, role=names.role(role), request_id=request_id
        )
        answer = await self.calls.unary("AuthService", request, auth_pb2.SetRoleResponse)
        return answer.grant if answer.HasField("grant") else None

    async def list_roles(self, project_id: str) -> AsyncIterator[auth_pb2.RoleGrant]:
        """Who has which role in a project (id or name), highest first."""
        request = auth_pb2.ListRolesRequest(project_id=project_id, page_size=_PAGE)
        while True:
            page = await self.calls.unary("AuthService", request, auth_pb2.ListRolesResponse)
            for grant in page.grants:
                yield grant
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
