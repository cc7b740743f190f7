"""When the hall is open: moments and business time, by the wall clocks of the hall's own time zone.

Holidays and make-up days (调休) are those of the hall's calendar; what the hall file itself says of a day comes first.
A hall that says nothing is always open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final
from zoneinfo import ZoneInfo

from hallwatch_collector.core.hall import Hall, OpeningHours
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.core.workdays import Calendar

DAY_S: Final = 86_400.0
HORIZON_DAYS: Final = 400
"""How far business time is counted back, and the next opening looked for ahead."""
MIDNIGHT: Final = 24 * 60
LAST: Final = 4e9
"""Nobody foresees business beyond the year 2096; moments that devices tell may be any number."""

Span = tuple[float, float]
"""From a moment (Unix seconds) until, but not including, another."""


class Hours:
    """The business hours of one hall. Spans of a day that overlap count once."""

    def __init__(
        self,
        hours: Iterable[OpeningHours],
        timezone: str,
        closed: Iterable[dt.date] = (),
        opened: Iterable[dt.date] = (),
        calendar: Calendar | None = None,
    ) -> None:
        """*closed* are days without business; *opened* days with it although their weekday or the calendar has none.

        The calendar closes no hall that has not said when it is open.
        """
        self._zone = ZoneInfo(timezone)
        self._calendar = calendar or Calendar()
        self._closed, self._opened = frozenset(closed), frozenset(opened)
        written = list(hours)
        self.always = not written and not self._closed
        """Whether the hall never closes."""
        self._week = [_merge(_minutes(each) for each in written if day in each.days) for day in WEEKDAYS]
        if not written:
            self._week = [[(0, MIDNIGHT)] for _ in WEEKDAYS]
            self._calendar = Calendar()
        self._make_up = next((spans for spans in self._week if spans), [])
        self._days: dict[dt.date, list[Span]] = {}

    @classmethod
    def of(cls, hall: Hall) -> Hours:
        """Return the hours that a hall file says."""
        return cls(hall.hours, hall.timezone, hall.closed, hall.open, hall.calendar)

    def is_open(self, at: float) -> bool:
        """Tell whether there is business at a moment."""
        return self.always or any(start <= at < end for start, end in self._on(self.day_of(at)))

    def count_s(self, start: float, end: float) -> float:
        """Return how many seconds of business lie between two moments; at most the last 400 days are counted."""
        start = max(start, end - HORIZON_DAYS * DAY_S)
        if self.always or start >= end:
            return max(0.0, end - start)
        return sum(max(0.0, min(end, until) - max(start, since)) for since, until in self._from(start, end))

    def after(self, start: float, open_s: float) -> float:
        """Return the moment at which so many seconds of business have passed since *start*; infinity: not foreseen."""
        if self.always or not 0 <= start < LAST:
            return start + open_s if self.always else float("inf")
        left = open_s
        for since, until in self._from(start, start + HORIZON_DAYS * DAY_S):
            since = max(since, start)  # noqa: PLW2901 - business before the start does not count
            if left <= until - since:
                return since + left
            left -= max(0.0, until - since)
        return float("inf")

    def next_change(self, at: float) -> float:
        """Return when the hall next opens or closes; infinity when that is not foreseen."""
        if self.always:
            return float("inf")
        is_open = self.is_open(at)
        edges = (edge for span in self._from(at, at + HORIZON_DAYS * DAY_S) for edge in span if edge > at)
        return next((edge for edge in edges if self.is_open(edge) != is_open), float("inf"))

    def day_of(self, at: float) -> dt.date:
        """Return the day that a moment belongs to, by the hall's clocks."""
        return dt.datetime.fromtimestamp(at, self._zone).date()

    def local(self, at: float) -> dt.datetime:
        """Return a moment as the hall's clocks show it."""
        return dt.datetime.fromtimestamp(at, self._zone)

    def has_business(self, day: dt.date) -> bool:
        """Tell whether the hall is open at all on a day."""
        return bool(self._on(day))

    def moment(self, day: dt.date, minute: int) -> float:
        """Return the moment of a minute of a day, by the hall's clocks; minutes beyond midnight are of the next day."""
        return self._moment(day + dt.timedelta(days=minute // MIDNIGHT), minute % MIDNIGHT)

    def start_of(self, day: dt.date) -> float:
        """Return the moment at which a day begins there."""
        return self._moment(day, 0)

    def _from(self, start: float, end: float) -> Iterator[Span]:
        """Yield the spans of every day from that of *start* to that of *end*."""
        day, last = self.day_of(start), self.day_of(end)
        while day <= last:
            yield from self._on(day)
            day += dt.timedelta(days=1)

    def _on(self, day: dt.date) -> list[Span]:
        spans = self._days.get(day)
        if spans is None:
            if len(self._days) > 2 * HORIZON_DAYS:
                self._days.clear()
            spans = self._days[day] = [
                (self._moment(day, since), self._moment(day, until)) for since, until in self._minutes_on(day)
            ]
        return spans

    def _minutes_on(self, day: dt.date) -> list[tuple[int, int]]:
        if day in self._closed:
            return []
        usual = self._week[day.weekday()]
        if day in self._opened:
            return usual or self._make_up
        if day in self._calendar.make_up:
            return self._make_up  # worked like any weekday, also where the hall is open for half a Saturday
        return [] if day in self._calendar.off else usual

    def _moment(self, day: dt.date, minute: int) -> float:
        day, minute = (day + dt.timedelta(days=1), 0) if minute == MIDNIGHT else (day, minute)
        return dt.datetime.combine(day, dt.time(minute // 60, minute % 60), self._zone).timestamp()


def _minutes(hours: OpeningHours) -> tuple[int, int]:
    """Return the first minute of the day, and the one after the last."""
    return hours.starts, hours.ends


def _merge(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for since, until in sorted(spans):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
        elif since < until:
            merged.append((since, until))
    return merged
