"""What happens to the arrangement of the windows, as facts for the journal (clauses W1, P1, P5)."""

from __future__ import annotations

from hallwatch_collector.core.event import Event


class ReserveOpened(Event, tag="reserve-opened", frozen=True, kw_only=True):
    """A reserve window was opened."""

    window: str
    incident: str
    """For which it was; empty: by hand, without a proposal."""
    by: str
    reason: str = ""
    """Of whoever did it by hand."""


class ReserveClosed(Event, tag="reserve-closed", frozen=True, kw_only=True):
    """A reserve window that had been opened is in reserve again."""

    window: str
    incident: str = ""
    by: str
    reason: str = ""


class WindowLent(Event, tag="window-lent", frozen=True, kw_only=True):
    """A window was lent a business class that it does not offer by itself."""

    window: str
    business: str
    incident: str
    """For which it was; empty: by hand, without a proposal."""
    by: str
    reason: str = ""
    """Of whoever did it by hand."""


class WindowReturned(Event, tag="window-returned", frozen=True, kw_only=True):
    """A window gave a class back that it had been lent."""

    window: str
    business: str
    incident: str = ""
    by: str
    reason: str = ""


AnyWindowEvent = ReserveOpened | ReserveClosed | WindowLent | WindowReturned
