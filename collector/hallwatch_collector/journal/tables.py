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

watched = Table(
    "watched",
    metadata,
    Column("hall", Text, primary_key=True),  # area/hall
    Column("since", Double, primary_key=True),  # Unix seconds
    Column("until", Double, nullable=False),  # a collector watched it at least until then
)
"""When each hall was watched: what happened at other times nobody knows. Forgotten after some months."""

person = Table(
    "person",
    metadata,
    Column("name", Text, primary_key=True),
    Column("roles", Text, nullable=False),  # JSON: what they may act as
    Column("halls", Text, nullable=False),  # JSON: area/hall of each they may act in; empty: in all
    Column("token_hash", Text),  # of what programs send; none: no program speaks for this person
    Column("added_at", Double, nullable=False),
    Column("password_hash", Text),  # argon2id; none: this person cannot sign in with one
    Column("must_change", Integer, nullable=False),  # 1: the password was drawn by somebody else
    Column("disabled_at", Double),
    Column("totp_secret", Text),  # sealed: see people/sealing.py
    Column("totp_step", BigInteger),  # of the last code that was used; none is good twice
    Column("recovery", Text, nullable=False),  # JSON: hashes of the codes that are left
    Column("oidc_subject", Text),  # issuer and subject, with a blank between
    Column("last_sign_in_at", Double),
    Index("person_token_hash", "token_hash", unique=True),
    Index("person_oidc_subject", "oidc_subject", unique=True),
)
"""People who may decide something. No secret of theirs can be read out of it."""

session = Table(
    "session",
    metadata,
    Column("id_hash", Text, primary_key=True),  # SHA-256 of what the browser keeps
    Column("person", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("used_at", Double, nullable=False),  # to the minute
    Column("expires_at", Double, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),  # what the browser says that it is
    Column("via", Text, nullable=False),  # password or oidc
    Column("pending", Integer, nullable=False),  # 1: the second factor is still to come; good for nothing else
    Index("session_person", "person"),
)
"""Who is signed in, and from where."""

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("subject", Text, primary_key=True),  # person:… or address:…
    Column("wrong", Integer, nullable=False),  # so many since it began
    Column("began_at", Double, nullable=False),
    Column("locked_until", Double, nullable=False),
)
"""Wrong passwords and codes, by the name that was given (whether there is such a person or not) and by address."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),  # empty: nobody who is known
    Column("roles", Text, nullable=False),  # JSON: as they were then
    Column("address", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("hall", Text, nullable=False),  # area/hall; empty: none
    Column("object", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # done, refused or failed
    Column("details", Text, nullable=False),  # JSON
    Index("audit_at", "at"),
    Index("audit_who", "who", "at"),
)
"""What people did at the pages and the API, and what they tried; deleted when its time is over."""

screen = Table(
    "screen",
    metadata,
    Column("hall", Text, primary_key=True),  # area/hall
    Column("id", Text, primary_key=True),  # as the core knows it
    Column("key_hash", Text, nullable=False),  # of the key in its browser's cookie
    Column("paired_at", Double, nullable=False),
    Index("screen_key_hash", "key_hash"),
)
"""By what the browser of a paired screen is known. Where it is and what it shows stands in the hall's state."""

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
