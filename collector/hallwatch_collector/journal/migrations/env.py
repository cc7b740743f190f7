"""Alembic's entry: brings the database behind the connection that the journal hands over up to date."""

from __future__ import annotations

from alembic import context

from hallwatch_collector.journal.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
