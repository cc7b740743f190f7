"""Checks what a hall file says of business hours, holidays and make-up days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import combinations

from hallwatch_collector.core.hall import Hall, OpeningHours
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.halls.findings import Finding


def check_hours(hall: Hall) -> Iterator[Finding]:
    """Yield what is wrong with the hours, and the days that go against them."""
    for number, hours in enumerate(hall.hours, 1):
        if hours.from_ and hours.to and hours.starts >= hours.ends:
            text = f"{hours.to!r} is not after from = {hours.from_!r}; a span ends on its day, at the latest at 24:00"
            yield f"hours[{number}].to", text
        yield from _check_once(f"hours[{number}].days", hours.days)
    for (first, one), (number, other) in combinations(enumerate(hall.hours, 1), 2):
        if day := _both(one, other):
            text = f"overlaps hours[{first}] ({one.from_}-{one.to}) on {day}; let each time stand in one of them"
            yield f"hours[{number}]", text
    yield from _check_once("closed", hall.closed)
    yield from _check_once("open", hall.open)
    for day_off in sorted({*hall.closed} & {*hall.open}):
        yield "open", f"{day_off} also stands under closed; take it out of one of the two"
    if hall.open and not hall.hours:
        yield "open", "make-up days have the hours of a weekday, and there are no [[hours]]; add them"
    if hall.closed and not hall.hours:
        text = "without [[hours]] all other days count as open day and night; add them, from 00:00 to 24:00 if it is so"
        yield "closed", text


def _check_once(key: str, days: Iterable[str | dt.date]) -> Iterator[Finding]:
    days = list(days)
    for day in dict.fromkeys(day for day in days if days.count(day) > 1):
        yield key, f"{day} stands there {days.count(day)} times; once is enough"


def _both(one: OpeningHours, other: OpeningHours) -> str:
    """Return the first weekday that has a time within both spans; empty: none."""
    if not (one.from_ and one.to and other.from_ and other.to):  # their own problems are told already
        return ""
    if max(one.starts, other.starts) >= min(one.ends, other.ends):
        return ""
    return next((day for day in WEEKDAYS if day in one.days and day in other.days), "")
