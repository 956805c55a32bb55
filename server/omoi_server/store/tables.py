"""Every table. The Alembic history in migrations/server creates them; a test compares the two on both databases.

Times are UTC without an offset (`DateTime`), taken from the database's clock in the writing transaction. Ids are text with
a prefix that says what they name. JSON columns hold plain lists and objects and are replaced as a whole, never mutated.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, text

from omoi_server.store import tables_people
from omoi_server.store.columns import Id, Sha, Word, flag, id_, json_, metadata, number, text_, time

__all__ = ["metadata"]

users = tables_people.users
identities = tables_people.identities
roles = tables_people.roles
admin_codes = tables_people.admin_codes
tokens = tables_people.tokens

requests = Table(
    "requests",
    metadata,
    id_("user_id", key=True),
    Column("rpc", Word, primary_key=True),
    Column("request_id", String(128), primary_key=True),
    Column("content_hash", Sha, nullable=False),
    id_("resource_id"),
    time("created_at", null=False),
)

projects = Table(
    "projects",
    metadata,
    id_("project_id", key=True),
    text_("name"),
    Column("name_key", String(63), nullable=False, unique=True, comment="the name in lower case"),
    text_("repo_url"),
    text_("default_branch"),
    text_("work_dir"),
    text_("setup_command"),
    text_("test_command"),
    json_("gates"),
    number("max_concurrent_jobs"),
    flag("export_documents", True),
    json_("approvers", "{}"),
    id_("created_by"),
    time("created_at", null=False),
    time("updated_at", null=False),
)

specs = Table(
    "specs",
    metadata,
    id_("spec_id", key=True),
    id_("project_id", "projects.project_id"),
    Column("kind", Word, nullable=False),
    text_("title"),
    text_("description"),
    Column(
        "idea_hash",
        Sha,
        nullable=False,
        comment="SHA-256 of title and description, folded; finds equal ideas",
    ),
    id_("user_id"),
    Column("status", Word, nullable=False),
    Column("current_phase", Word, nullable=False),
    flag("settled", False),
    json_("gates"),
    text_("branch_name"),
    text_("branch_tip"),
    text_("base_commit"),
    text_("base_branch"),
    text_("work_dir"),
    text_("pull_request_url"),
    number("pull_request_number"),
    json_("labels"),
    flag("archived", False),
    number("priority", 3),
    json_("source", "{}"),
    json_("context"),
    Column("engine", Word, nullable=False),
    text_("reason"),
    text_("waiting_for"),
    text_("tasks_digest"),
    number("behind"),
    Column("last_sequence", BigInteger, nullable=False, server_default="0"),
    text_("last_work"),
    time("last_work_at"),
    time("created_at", null=False),
    time("updated_at", null=False),
    Index(None, "project_id", "created_at"),
    Index(None, "created_at", "spec_id"),
    Index(None, "project_id", "idea_hash"),
)

attachments = Table(
    "attachments",
    metadata,
    id_("spec_id", "specs.spec_id", key=True),
    Column("position", Integer, primary_key=True),
    text_("name"),
    text_("media_type"),
    Column("content", LargeBinary, nullable=False),
)

spec_events = Table(
    "spec_events",
    metadata,
    id_("spec_id", "specs.spec_id", key=True),
    Column("sequence", BigInteger, primary_key=True),
    time("occurred_at", null=False),
    Column("type", Word, nullable=False),
    text_("source"),
    text_("via"),
    Column("phase", Word, nullable=False, server_default=""),
    text_("message"),
    json_("payload", "{}"),
)

phase_outputs = Table(
    "phase_outputs",
    metadata,
    id_("spec_id", "specs.spec_id", key=True),
    Column("phase", Word, primary_key=True),
    Column("version", Integer, primary_key=True),
    json_("data", "{}"),
    Column("digest", Sha, nullable=False),
    Column("input_digest", Sha, nullable=False),
    Column("score", Float, nullable=False),
    json_("findings"),
    json_("facts"),
    json_("changes"),
    json_("provenance", "{}"),
    Column("decision", Word, nullable=False, server_default=""),
    text_("decided_by"),
    time("decided_at"),
    text_("comment"),
    flag("valid", True),
    time("created_at", null=False),
)

feedback = Table(
    "feedback",
    metadata,
    id_("feedback_id", key=True),
    id_("spec_id", "specs.spec_id"),
    Column("phase", Word, nullable=False),
    number("version"),
    text_("author"),
    text_("text"),
    time("created_at", null=False),
    Column("position", Integer, nullable=False, comment="1, 2, 3 … per spec: the order in which it was said"),
    Index(None, "spec_id", "position", unique=True),
)

comments = Table(
    "comments",
    metadata,
    id_("comment_id", key=True),
    id_("spec_id", "specs.spec_id"),
    text_("task_id"),
    id_("user_id"),
    text_("author"),
    text_("text"),
    text_("permalink"),
    Column("delivery", Word, nullable=False, comment="QUEUED, INTERRUPT or COMMENT"),
    Column("state", Word, nullable=False, comment="WAITING, DELIVERED or TAKEN"),
    text_("sandbox_id"),
    time("created_at", null=False),
    time("taken_at"),
    Column("position", Integer, nullable=False, comment="1, 2, 3 … per spec: the order in which it was said"),
    Index(None, "spec_id", "position", unique=True),
    Index(None, "spec_id", "state"),
)

requirements = Table(
    "requirements",
    metadata,
    id_("spec_id", "specs.spec_id", key=True),
    Column("requirement_id", Word, primary_key=True),
    number("position"),
    text_("title"),
    text_("statement"),
    json_("user_story", "{}"),
    flag("active", True),
)

acceptance_criteria = Table(
    "acceptance_criteria",
    metadata,
    id_("spec_id", "specs.spec_id", key=True),
    Column("criterion_id", Word, primary_key=True),
    Column("requirement_id", Word, nullable=False),
    number("position"),
    text_("text"),
    flag("active", True),
)

tickets = Table(
    "tickets",
    metadata,
    id_("ticket_id", key=True),
    id_("project_id", "projects.project_id"),
    Column("spec_id", Id, ForeignKey("specs.spec_id"), nullable=False, unique=True),
    text_("title"),
    Column("phase", Word, nullable=False),
    flag("moved_by_hand", False),
    time("created_at", null=False),
    time("updated_at", null=False),
    Index(None, "project_id", "created_at"),
)

tasks = Table(
    "tasks",
    metadata,
    id_("task_id", key=True),
    id_("ticket_id", "tickets.ticket_id"),
    id_("spec_id", "specs.spec_id"),
    Column(
        "key",
        Word,
        nullable=False,
        server_default="",
        comment="the SpecTask, TSK-003; empty for a quick task",
    ),
    number("position"),
    text_("title"),
    text_("description"),
    Column("status", Word, nullable=False),
    number("priority", 3),
    json_("depends_on"),
    json_("requirements"),
    json_("files"),
    text_("check_command"),
    Column(
        "content_hash",
        Sha,
        nullable=False,
        comment="what the task is, without its key: finds it again after a replan",
    ),
    flag("active", True),
    text_("commit_sha"),
    json_("evidence", "{}"),
    text_("summary"),
    text_("reason"),
    Column("code", Word, nullable=False, server_default=""),
    text_("sandbox_id"),
    number("attempts"),
    number("conflicts"),
    time("created_at", null=False),
    time("updated_at", null=False),
    Index(None, "spec_id", "position"),
)

spec_tasks = Table(
    "spec_tasks",
    metadata,
    id_("spec_id", "specs.spec_id", key=True),
    Column("key", Word, primary_key=True),
    number("position"),
    text_("title"),
    json_("content", "{}"),
    text_("task_id"),
    flag("active", True),
)

jobs = Table(
    "jobs",
    metadata,
    id_("job_id", key=True),
    Column("kind", Word, nullable=False),
    id_("project_id", "projects.project_id"),
    id_("spec_id", "specs.spec_id"),
    text_("task_id"),
    Column("work_key", Id, nullable=False, comment="what it works on; at most one open job each"),
    Column("status", Word, nullable=False),
    number("priority", 3),
    number("fence"),
    text_("owner"),
    text_("location"),
    time("lease_until"),
    number("starts"),
    json_("plan", "{}"),
    text_("error"),
    time("created_at", null=False),
    time("claimed_at"),
    time("started_at"),
    time("finished_at"),
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
    id_("sandbox_id", key=True),
    id_("job_id", "jobs.job_id"),
    id_("spec_id", "specs.spec_id"),
    text_("task_id"),
    number("fence"),
    text_("location"),
    Column("state", Word, nullable=False),
    Column("line", BigInteger, nullable=False, server_default="0", comment="last journal line that was stored"),
    Column("byte", BigInteger, nullable=False, server_default="0", comment="offset of the next journal line"),
    text_("reason"),
    text_("open_command"),
    time("open_command_at"),
    time("last_heartbeat"),
    text_("outcome"),
    time("created_at", null=False),
    time("started_at"),
    time("removed_at"),
    Column(
        "comments_through",
        Integer,
        nullable=False,
        server_default="0",
        comment="position of the last comment that job.json may hold; later ones go into the inbox",
    ),
    Index(None, "spec_id", "created_at"),
    Index(None, "state", "location"),
    Index(None, "job_id"),
)

journal_lines = Table(
    "journal_lines",
    metadata,
    id_("sandbox_id", "sandboxes.sandbox_id", key=True),
    Column("line", BigInteger, primary_key=True),
    time("at"),
    Column("type", Word, nullable=False),
    text_("text"),
)

intents = Table(
    "intents",
    metadata,
    id_("job_id", "jobs.job_id", key=True),
    Column("fence", Integer, primary_key=True),
    Column("attempt", Integer, primary_key=True, comment="1, 2 … when the branch moved and the work was rebased"),
    id_("spec_id", "specs.spec_id"),
    text_("task_id"),
    text_("sandbox_id"),
    text_("old_tip"),
    Column("new_sha", Sha, nullable=False),
    json_("result", "{}"),
    Column("status", Word, nullable=False),
    time("created_at", null=False),
    time("closed_at"),
    Index(None, "spec_id", "status"),
)

schema_info = Table(
    "schema_info",
    metadata,
    Column("name", Word, primary_key=True),
    Column("min_code_version", Integer, nullable=False),
)
