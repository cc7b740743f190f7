"""Signing in: what people do it with, who is signed in, what failed, and what was done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and tables; who was there before has a token and no password yet."""
    with op.batch_alter_table("person") as table:
        table.alter_column("token_hash", existing_type=sa.Text(), nullable=True)
        table.add_column(sa.Column("password_hash", sa.Text))
        table.add_column(sa.Column("must_change", sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("disabled_at", sa.Double))
        table.add_column(sa.Column("totp_secret", sa.Text))
        table.add_column(sa.Column("totp_step", sa.BigInteger))
        table.add_column(sa.Column("recovery", sa.Text, nullable=False, server_default="[]"))
        table.add_column(sa.Column("oidc_subject", sa.Text))
        table.add_column(sa.Column("last_sign_in_at", sa.Double))
    with op.batch_alter_table("person") as table:
        table.alter_column("must_change", server_default=None)
        table.alter_column("recovery", server_default=None)
    op.create_index("person_oidc_subject", "person", ["oidc_subject"], unique=True)
    _create_sessions()
    _create_audit()


def downgrade() -> None:
    """Forget all of it, and who has no token."""
    for name in ("audit", "sign_in_failure", "session"):
        op.drop_table(name)
    op.execute("DELETE FROM person WHERE token_hash IS NULL")
    op.drop_index("person_oidc_subject", "person")
    with op.batch_alter_table("person") as table:
        for name in ("last_sign_in_at", "oidc_subject", "recovery", "totp_step", "totp_secret", "disabled_at"):
            table.drop_column(name)
        table.drop_column("must_change")
        table.drop_column("password_hash")
        table.alter_column("token_hash", existing_type=sa.Text(), nullable=False)


def _create_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id_hash", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("used_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("via", sa.Text, nullable=False),
        sa.Column("pending", sa.Integer, nullable=False),
    )
    op.create_index("session_person", "session", ["person"])
    op.create_table(
        "sign_in_failure",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("began_at", sa.Double, nullable=False),
        sa.Column("locked_until", sa.Double, nullable=False),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("hall", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_index("audit_who", "audit", ["who", "at"])
