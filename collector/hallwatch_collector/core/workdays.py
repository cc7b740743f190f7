"""Which days are worked: the published days off and make-up days (调休), and what is assumed where none are published.

The days come in as data, a :class:`Calendar`; ``hallwatch_collector.calendar`` has those that are known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from msgspec import Struct

Why = Literal["weekday", "weekend", "holiday", "make-up", "closed", "open"]
"""Why a day is worked or not: ``closed`` and ``open`` are the hall file's own words, the others the calendar's."""

WHYS: Final[Mapping[Why, tuple[str, str]]] = {
    "weekday": ("周一至周五", "weekday"),
    "weekend": ("周末", "weekend"),
    "holiday": ("放假", "holiday"),
    "make-up": ("调休上班", "make-up day"),
    "closed": ("大厅文件 closed", "closed in the hall file"),
    "open": ("大厅文件 open", "open in the hall file"),
}
ASSUMED: Final = (
    "{years}年放假安排尚未公布,按周一至周五和法定节假日推定",
    "{years} not yet published: weekdays assumed, less the statutory holidays",
)
UNKNOWN: Final = ("未采用放假安排,按周一至周五推定", "no calendar of days off: weekdays assumed")
SATURDAY: Final = 5


class DayOff(NamedTuple):
    """What a day off is called."""

    name: str
    name_en: str


class Calendar(Struct, frozen=True):
    """The days off of a country, as its government publishes them year by year."""

    name: str = ""
    """``CN``; empty: nothing is published, weekdays are worked."""
    first_year: int = 0
    last_year: int = 0
    """The last year whose arrangement is published; what stands below for later years is what the law says so far."""
    off: Mapping[dt.date, DayOff] = {}
    make_up: frozenset[dt.date] = frozenset()
    """Days of a weekend that are worked."""

    def publishes(self, day: dt.date) -> bool:
        """Tell whether the arrangement of that year is published, so that nothing is assumed of the day."""
        return self.first_year <= day.year <= self.last_year


class Day(Struct, frozen=True):
    """A day, and why it is worked or not."""

    date: dt.date
    works: bool
    why: Why
    name: str = ""
    """The holiday's."""
    name_en: str = ""
    assumed: bool = False
    """The arrangement of its year is not published: this is a guess, and is to be shown as one."""


class WorkDays:
    """The working days that deadlines are counted by.

    Where an arrangement is published, it alone says what a working day is: a hall that is closed for repairs or open on
    a Saturday moves no deadline. Where none is, the days that the hall file lists count.
    """

    def __init__(self, calendar: Calendar, closed: Iterable[dt.date] = (), opened: Iterable[dt.date] = ()) -> None:
        """*closed* and *opened* are the days of the hall file."""
        self.calendar = calendar
        self._closed, self._opened = frozenset(closed), frozenset(opened)

    def look(self, date: dt.date) -> Day:
        """Return a day with the reason why it is worked or not."""
        assumed = not self.calendar.publishes(date)
        if assumed and date in self._closed:
            return Day(date, False, "closed")
        if assumed and date in self._opened:
            return Day(date, True, "open")
        if off := self.calendar.off.get(date):
            return Day(date, False, "holiday", off.name, off.name_en, assumed)
        if date in self.calendar.make_up:
            return Day(date, True, "make-up", assumed=assumed)
        works = date.weekday() < SATURDAY
        return Day(date, works, "weekday" if works else "weekend", assumed=assumed)

    def works(self, date: dt.date) -> bool:
        """Tell whether a day is a working day."""
        return self.look(date).works

    def since(self, date: dt.date) -> dt.date:
        """Return the day itself when it is a working day, else the next one."""
        while not self.works(date):
            date += dt.timedelta(days=1)
        return date

    def after(self, date: dt.date, count: int = 1) -> dt.date:
        """Return the next working day after a day, or the one so many further on."""
        for _ in range(count):
            date = self.since(date + dt.timedelta(days=1))
        return date

    def between(self, first: dt.date, last: dt.date) -> list[Day]:
        """Return every day from *first* to *last*, both included."""
        return [self.look(first + dt.timedelta(days=number)) for number in range((last - first).days + 1)]

    def assumption(self, days: Iterable[Day]) -> tuple[str, str]:
        """Say in Chinese and in English what is assumed of some of these days; nothing when all are published."""
        years = sorted({day.date.year for day in days if day.assumed})
        if not years:
            return "", ""
        text, text_en = ASSUMED if self.calendar.name else UNKNOWN
        return text.format(years="、".join(map(str, years))), text_en.format(years=", ".join(map(str, years)))
