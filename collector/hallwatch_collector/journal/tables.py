"""The journal's tables. A change here needs a migration in ``migrations/versions``; a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, MetaData, Table, Text

metadata = MetaData()

event = Table(
    "event",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),  # no gaps
    Column("hall", Text, nullable=False),  # area/hall
    Column("at", Double, nullable=False),  # the computed moment, Unix seconds
    Column("written_at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),  # the event as JSON
    Column("hash", Text, nullable=False),  # over all of this and the hash before: see chain.py
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
    Column("head_seq", BigInteger, nullable=False),  # the last event of the journal when this was written,
    Column("head_hash", Text, nullable=False),  # so that a journal whose end was cut off is noticed
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

person = Table(
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("roles", Text, nullable=False),  # JSON: what they may act as
    Column("halls", Text, nullable=False),  # JSON: area/hall of each they may act in; empty: in all
    Column("token_hash", Text, nullable=False),
    Column("added_at", Double, nullable=False),
    Index("person_token_hash", "token_hash", unique=True),
)
"""People who may decide something, written by ``hallwatch user``. No secret of theirs can be read out of it."""

register_entry = Table(
    "register_entry",
    metadata,
    Column("hall", Text, primary_key=True),  # area/hall
    Column("number", Text, primary_key=True),  # such as SG-20260310-001
    Column("fields", Text, nullable=False),  # JSON: field of the form → what was written there
    Column("salt", Text, nullable=False),  # of its hash in the record
    Column("keep_until", Double, nullable=False),  # Unix seconds; counts only where no hall file is left to say more
)
"""Personal data: what was written down by hand. Each row is deleted some time after its incident closed."""
