"""Immutable pictures of a hall's readiness, for its page and for programs."""

from __future__ import annotations

from msgspec import Struct


class MaintenanceView(Struct, frozen=True, kw_only=True):
    """Planned work that comes, runs, or takes longer than it may."""

    id: str
    devices: tuple[str, ...]
    text: str
    status: str
    """``planned``, ``running`` or ``overdue``."""
    begins_at: float
    ends_at: float | None
    """None: nobody said."""
    by: str
    """``hall-file``, or who planned it."""


class RoundLineView(Struct, frozen=True, kw_only=True):
    """An item of a round."""

    item: str
    text: str
    text_en: str
    watched: int
    """How many devices or supplies the monitor looks at for it; 0: a person has to look."""
    found: tuple[str, ...]
    """Those of them that are not well: as the person saw them who completed it, else as they are now."""
    result: str
    """``ok``, ``not-ok``, or empty: nobody looked yet."""
    note: str
    by: str


class RoundView(Struct, frozen=True, kw_only=True):
    """A daily round (A4)."""

    id: str
    due_at: float
    ended_at: float | None
    ended_by: str
    """Empty though it ended: nobody did it that day."""
    lines: tuple[RoundLineView, ...]


class SupplyView(Struct, frozen=True, kw_only=True):
    """A supply in the store (B1)."""

    id: str
    name: str
    unit: str
    minimum: float
    place: str
    count: float | None
    """None: never counted."""
    counted_at: float | None
    counted_by: str
    low: bool
    due: bool
    """Whether it is to be counted now."""


class SpareView(Struct, frozen=True, kw_only=True):
    """A spare (H1), whose it is, and where it is."""

    id: str
    name: str
    devices: tuple[str, ...]
    lent_to: str
    """Device that it stands in for now; empty: it is in the store."""
    ready: bool
    """Whether it can be offered."""


class OnDutyView(Struct, frozen=True, kw_only=True):
    """Who is on duty now (B2)."""

    role: str
    name: str
    phone: str


class ReadinessView(Struct, frozen=True, kw_only=True):
    """How ready a hall is."""

    maintenance: tuple[MaintenanceView, ...] = ()
    """What comes first is first."""
    rounds: tuple[RoundView, ...] = ()
    """The newest first."""
    supplies: tuple[SupplyView, ...] = ()
    spares: tuple[SpareView, ...] = ()
    on_duty: tuple[OnDutyView, ...] = ()
