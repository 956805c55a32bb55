"""Everything at once: the first schema.

Revision: 0001, after none
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [
    "channels",
    "conversations",
    "envelopes",
    "follows",
    "home_views",
    "leases",
    "marks",
    "people",
    "posts",
    "reminders",
    "requests",
    "workspaces",
]


def upgrade() -> None:
    _channels()
    _conversations()
    _envelopes()
    _follows()
    _home_views()
    _leases()
    _marks()
    _people()
    _posts()
    _reminders()
    _requests()
    _workspaces()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _channels() -> None:
    op.create_table(
        "channels",
        sa.Column("team", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=40), server_default="", nullable=False),
        sa.Column("project_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("linked_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("linked_at", sa.DateTime(), nullable=True),
        sa.Column(
            "shared",
            sa.Boolean(),
            nullable=True,
            comment="with another organisation; NULL = not known, counts as shared",
        ),
        sa.Column("shared_allowed_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("listening", sa.String(length=40), server_default="requester", nullable=False),
        sa.Column("verbosity", sa.String(length=40), server_default="normal", nullable=False),
        sa.Column("broadcast", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gates", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("usergroup", sa.String(length=200), server_default="", nullable=False),
        sa.Column("member", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("bots_allowed", sa.JSON(none_as_null=True), server_default="[]", nullable=False),
        sa.Column("last_seen_ts", sa.String(length=200), server_default="", nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("team", "channel", name=op.f("pk_channels")),
    )
    op.create_index(op.f("ix_channels_project_id"), "channels", ["project_id"], unique=False)


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("spec_id", sa.String(length=200), nullable=False),
        sa.Column("team", sa.String(length=200), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=200), server_default="", nullable=False),
        sa.Column("thread_ts", sa.String(length=200), server_default="", nullable=False),
        sa.Column("message_ts", sa.String(length=200), server_default="", nullable=False),
        sa.Column("live_post_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("requester", sa.String(length=200), server_default="", nullable=False),
        sa.Column("requester_user_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("project_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("origin", sa.String(length=40), server_default="", nullable=False),
        sa.Column("private", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("include_discussion", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("moved_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("spec_id", name=op.f("pk_conversations")),
    )
    op.create_index(
        op.f("ix_conversations_team_channel_thread_ts"), "conversations", ["team", "channel", "thread_ts"], unique=False
    )
    op.create_index(
        "uq_conversations_live",
        "conversations",
        ["team", "channel", "thread_ts"],
        unique=True,
        sqlite_where=sa.text("live AND thread_ts <> ''"),
        postgresql_where=sa.text("live AND thread_ts <> ''"),
    )


def _envelopes() -> None:
    op.create_table(
        "envelopes",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the order of arrival",
        ),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=40), server_default="", nullable=False),
        sa.Column("team", sa.String(length=200), server_default="", nullable=False),
        sa.Column("conversation", sa.String(length=200), server_default="", nullable=False),
        sa.Column("urgency", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("claimed_until", sa.DateTime(), nullable=True),
        sa.Column("claims", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("not_before", sa.DateTime(), nullable=True),
        sa.Column("state", sa.String(length=40), server_default="NEW", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_envelopes")),
        sa.UniqueConstraint("key", name=op.f("uq_envelopes_key")),
    )
    op.create_index(op.f("ix_envelopes_conversation_state"), "envelopes", ["conversation", "state"], unique=False)
    op.create_index(
        op.f("ix_envelopes_state_urgency_number"), "envelopes", ["state", "urgency", "number"], unique=False
    )


def _follows() -> None:
    op.create_table(
        "follows",
        sa.Column("spec_id", sa.String(length=200), nullable=False),
        sa.Column("cursor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("as_identity", sa.String(length=200), server_default="", nullable=False),
        sa.Column("project_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("owner", sa.String(length=200), server_default="", nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("snapshot", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("spec_id", name=op.f("pk_follows")),
    )
    op.create_index(op.f("ix_follows_until"), "follows", ["until"], unique=False)


def _home_views() -> None:
    op.create_table(
        "home_views",
        sa.Column("identity", sa.String(length=200), nullable=False),
        sa.Column("team", sa.String(length=200), server_default="", nullable=False),
        sa.Column("view_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("page", sa.Text(), server_default="", nullable=False),
        sa.Column("hash", sa.String(length=200), server_default="", nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_home_views")),
    )
    op.create_index(op.f("ix_home_views_opened_at"), "home_views", ["opened_at"], unique=False)


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), server_default="", nullable=False),
        sa.Column("until", sa.DateTime(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("identity", sa.String(length=200), nullable=False, comment="slack:<enterprise or team>/<user>"),
        sa.Column("team", sa.String(length=200), server_default="", nullable=False),
        sa.Column("slack_user", sa.String(length=200), server_default="", nullable=False),
        sa.Column("user_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("tz", sa.Text(), server_default="", nullable=False),
        sa.Column("dm_channel", sa.String(length=200), server_default="", nullable=False),
        sa.Column("refused", sa.String(length=40), server_default="", nullable=False),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("home_opened_at", sa.DateTime(), nullable=True),
        sa.Column("settings", sa.JSON(none_as_null=True), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_home_opened_at"), "people", ["home_opened_at"], unique=False)
    op.create_index(op.f("ix_people_team_slack_user"), "people", ["team", "slack_user"], unique=False)


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("post_id", sa.String(length=200), nullable=False),
        sa.Column("team", sa.String(length=200), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=200), server_default="", nullable=False),
        sa.Column("thread_ts", sa.String(length=200), server_default="", nullable=False),
        sa.Column(
            "under",
            sa.String(length=200),
            server_default="",
            nullable=False,
            comment="post whose message begins the thread",
        ),
        sa.Column(
            "line",
            sa.String(length=500),
            nullable=False,
            comment="posts of one line are sent in the order of their ordinals",
        ),
        sa.Column("ordinal", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("spec_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=40), server_default="", nullable=False),
        sa.Column("urgency", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("wanted", sa.JSON(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("wanted_version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("shown_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=40), server_default="WANTED", nullable=False),
        sa.Column(
            "open", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="something is left to be sent"
        ),
        sa.Column("depends_on_live", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("ts", sa.String(length=200), server_default="", nullable=False),
        sa.Column("intent_at", sa.DateTime(), nullable=True),
        sa.Column("intent_version", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("intent_fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("not_before", sa.DateTime(), nullable=True),
        sa.Column("dirty_since", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "told",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="its owner knows that it is GONE",
        ),
        sa.Column("created_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_posts")),
    )
    op.create_index(
        "ix_posts_open", "posts", ["team"], unique=False, sqlite_where=sa.text("open"), postgresql_where=sa.text("open")
    )
    op.create_index(op.f("ix_posts_spec_id"), "posts", ["spec_id"], unique=False)
    op.create_index(op.f("ix_posts_state_told"), "posts", ["state", "told"], unique=False)
    op.create_index(op.f("ix_posts_team_channel_ts"), "posts", ["team", "channel", "ts"], unique=False)
    op.create_index("uq_posts_line_ordinal", "posts", ["line", "ordinal"], unique=True)


def _reminders() -> None:
    op.create_table(
        "reminders",
        sa.Column("spec_id", sa.String(length=200), nullable=False),
        sa.Column("phase", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("count", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("spec_id", "phase", "version", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_due_at"), "reminders", ["due_at"], unique=False)


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("request_id", sa.String(length=200), nullable=False),
        sa.Column("team", sa.String(length=200), server_default="", nullable=False),
        sa.Column("channel", sa.String(length=200), server_default="", nullable=False),
        sa.Column("thread_ts", sa.String(length=200), server_default="", nullable=False),
        sa.Column("message_ts", sa.String(length=200), server_default="", nullable=False),
        sa.Column("identity", sa.String(length=200), server_default="", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("options", sa.JSON(none_as_null=True), server_default="{}", nullable=False),
        sa.Column("files", sa.JSON(none_as_null=True), server_default="[]", nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True), server_default="[]", nullable=False),
        sa.Column("state", sa.String(length=40), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("spec_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_state_expires_at"), "requests", ["state", "expires_at"], unique=False)
    op.create_index(
        op.f("ix_requests_team_channel_thread_ts"), "requests", ["team", "channel", "thread_ts"], unique=False
    )


def _workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("team", sa.String(length=200), nullable=False),
        sa.Column("enterprise", sa.String(length=200), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("bot_user", sa.String(length=200), server_default="", nullable=False),
        sa.Column("bot_id", sa.String(length=200), server_default="", nullable=False),
        sa.Column(
            "token", sa.Text(), server_default="", nullable=False, comment="sealed; empty when it is in the environment"
        ),
        sa.Column("scopes", sa.Text(), server_default="", nullable=False),
        sa.Column("plan_refused_until", sa.DateTime(), nullable=True),
        sa.Column("agent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("installed_at", sa.DateTime(), nullable=True),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_workspaces")),
    )
