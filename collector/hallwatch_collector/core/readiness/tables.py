"""What a hall file says of maintenance, supplies and duty: the tables that people write."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from hallwatch_agent.wire import Id
from hallwatch_collector.core.values import Hold, MaybeDay, Name, Phone, TimeOfDay, Weekday, minute_of

DAY_S: Final = 86_400.0


class MaintenancePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Planned work on some devices, once (``from`` and ``to`` with their day) or every week (on ``days``)."""

    id: Id
    devices: Annotated[list[Id], Meta(min_length=1)]
    """Devices and systems; what they explain is planned too."""
    text: Name
    """What is done, for people."""
    days: list[Weekday] = []
    """Every week on these; left out: once."""
    from_: MaybeDay = field(name="from")
    to: MaybeDay
    """Not included. Every week: a time that is not after ``from`` is one of the next day."""
    announce_before_s: Hold = DAY_S
    """How long before it is to be announced; 0: not at all."""


class Supply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something of which the store should have some: toner, paper, register books, printed signs."""

    id: Id
    name: Name
    unit: Name = ""
    minimum: Annotated[float, Meta(ge=0, le=1e9)] = 1.0
    """With less than this it runs short."""
    place: Name = ""
    """Where it lies, for people."""
    devices: list[Id] = []
    """Devices it is for."""
    faults: list[Id] = []
    """Faults of these devices that it mends; empty: whatever they have."""
    check_every_days: Annotated[int, Meta(ge=1, le=3650)] | None = 30
    """How often somebody is to count it."""


class DutyTurn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody's turn of duty in a role: on weekdays, or on single dates, which come before weekdays."""

    role: Id
    person: Name
    phone: Phone = ""
    days: list[Weekday] = []
    """Left out, with no dates either: every day."""
    dates: list[dt.date] = []
    """Instead of whoever has the weekday."""
    from_: TimeOfDay = field(name="from", default="00:00")
    to: TimeOfDay = "24:00"
    """A time that is not after ``from`` is one of the next day."""

    @property
    def starts(self) -> int:
        """The first minute of its day."""
        return minute_of(self.from_)

    @property
    def ends(self) -> int:
        """The minute after its last, counted from the beginning of its day."""
        ends = minute_of(self.to)
        return ends if ends > self.starts else ends + 24 * 60

    def is_on(self, day: dt.date, weekday: Weekday) -> bool:
        """Tell whether a turn begins on a day."""
        if self.dates:
            return day in self.dates
        return not self.days or weekday in self.days
