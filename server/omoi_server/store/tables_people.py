"""The tables about people: who they are, what they may do, and the tokens that they call with.

Part of `tables`, by which they are named everywhere.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from omoi_server.store.columns import Id, Sha, Word, flag, id_, json_, metadata, number, text_, time

users = Table(
    "users",
    metadata,
    id_("user_id", key=True),
    text_("name"),
    flag("is_admin", False),
    text_("email"),
    time("created_at", null=False),
)

identities = Table(
    "identities",
    metadata,
    Column("identity", String(200), primary_key=True, comment="slack:T012AB3C4/U061F7AUR"),
    Column("system", String(100), nullable=False, comment="the part before the slash; what act-as scopes name"),
    id_("user_id", "users.user_id"),
    time("created_at", null=False),
    Index(None, "user_id"),
    Index(None, "system"),
)

roles = Table(
    "roles",
    metadata,
    id_("project_id", "projects.project_id", key=True),
    id_("user_id", "users.user_id", key=True),
    Column("role", Word, nullable=False, comment="VIEWER, CONTRIBUTOR or MAINTAINER"),
    id_("granted_by"),
    time("granted_at", null=False),
    Index(None, "user_id"),
)

admin_codes = Table(
    "admin_codes",
    metadata,
    Column("code_hash", Sha, primary_key=True, comment="SHA-256 of the code; the code itself is never stored"),
    time("created_at", null=False),
    time("expires_at", null=False),
    number("wrong"),
    time("used_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", Sha, primary_key=True, comment="SHA-256 of the token; the token itself is never stored"),
    id_("user_id", "users.user_id"),
    text_("name"),
    json_("scopes"),
    time("created_at", null=False),
    time("expires_at"),
    time("revoked_at"),
    Column("token_id", Id, nullable=False, server_default="", comment="tok-…; what people call it by"),
    time("last_used_at"),
    Index(None, "token_id"),
    Index(None, "created_at"),
)
