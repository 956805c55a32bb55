"""Everything at once: the first schema.

Revision: 0001, after none
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MIN_CODE_VERSION = 1
"""The oldest code that can use a database of this revision."""

TABLES = [
    "users",
    "tokens",
    "requests",
    "projects",
    "specs",
    "attachments",
    "spec_events",
    "phase_outputs",
    "feedback",
    "requirements",
    "acceptance_criteria",
    "tickets",
    "tasks",
    "spec_tasks",
    "jobs",
    "sandboxes",
    "journal_lines",
    "intents",
    "schema_info",
]

ID = sa.String(80)
WORD = sa.String(40)
SHA = sa.String(64)
OPEN_JOBS = sa.text("status IN ('QUEUED','CLAIMED','RUNNING')")


def upgrade() -> None:
    for create in (_people, _specs, _log, _planning, _requirements, _tasks, _spec_tasks, _jobs, _sandboxes, _intents):
        create()
    op.bulk_insert(
        sa.table("schema_info", sa.column("name", WORD), sa.column("min_code_version", sa.Integer())),
        [{"name": "omoi", "min_code_version": MIN_CODE_VERSION}],
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False, server_default="") for name in names]


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, WORD, nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in names]


def _flag(name: str, default: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text(default))


def _lists(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.JSON(), nullable=False, server_default="[]") for name in names]


def _objects(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.JSON(), nullable=False, server_default="{}") for name in names]


def _times(*names: str) -> list[sa.Column[datetime]]:
    return [sa.Column(name, sa.DateTime(), nullable=False) for name in names]


def _maybe_times(*names: str) -> list[sa.Column[datetime]]:
    return [sa.Column(name, sa.DateTime()) for name in names]


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", ID, primary_key=True),
        *_texts("name"),
        _flag("is_admin", "false"),
        *_times("created_at"),
    )
    op.create_table(
        "tokens",
        sa.Column(
            "token_hash", SHA, primary_key=True, comment="SHA-256 of the token; the token itself is never stored"
        ),
        sa.Column("user_id", ID, sa.ForeignKey("users.user_id"), nullable=False),
        *_texts("name"),
        *_lists("scopes"),
        *_times("created_at"),
        *_maybe_times("expires_at", "revoked_at"),
    )
    op.create_table(
        "requests",
        sa.Column("user_id", ID, primary_key=True),
        sa.Column("rpc", WORD, primary_key=True),
        sa.Column("request_id", sa.String(128), primary_key=True),
        sa.Column("content_hash", SHA, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        *_times("created_at"),
    )
    op.create_table(
        "projects",
        sa.Column("project_id", ID, primary_key=True),
        *_texts("name"),
        sa.Column("name_key", sa.String(63), nullable=False, unique=True, comment="the name in lower case"),
        *_texts("repo_url", "default_branch", "work_dir", "setup_command", "test_command"),
        *_lists("gates"),
        *_numbers("max_concurrent_jobs"),
        _flag("export_documents", "true"),
        sa.Column("created_by", ID, nullable=False),
        *_times("created_at", "updated_at"),
    )


def _specs() -> None:
    op.create_table(
        "specs",
        sa.Column("spec_id", ID, primary_key=True),
        sa.Column("project_id", ID, sa.ForeignKey("projects.project_id"), nullable=False),
        *_words("kind"),
        *_texts("title", "description"),
        sa.Column(
            "idea_hash", SHA, nullable=False, comment="SHA-256 of title and description, folded; finds equal ideas"
        ),
        sa.Column("user_id", ID, nullable=False),
        *_words("status", "current_phase"),
        _flag("settled", "false"),
        *_lists("gates"),
        *_texts("branch_name", "branch_tip", "base_commit", "base_branch", "work_dir", "pull_request_url"),
        *_numbers("pull_request_number"),
        *_lists("labels"),
        _flag("archived", "false"),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="3"),
        *_objects("source"),
        *_lists("context"),
        *_words("engine"),
        *_texts("reason", "waiting_for", "tasks_digest"),
        *_numbers("behind"),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False, server_default="0"),
        *_texts("last_work"),
        *_maybe_times("last_work_at"),
        *_times("created_at", "updated_at"),
    )
    op.create_index("ix_specs_created_at_spec_id", "specs", ["created_at", "spec_id"])
    op.create_index("ix_specs_project_id_created_at", "specs", ["project_id", "created_at"])
    op.create_index("ix_specs_project_id_idea_hash", "specs", ["project_id", "idea_hash"])


def _log() -> None:
    op.create_table(
        "attachments",
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        *_texts("name", "media_type"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "spec_events",
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True),
        *_times("occurred_at"),
        *_words("type"),
        *_texts("source"),
        sa.Column("phase", WORD, nullable=False, server_default=""),
        *_texts("message"),
        *_objects("payload"),
    )


def _planning() -> None:
    op.create_table(
        "phase_outputs",
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), primary_key=True),
        sa.Column("phase", WORD, primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        *_objects("data"),
        sa.Column("digest", SHA, nullable=False),
        sa.Column("input_digest", SHA, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        *_lists("findings", "facts", "changes"),
        *_objects("provenance"),
        sa.Column("decision", WORD, nullable=False, server_default=""),
        *_texts("decided_by"),
        *_maybe_times("decided_at"),
        *_texts("comment"),
        _flag("valid", "true"),
        *_times("created_at"),
    )
    op.create_table(
        "feedback",
        sa.Column("feedback_id", ID, primary_key=True),
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), nullable=False),
        *_words("phase"),
        *_numbers("version"),
        *_texts("author", "text"),
        *_times("created_at"),
        sa.Column(
            "position", sa.Integer(), nullable=False, comment="1, 2, 3 … per spec: the order in which it was said"
        ),
    )
    op.create_index("ix_feedback_spec_id_position", "feedback", ["spec_id", "position"], unique=True)


def _requirements() -> None:
    op.create_table(
        "requirements",
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), primary_key=True),
        sa.Column("requirement_id", WORD, primary_key=True),
        *_numbers("position"),
        *_texts("title", "statement"),
        *_objects("user_story"),
        _flag("active", "true"),
    )
    op.create_table(
        "acceptance_criteria",
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), primary_key=True),
        sa.Column("criterion_id", WORD, primary_key=True),
        *_words("requirement_id"),
        *_numbers("position"),
        *_texts("text"),
        _flag("active", "true"),
    )


def _tasks() -> None:
    op.create_table(
        "tickets",
        sa.Column("ticket_id", ID, primary_key=True),
        sa.Column("project_id", ID, sa.ForeignKey("projects.project_id"), nullable=False),
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), nullable=False, unique=True),
        *_texts("title"),
        *_words("phase"),
        _flag("moved_by_hand", "false"),
        *_times("created_at", "updated_at"),
    )
    op.create_index("ix_tickets_project_id_created_at", "tickets", ["project_id", "created_at"])
    op.create_table(
        "tasks",
        sa.Column("task_id", ID, primary_key=True),
        sa.Column("ticket_id", ID, sa.ForeignKey("tickets.ticket_id"), nullable=False),
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), nullable=False),
        sa.Column(
            "key", WORD, nullable=False, server_default="", comment="the SpecTask, TSK-003; empty for a quick task"
        ),
        *_numbers("position"),
        *_texts("title", "description"),
        *_words("status"),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="3"),
        *_lists("depends_on", "requirements", "files"),
        *_texts("check_command"),
        sa.Column(
            "content_hash",
            SHA,
            nullable=False,
            comment="what the task is, without its key: finds it again after a replan",
        ),
        _flag("active", "true"),
        *_texts("commit_sha"),
        *_objects("evidence"),
        *_texts("summary", "reason"),
        sa.Column("code", WORD, nullable=False, server_default=""),
        *_texts("sandbox_id"),
        *_numbers("attempts", "conflicts"),
        *_times("created_at", "updated_at"),
    )
    op.create_index("ix_tasks_spec_id_position", "tasks", ["spec_id", "position"])


def _spec_tasks() -> None:
    op.create_table(
        "spec_tasks",
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), primary_key=True),
        sa.Column("key", WORD, primary_key=True),
        *_numbers("position"),
        *_texts("title"),
        *_objects("content"),
        *_texts("task_id"),
        _flag("active", "true"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", ID, primary_key=True),
        *_words("kind"),
        sa.Column("project_id", ID, sa.ForeignKey("projects.project_id"), nullable=False),
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), nullable=False),
        *_texts("task_id"),
        sa.Column("work_key", ID, nullable=False, comment="what it works on; at most one open job each"),
        *_words("status"),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="3"),
        *_numbers("fence"),
        *_texts("owner", "location"),
        *_maybe_times("lease_until"),
        *_numbers("starts"),
        *_objects("plan"),
        *_texts("error"),
        *_times("created_at"),
        *_maybe_times("claimed_at", "started_at", "finished_at"),
    )
    op.create_index("ix_jobs_spec_id_status", "jobs", ["spec_id", "status"])
    op.create_index("ix_jobs_status_project_id", "jobs", ["status", "project_id"])
    op.create_index(
        "ix_jobs_one_open", "jobs", ["work_key"], unique=True, postgresql_where=OPEN_JOBS, sqlite_where=OPEN_JOBS
    )


def _sandboxes() -> None:
    op.create_table(
        "sandboxes",
        sa.Column("sandbox_id", ID, primary_key=True),
        sa.Column("job_id", ID, sa.ForeignKey("jobs.job_id"), nullable=False),
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), nullable=False),
        *_texts("task_id"),
        *_numbers("fence"),
        *_texts("location"),
        *_words("state"),
        sa.Column(
            "line", sa.BigInteger(), nullable=False, server_default="0", comment="last journal line that was stored"
        ),
        sa.Column(
            "byte", sa.BigInteger(), nullable=False, server_default="0", comment="offset of the next journal line"
        ),
        *_texts("reason", "open_command"),
        *_maybe_times("open_command_at", "last_heartbeat"),
        *_texts("outcome"),
        *_times("created_at"),
        *_maybe_times("started_at", "removed_at"),
    )
    op.create_index("ix_sandboxes_job_id", "sandboxes", ["job_id"])
    op.create_index("ix_sandboxes_spec_id_created_at", "sandboxes", ["spec_id", "created_at"])
    op.create_index("ix_sandboxes_state_location", "sandboxes", ["state", "location"])
    op.create_table(
        "journal_lines",
        sa.Column("sandbox_id", ID, sa.ForeignKey("sandboxes.sandbox_id"), primary_key=True),
        sa.Column("line", sa.BigInteger(), primary_key=True),
        *_maybe_times("at"),
        *_words("type"),
        *_texts("text"),
    )


def _intents() -> None:
    op.create_table(
        "intents",
        sa.Column("job_id", ID, sa.ForeignKey("jobs.job_id"), primary_key=True),
        sa.Column("fence", sa.Integer(), primary_key=True),
        sa.Column(
            "attempt", sa.Integer(), primary_key=True, comment="1, 2 … when the branch moved and the work was rebased"
        ),
        sa.Column("spec_id", ID, sa.ForeignKey("specs.spec_id"), nullable=False),
        *_texts("task_id", "sandbox_id", "old_tip"),
        sa.Column("new_sha", SHA, nullable=False),
        *_objects("result"),
        *_words("status"),
        *_times("created_at"),
        *_maybe_times("closed_at"),
    )
    op.create_index("ix_intents_spec_id_status", "intents", ["spec_id", "status"])
    op.create_table(
        "schema_info",
        sa.Column("name", WORD, primary_key=True),
        sa.Column("min_code_version", sa.Integer(), nullable=False),
    )
