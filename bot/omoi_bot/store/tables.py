"""Every table of the bot. The history in migrations/bot creates them; a test compares the two on both databases.

Times are UTC without an offset, by the database's clock. Slack's ids and timestamps are kept as Slack writes them. JSON
columns hold plain lists and objects and are replaced as a whole.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Id = String(200)
_Word = String(40)


def _id(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, _Id, primary_key=key, nullable=False, server_default=None if key else "")


def _word(name: str, default: str = "") -> Column[str]:
    return Column(name, _Word, nullable=False, server_default=default)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=str(default))


def _flag(name: str, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def _json(name: str, default: str | None = "{}") -> Column[object]:
    return Column(name, JSON(none_as_null=True), nullable=default is None, server_default=default)


def _time(name: str) -> Column[object]:
    return Column(name, DateTime, nullable=True)


def _place() -> tuple[Column[str], Column[str], Column[str]]:
    return _id("team"), _id("channel"), _id("thread_ts")


workspaces = Table(
    "workspaces",
    metadata,
    _id("team", key=True),
    _id("enterprise"),
    _text("name"),
    _id("bot_user"),
    _id("bot_id"),
    Column("token", Text, nullable=False, server_default="", comment="sealed; empty when it is in the environment"),
    _text("scopes"),
    _time("plan_refused_until"),
    _flag("agent"),
    _time("installed_at"),
    _time("removed_at"),
)

people = Table(
    "people",
    metadata,
    Column("identity", _Id, primary_key=True, comment="slack:<enterprise or team>/<user>"),
    _id("team"),
    _id("slack_user"),
    _id("user_id"),
    _text("name"),
    _text("tz"),
    _id("dm_channel"),
    _word("refused"),
    _time("checked_at"),
    _time("home_opened_at"),
    _json("settings"),
    Index(None, "team", "slack_user"),
    Index(None, "home_opened_at"),
)

channels = Table(
    "channels",
    metadata,
    _id("team", key=True),
    _id("channel", key=True),
    _text("name"),
    _word("kind"),
    _id("project_id"),
    _id("linked_by"),
    _time("linked_at"),
    Column("shared", Boolean, nullable=True, comment="with another organisation; NULL = not known, counts as shared"),
    _id("shared_allowed_by"),
    _word("listening", "requester"),
    _word("verbosity", "normal"),
    _flag("broadcast"),
    _json("gates", None),
    _id("usergroup"),
    _flag("member"),
    _json("bots_allowed", "[]"),
    _id("last_seen_ts"),
    _time("checked_at"),
    Index(None, "project_id"),
)

conversations = Table(
    "conversations",
    metadata,
    _id("spec_id", key=True),
    *_place(),
    _id("message_ts"),
    _id("live_post_id"),
    _id("requester"),
    _id("requester_user_id"),
    _id("project_id"),
    _word("origin"),
    _flag("private"),
    _flag("include_discussion"),
    _flag("live", True),
    _text("moved_reason"),
    _time("created_at"),
    _time("ended_at"),
    Index(None, "team", "channel", "thread_ts"),
    Index(
        "uq_conversations_live",
        "team",
        "channel",
        "thread_ts",
        unique=True,
        sqlite_where=text("live AND thread_ts <> ''"),
        postgresql_where=text("live AND thread_ts <> ''"),
    ),
)

requests = Table(
    "requests",
    metadata,
    _id("request_id", key=True),
    *_place(),
    _id("message_ts"),
    _id("identity"),
    _text("title"),
    _text("text"),
    _json("options"),
    _json("files", "[]"),
    _json("context", "[]"),
    _word("state"),
    _text("reason"),
    _id("spec_id"),
    _time("created_at"),
    _time("expires_at"),
    Index(None, "state", "expires_at"),
    Index(None, "team", "channel", "thread_ts"),
)

envelopes = Table(
    "envelopes",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, comment="the order of arrival"),
    Column("key", String(300), nullable=False, unique=True),
    _word("kind"),
    _id("team"),
    _id("conversation"),
    _number("urgency", 1),
    _json("payload"),
    _time("received_at"),
    _id("claimed_by"),
    _time("claimed_until"),
    _number("claims"),
    _number("attempts"),
    _time("not_before"),
    _word("state", "NEW"),
    _text("error"),
    Index(None, "state", "urgency", "number"),
    Index(None, "conversation", "state"),
)

posts = Table(
    "posts",
    metadata,
    _id("post_id", key=True),
    *_place(),
    Column("under", _Id, nullable=False, server_default="", comment="post whose message begins the thread"),
    Column("line", String(500), nullable=False, comment="posts of one line are sent in the order of their ordinals"),
    _number("ordinal"),
    _id("spec_id"),
    _word("kind"),
    _number("urgency", 1),
    _json("wanted"),
    _number("wanted_version", 1),
    _number("shown_version"),
    _word("state", "WANTED"),
    Column("open", Boolean, nullable=False, server_default=text("true"), comment="something is left to be sent"),
    _flag("depends_on_live"),
    _id("ts"),
    _time("intent_at"),
    _number("intent_version"),
    _number("intent_fence"),
    _number("attempts"),
    _time("not_before"),
    _time("dirty_since"),
    _time("sent_at"),
    _text("error"),
    Column("told", Boolean, nullable=False, server_default=text("false"), comment="its owner knows that it is GONE"),
    _time("created_at"),
    Index("uq_posts_line_ordinal", "line", "ordinal", unique=True),
    Index(
        "ix_posts_open",
        "team",
        unique=False,
        sqlite_where=text("open"),
        postgresql_where=text("open"),
    ),
    Index(None, "team", "channel", "ts"),
    Index(None, "spec_id"),
    Index(None, "state", "told"),
)

follows = Table(
    "follows",
    metadata,
    _id("spec_id", key=True),
    _number("cursor"),
    _id("as_identity"),
    _id("project_id"),
    _id("owner"),
    _time("until"),
    _number("fence"),
    _time("ended_at"),
    _json("snapshot", None),
    Index(None, "until"),
)

leases = Table(
    "leases",
    metadata,
    _id("name", key=True),
    _id("owner"),
    _time("until"),
    _number("fence"),
)

reminders = Table(
    "reminders",
    metadata,
    _id("spec_id", key=True),
    Column("phase", _Word, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    _time("due_at"),
    _number("count"),
    Index(None, "due_at"),
)

marks = Table("marks", metadata, _id("name", key=True), _text("value"))

home_views = Table(
    "home_views",
    metadata,
    _id("identity", key=True),
    _id("team"),
    _id("view_id"),
    _text("page"),
    _id("hash"),
    _time("opened_at"),
    Index(None, "opened_at"),
)
