"""What the core remembers of a hall's readiness between two calls."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

MaintenanceStatus = Literal["planned", "running", "overdue", "over"]
"""``running``: what its devices have is planned. ``overdue``: its time has passed, and something is not well yet.
``over``: ended or cancelled before its time; remembered until then, so that the hall file does not bring it back."""


class Maintenance(Struct, kw_only=True, omit_defaults=True):
    """Planned work on some devices, this time."""

    id: str
    devices: list[str]
    text: str = ""
    begins_at: float
    ends_at: float | None = None
    """None: no end is known."""
    announce_before_s: float = 0.0
    table: str = ""
    """Id of the table in the hall file; empty: a person planned it."""
    until: float = 0.0
    """When it is over by that table: until then one that is over is remembered."""
    changed: bool = False
    """A person said another end: the hall file no longer does."""
    spans: bool = False
    """Its end was said as a span of time, not by the calendar."""
    status: MaintenanceStatus = "planned"
    by: str = ""

    def overdue_at(self, longest_s: float) -> float:
        """Return the moment at which it should be over: its end or, where none is known, so long after it began."""
        return self.begins_at + longest_s if self.ends_at is None else self.ends_at


class RoundLine(Struct, kw_only=True, omit_defaults=True):
    """One item of a round."""

    item: str
    """Its id in the plan."""
    watched: int = 0
    """How many devices or supplies the monitor could look at; 0: a person has to look."""
    found: list[str] = []
    """Of these, the ones that are not well, not seen, under maintenance or short."""
    result: Literal["", "ok", "not-ok"] = ""
    """What the person on duty says; empty: nothing yet."""
    note: str = ""
    by: str = ""


class Round(Struct, kw_only=True, omit_defaults=True):
    """A daily round (A4), due since some moment."""

    id: str
    due_at: float
    lines: list[RoundLine]
    ended_at: float | None = None
    ended_by: str = ""
    """Empty though it ended: nobody did it that day."""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.ended_at is None


class Stock(Struct, kw_only=True, omit_defaults=True):
    """How much of a supply is there."""

    count: float
    counted_at: float
    """When somebody last counted it, not when some was taken or brought."""
    by: str
    """Who counted it."""


class Loan(Struct, kw_only=True, omit_defaults=True):
    """A spare that stands in for a device now (H1)."""

    device: str
    by: str
    at: float
    needed: bool = False
    """Whether that device has had a fault since, or was worked on."""


class Readiness(Struct, kw_only=True, omit_defaults=True):
    """All of it, for one hall."""

    maintenance: dict[str, Maintenance] = field(default_factory=dict)
    rounds: list[Round] = []
    """The last ones, the newest at the end; the journal has all."""
    rounds_until: float | None = None
    """Up to when it was looked whether a round is due; None: never yet."""
    stock: dict[str, Stock] = field(default_factory=dict)
    """Supply → what is there; what is not here was never counted."""
    loans: dict[str, Loan] = field(default_factory=dict)
    """Spare → for which device it was lent."""
