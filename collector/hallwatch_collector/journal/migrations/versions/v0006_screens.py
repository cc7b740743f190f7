"""By what the browsers of paired screens are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "screen",
        sa.Column("hall", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key_hash", sa.Text, nullable=False),
        sa.Column("paired_at", sa.Double, nullable=False),
    )
    op.create_index("screen_key_hash", "screen", ["key_hash"])


def downgrade() -> None:
    """Delete what is in it: every screen has to be paired again."""
    op.drop_table("screen")
