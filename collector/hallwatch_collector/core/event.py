"""What every event is."""

from __future__ import annotations

from msgspec import Struct


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """A fact about one hall."""

    at: float
