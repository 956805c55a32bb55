"""Every table. The Alembic history in migrations/server creates them; a test compares the two on both databases.

Times are UTC without an offset (`DateTime`), taken from the database's clock in the writing transaction. Ids are text with
a prefix that says what they name. JSON columns hold plain lists and objects and are replaced as a whole, never mutated.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(80)
Word = String(40)
Sha = String(64)


def _id(name: str, target: str | None = None, *, key: bool = False, null: bool = False) -> Column[str]:
    arguments = [ForeignKey(target)] if target else []
    return Column(name, Id, *arguments, primary_key=key, nullable=null and not key)


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=default is None, server_default=default)


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=str(default))


def _flag(name: str, default: bool) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def _json(name: str, default: str = "[]") -> Column[object]:
    return Column(name, JSON, nullable=False, server_default=default)


def _time(name: str, null: bool = True) -> Column[object]:
    return Column(name, DateTime, nullable=null)


users = Table(
    "users",
    metadata,
    _id("user_id", key=True),
    _text("name"),
    _flag("is_admin", False),
    _time("created_at", null=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", Sha, primary_key=True, comment="SHA-256 of the token; the token itself is never stored"),
    _id("user_id", "users.user_id"),
    _text("name"),
    _json("scopes"),
    _time("created_at", null=False),
    _time("expires_at"),
    _time("revoked_at"),
)

requests = Table(
    "requests",
    metadata,
    _id("user_id", key=True),
    Column("rpc", Word, primary_key=True),
    Column("request_id", String(128), primary_key=True),
    Column("content_hash", Sha, nullable=False),
    _id("resource_id"),
    _time("created_at", null=False),
)

projects = Table(
    "projects",
    metadata,
    _id("project_id", key=True),
    _text("name"),
    Column("name_key", String(63), nullable=False, unique=True, comment="the name in lower case"),
    _text("repo_url"),
    _text("default_branch"),
    _text("work_dir"),
    _text("setup_command"),
    _text("test_command"),
    _json("gates"),
    _number("max_concurrent_jobs"),
    _flag("export_documents", True),
    _id("created_by"),
    _time("created_at", null=False),
    _time("updated_at", null=False),
)

specs = Table(
    "specs",
    metadata,
    _id("spec_id", key=True),
    _id("project_id", "projects.project_id"),
    Column("kind", Word, nullable=False),
    _text("title"),
    _text("description"),
    Column(
        "idea_hash",
        Sha,
        nullable=False,
        comment="SHA-256 of title and description, folded; finds equal ideas",
    ),
    _id("user_id"),
    Column("status", Word, nullable=False),
    Column("current_phase", Word, nullable=False),
    _flag("settled", False),
    _json("gates"),
    _text("branch_name"),
    _text("branch_tip"),
    _text("base_commit"),
    _text("base_branch"),
    _text("work_dir"),
    _text("pull_request_url"),
    _number("pull_request_number"),
    _json("labels"),
    _flag("archived", False),
    _number("priority", 3),
    _json("source", "{}"),
    _json("context"),
    Column("engine", Word, nullable=False),
    _text("reason"),
    _text("waiting_for"),
    _text("tasks_digest"),
    _number("behind"),
    Column("last_sequence", BigInteger, nullable=False, server_default="0"),
    _text("last_work"),
    _time("last_work_at"),
    _time("created_at", null=False),
    _time("updated_at", null=False),
    Index(None, "project_id", "created_at"),
    Index(None, "created_at", "spec_id"),
    Index(None, "project_id", "idea_hash"),
)

attachments = Table(
    "attachments",
    metadata,
    _id("spec_id", "specs.spec_id", key=True),
    Column("position", Integer, primary_key=True),
    _text("name"),
    _text("media_type"),
    Column("content", LargeBinary, nullable=False),
)

spec_events = Table(
    "spec_events",
    metadata,
    _id("spec_id", "specs.spec_id", key=True),
    Column("sequence", BigInteger, primary_key=True),
    _time("occurred_at", null=False),
    Column("type", Word, nullable=False),
    _text("source"),
    Column("phase", Word, nullable=False, server_default=""),
    _text("message"),
    _json("payload", "{}"),
)

phase_outputs = Table(
    "phase_outputs",
    metadata,
    _id("spec_id", "specs.spec_id", key=True),
    Column("phase", Word, primary_key=True),
    Column("version", Integer, primary_key=True),
    _json("data", "{}"),
    Column("digest", Sha, nullable=False),
    Column("input_digest", Sha, nullable=False),
    Column("score", Float, nullable=False),
    _json("findings"),
    _json("facts"),
    _json("changes"),
    _json("provenance", "{}"),
    Column("decision", Word, nullable=False, server_default=""),
    _text("decided_by"),
    _time("decided_at"),
    _text("comment"),
    _flag("valid", True),
    _time("created_at", null=False),
)

feedback = Table(
    "feedback",
    metadata,
    _id("feedback_id", key=True),
    _id("spec_id", "specs.spec_id"),
    Column("phase", Word, nullable=False),
    _number("version"),
    _text("author"),
    _text("text"),
    _time("created_at", null=False),
    Column("position", Integer, nullable=False, comment="1, 2, 3 … per spec: the order in which it was said"),
    Index(None, "spec_id", "position", unique=True),
)

requirements = Table(
    "requirements",
    metadata,
    _id("spec_id", "specs.spec_id", key=True),
    Column("requirement_id", Word, primary_key=True),
    _number("position"),
    _text("title"),
    _text("statement"),
    _json("user_story", "{}"),
    _flag("active", True),
)

acceptance_criteria = Table(
    "acceptance_criteria",
    metadata,
    _id("spec_id", "specs.spec_id", key=True),
    Column("criterion_id", Word, primary_key=True),
    Column("requirement_id", Word, nullable=False),
    _number("position"),
    _text("text"),
    _flag("active", True),
)

tickets = Table(
    "tickets",
    metadata,
    _id("ticket_id", key=True),
    _id("project_id", "projects.project_id"),
    Column("spec_id", Id, ForeignKey("specs.spec_id"), nullable=False, unique=True),
    _text("title"),
    Column("phase", Word, nullable=False),
    _flag("moved_by_hand", False),
    _time("created_at", null=False),
    _time("updated_at", null=False),
    Index(None, "project_id", "created_at"),
)

tasks = Table(
    "tasks",
    metadata,
    _id("task_id", key=True),
    _id("ticket_id", "tickets.ticket_id"),
    _id("spec_id", "specs.spec_id"),
    Column(
        "key",
        Word,
        nullable=False,
        server_default="",
        comment="the SpecTask, TSK-003; empty for a quick task",
    ),
    _number("position"),
    _text("title"),
    _text("description"),
    Column("status", Word, nullable=False),
    _number("priority", 3),
    _json("depends_on"),
    _json("requirements"),
    _json("files"),
    _text("check_command"),
    Column(
        "content_hash",
        Sha,
        nullable=False,
        comment="what the task is, without its key: finds it again after a replan",
    ),
    _flag("active", True),
    _text("commit_sha"),
    _json("evidence", "{}"),
    _text("summary"),
    _text("reason"),
    Column("code", Word, nullable=False, server_default=""),
    _text("sandbox_id"),
    _number("attempts"),
    _number("conflicts"),
    _time("created_at", null=False),
    _time("updated_at", null=False),
    Index(None, "spec_id", "position"),
)

spec_tasks = Table(
    "spec_tasks",
    metadata,
    _id("spec_id", "specs.spec_id", key=True),
    Column("key", Word, primary_key=True),
    _number("position"),
    _text("title"),
    _json("content", "{}"),
    _text("task_id"),
    _flag("active", True),
)

jobs = Table(
    "jobs",
    metadata,
    _id("job_id", key=True),
    Column("kind", Word, nullable=False),
    _id("project_id", "projects.project_id"),
    _id("spec_id", "specs.spec_id"),
    _text("task_id"),
    Column("work_key", Id, nullable=False, comment="what it works on; at most one open job each"),
    Column("status", Word, nullable=False),
    _number("priority", 3),
    _number("fence"),
    _text("owner"),
    _text("location"),
    _time("lease_until"),
    _number("starts"),
    _json("plan", "{}"),
    _text("error"),
    _time("created_at", null=False),
    _time("claimed_at"),
    _time("started_at"),
    _time("finished_at"),
    Index(
        "ix_jobs_one_open",
        "work_key",
        unique=True,
        postgresql_where=text("status IN ('QUEUED','CLAIMED','RUNNING')"),
        sqlite_where=text("status IN ('QUEUED','CLAIMED','RUNNING')"),
    ),
    Index(None, "status", "project_id"),
    Index(None, "spec_id", "status"),
)

sandboxes = Table(
    "sandboxes",
    metadata,
    _id("sandbox_id", key=True),
    _id("job_id", "jobs.job_id"),
    _id("spec_id", "specs.spec_id"),
    _text("task_id"),
    _number("fence"),
    _text("location"),
    Column("state", Word, nullable=False),
    Column("line", BigInteger, nullable=False, server_default="0", comment="last journal line that was stored"),
    Column("byte", BigInteger, nullable=False, server_default="0", comment="offset of the next journal line"),
    _text("reason"),
    _text("open_command"),
    _time("open_command_at"),
    _time("last_heartbeat"),
    _text("outcome"),
    _time("created_at", null=False),
    _time("started_at"),
    _time("removed_at"),
    Index(None, "spec_id", "created_at"),
    Index(None, "state", "location"),
    Index(None, "job_id"),
)

journal_lines = Table(
    "journal_lines",
    metadata,
    _id("sandbox_id", "sandboxes.sandbox_id", key=True),
    Column("line", BigInteger, primary_key=True),
    _time("at"),
    Column("type", Word, nullable=False),
    _text("text"),
)

intents = Table(
    "intents",
    metadata,
    _id("job_id", "jobs.job_id", key=True),
    Column("fence", Integer, primary_key=True),
    Column("attempt", Integer, primary_key=True, comment="1, 2 … when the branch moved and the work was rebased"),
    _id("spec_id", "specs.spec_id"),
    _text("task_id"),
    _text("sandbox_id"),
    _text("old_tip"),
    Column("new_sha", Sha, nullable=False),
    _json("result", "{}"),
    Column("status", Word, nullable=False),
    _time("created_at", null=False),
    _time("closed_at"),
    Index(None, "spec_id", "status"),
)

schema_info = Table(
    "schema_info",
    metadata,
    Column("name", Word, primary_key=True),
    Column("min_code_version", Integer, nullable=False),
)
