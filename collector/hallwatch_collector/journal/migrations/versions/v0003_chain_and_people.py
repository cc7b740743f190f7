"""The chain through the events, the head that each state belongs to, and people."""

from __future__ import annotations

from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PAGE = 1000


def upgrade() -> None:
    """Chain what is there, and create the table of people."""
    with op.batch_alter_table("event") as table:
        table.add_column(sa.Column("hash", sa.Text))
    with op.batch_alter_table("hall_state") as table:
        table.add_column(sa.Column("head_seq", sa.BigInteger))
        table.add_column(sa.Column("head_hash", sa.Text))
    seq, head = _chain(op.get_bind())
    state = sa.table("hall_state", sa.column("head_seq"), sa.column("head_hash"))
    op.execute(sa.update(state).values(head_seq=seq, head_hash=head))
    with op.batch_alter_table("event") as table:
        table.alter_column("hash", nullable=False)
    with op.batch_alter_table("hall_state") as table:
        table.alter_column("head_seq", nullable=False)
        table.alter_column("head_hash", nullable=False)
    op.create_table(
        "person",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("halls", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("added_at", sa.Double, nullable=False),
    )
    op.create_index("person_token_hash", "person", ["token_hash"], unique=True)


def downgrade() -> None:
    """Forget people and the chain."""
    op.drop_table("person")
    with op.batch_alter_table("hall_state") as table:
        table.drop_column("head_hash")
        table.drop_column("head_seq")
    with op.batch_alter_table("event") as table:
        table.drop_column("hash")


def _chain(connection: sa.Connection) -> tuple[int, str]:
    """Number the events without gaps and chain them, by the rule as it was with this step; return the head."""
    names = ("seq", "hall", "at", "written_at", "kind", "body", "hash")
    event = sa.table("event", *(sa.column(name) for name in names))
    page = sa.select(event).order_by(event.c.seq).limit(PAGE)
    last, seq, head = 0, 0, "0" * 64
    while rows := connection.execute(page.where(event.c.seq > last)).all():
        for row in rows:
            seq += 1
            told = f"{head}\n{seq}\n{row.hall}\n{row.at!r}\n{row.written_at!r}\n{row.kind}\n{row.body}"
            head = sha256(told.encode()).hexdigest()
            connection.execute(sa.update(event).where(event.c.seq == row.seq).values(seq=seq, hash=head))
        last = rows[-1].seq
    return seq, head
