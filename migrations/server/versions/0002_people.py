"""People: identities elsewhere, roles in projects, codes for the first admin, comments, who acted for whom.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(80)
_WORD = sa.String(40)


MIN_CODE_VERSION = 2
"""Older code knows no roles and takes every token for one that may do anything."""


def upgrade() -> None:
    _tables()
    _columns()
    op.execute(sa.text("UPDATE schema_info SET min_code_version = :version").bindparams(version=MIN_CODE_VERSION))


def _tables() -> None:
    op.create_table(
        "identities",
        sa.Column("identity", sa.String(200), comment="slack:T012AB3C4/U061F7AUR"),
        sa.Column(
            "system", sa.String(100), nullable=False, comment="the part before the slash; what act-as scopes name"
        ),
        sa.Column("user_id", _ID, sa.ForeignKey("users.user_id", name="fk_identities_user_id"), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_identities"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.create_index("ix_identities_system", "identities", ["system"])
    op.create_table(
        "roles",
        sa.Column("project_id", _ID, sa.ForeignKey("projects.project_id", name="fk_roles_project_id"), nullable=False),
        sa.Column("user_id", _ID, sa.ForeignKey("users.user_id", name="fk_roles_user_id"), nullable=False),
        sa.Column("role", _WORD, nullable=False, comment="VIEWER, CONTRIBUTOR or MAINTAINER"),
        sa.Column("granted_by", _ID, nullable=False),
        sa.Column("granted_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "user_id", name="pk_roles"),
    )
    op.create_index("ix_roles_user_id", "roles", ["user_id"])
    op.create_table(
        "admin_codes",
        sa.Column("code_hash", sa.String(64), comment="SHA-256 of the code; the code itself is never stored"),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("used_at", sa.DateTime()),
        sa.PrimaryKeyConstraint("code_hash", name="pk_admin_codes"),
    )
    op.create_table(
        "comments",
        sa.Column("comment_id", _ID, nullable=False),
        sa.Column("spec_id", _ID, sa.ForeignKey("specs.spec_id", name="fk_comments_spec_id"), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("author", sa.Text(), nullable=False, server_default=""),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("permalink", sa.Text(), nullable=False, server_default=""),
        sa.Column("delivery", _WORD, nullable=False, comment="QUEUED, INTERRUPT or COMMENT"),
        sa.Column("state", _WORD, nullable=False, comment="WAITING, DELIVERED or TAKEN"),
        sa.Column("sandbox_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("taken_at", sa.DateTime()),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="1, 2, 3 … per spec: the order in which it was said"
        ),
        sa.PrimaryKeyConstraint("comment_id", name="pk_comments"),
    )
    op.create_index("ix_comments_spec_id_position", "comments", ["spec_id", "position"], unique=True)
    op.create_index("ix_comments_spec_id_state", "comments", ["spec_id", "state"])


def _columns() -> None:
    op.add_column("users", sa.Column("email", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "tokens",
        sa.Column("token_id", _ID, nullable=False, server_default="", comment="tok-…; what people call it by"),
    )
    op.add_column("tokens", sa.Column("last_used_at", sa.DateTime()))
    op.execute("UPDATE tokens SET token_id = 'tok-' || substr(token_hash, 1, 32)")
    op.create_index("ix_tokens_token_id", "tokens", ["token_id"])
    op.create_index("ix_tokens_created_at", "tokens", ["created_at"])
    op.add_column("projects", sa.Column("approvers", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("spec_events", sa.Column("via", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    # Older code knows no scopes: to it every one of these could do anything.
    op.execute(
        """UPDATE tokens SET revoked_at = CURRENT_TIMESTAMP
        WHERE revoked_at IS NULL AND CAST(scopes AS TEXT) != '["*"]'"""
    )
    op.drop_column("spec_events", "via")
    op.drop_column("projects", "approvers")
    op.drop_index("ix_tokens_created_at", "tokens")
    op.drop_index("ix_tokens_token_id", "tokens")
    op.drop_column("tokens", "last_used_at")
    op.drop_column("tokens", "token_id")
    op.drop_column("users", "email")
    for table in ("comments", "admin_codes", "roles", "identities"):
        op.drop_table(table)
    op.execute("UPDATE schema_info SET min_code_version = 1")
