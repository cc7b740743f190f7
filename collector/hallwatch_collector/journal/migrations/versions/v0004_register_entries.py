"""What was written down by hand in the emergency registers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "register_entry",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("keep_until", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Delete what is in it."""
    op.drop_table("register_entry")
