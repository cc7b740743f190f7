"""The journal's tables. A change here needs a migration in ``migrations/versions``; a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, Table, Text

metadata = MetaData()

event = Table(
    "event",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("hall", Text, nullable=False),  # area/hall
    Column("at", Double, nullable=False),  # the computed moment, Unix seconds
    Column("written_at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # the event as JSON
    Index("event_hall_seq", "hall", "seq"),
    Index("event_at", "at"),
)
"""Facts, in the order in which they were decided. Never changed."""

hall_state = Table(
    "hall_state",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),  # HallState as JSON
    Column("written_at", Double, nullable=False),
)
"""What the core has to know of a hall after a restart, as of the hall's last event."""

hall_past = Table(
    "hall_past",
    metadata,
    Column("hall", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),  # HallPast as JSON
    Column("written_at", Double, nullable=False),
)
"""What is remembered of a hall's values. It grows by the hour, with or without events, so it is written by itself."""
