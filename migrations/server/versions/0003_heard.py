"""Sandboxes: which comments an attempt is started with, by their place in the discussion and not by the clock.

Revision: 0003, after 0002. Older code lives with it: it goes on dividing by time.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COMMENT = "position of the last comment that job.json may hold; later ones go into the inbox"


def upgrade() -> None:
    op.add_column(
        "sandboxes",
        sa.Column("comments_through", sa.Integer(), nullable=False, server_default="0", comment=_COMMENT),
    )
    # What runs during the upgrade was divided by time: so it must not hear again what it was started with.
    op.execute(
        "UPDATE sandboxes SET comments_through = COALESCE((SELECT MAX(comments.position) FROM comments"
        " WHERE comments.spec_id = sandboxes.spec_id AND comments.created_at <= sandboxes.created_at), 0)"
    )


def downgrade() -> None:
    op.drop_column("sandboxes", "comments_through")
