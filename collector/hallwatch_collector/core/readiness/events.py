"""Facts about maintenance, rounds, the store and spares, for the journal."""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.event import Event
from hallwatch_collector.core.readiness.kept import RoundLine


class MaintenancePlanned(Event, tag="maintenance-planned", frozen=True, kw_only=True):
    """Work on some devices is planned, or planned otherwise than before (S9, R8)."""

    maintenance: str
    devices: list[str]
    text: str
    begins_at: float
    ends_at: float
    by: str


class MaintenanceBegun(Event, tag="maintenance-begun", frozen=True, kw_only=True):
    """From now on, what these devices have is planned."""

    maintenance: str
    devices: list[str]
    text: str
    ends_at: float | None = None
    """None: no end is known."""
    by: str


class MaintenanceExtended(Event, tag="maintenance-extended", frozen=True, kw_only=True):
    """It lasts until another moment than was said."""

    maintenance: str
    ends_at: float
    was: float | None = None
    by: str


class MaintenanceOverdue(Event, tag="maintenance-overdue", frozen=True, kw_only=True):
    """Its time has passed, and these devices are not well yet: what they have counts as a failure from now on."""

    maintenance: str
    devices: list[str]
    """Empty: all are well, but nobody had said when it would end, nor that it did."""


class MaintenanceEnded(Event, tag="maintenance-ended", frozen=True, kw_only=True):
    """It is over, or was cancelled before it began."""

    maintenance: str
    cancelled: bool = False
    by: str
    reason: str = ""


class RoundDue(Event, tag="round-due", frozen=True, kw_only=True):
    """A round of the hall is due (A4), with what the monitor filled in."""

    round: str
    lines: list[RoundLine]


class RoundLineDone(Event, tag="round-line-done", frozen=True, kw_only=True):
    """Somebody looked at one item of a round."""

    round: str
    line: RoundLine
    """With what the monitor saw at that moment."""


class RoundEnded(Event, tag="round-ended", frozen=True, kw_only=True):
    """A round was done, or was left undone that day (``by`` is empty)."""

    round: str
    by: str = ""
    lines: list[RoundLine]


class StockChanged(Event, tag="stock-changed", frozen=True, kw_only=True):
    """Somebody counted, took or brought supplies (B1)."""

    supply: str
    how: Literal["counted", "taken", "added"]
    count: float
    was: float | None = None
    """None: it had never been counted."""
    by: str
    note: str = ""


class SpareLent(Event, tag="spare-lent", frozen=True, kw_only=True):
    """A spare stands in for a device from now on (H1)."""

    spare: str
    device: str
    by: str


class SpareReturned(Event, tag="spare-returned", frozen=True, kw_only=True):
    """A spare is back in the store."""

    spare: str
    device: str
    by: str


AnyReadinessEvent = (
    MaintenancePlanned
    | MaintenanceBegun
    | MaintenanceExtended
    | MaintenanceOverdue
    | MaintenanceEnded
    | RoundDue
    | RoundLineDone
    | RoundEnded
    | StockChanged
    | SpareLent
    | SpareReturned
)
