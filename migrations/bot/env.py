"""Runs the history on a connection that store/migrate.py brings; there is no other way in.

A new revision: raise the number and write upgrade and downgrade. A test compares the history with store/tables.py on
both databases.
"""

from __future__ import annotations

from alembic import context

from omoi_bot.store.tables import metadata


def run() -> None:
    """One transaction for all revisions; it was begun, and will be committed, by who brought the connection."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("call omoi_bot.store.migrate.migrate(url): this history needs its lock")
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=context.config.attributes["version_table"],
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()


run()
