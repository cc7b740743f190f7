"""Checks what a hall file says of business hours, holidays and make-up days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import combinations

from hallwatch_agent.sentences import tell
from hallwatch_collector.core.hall import Hall, OpeningHours
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.halls.findings import Finding, wrong


def check_hours(hall: Hall) -> Iterator[Finding]:
    """Yield what is wrong with the hours, and the days that go against them."""
    for number, hours in enumerate(hall.hours, 1):
        if hours.from_ and hours.to and hours.starts >= hours.ends:
            text = tell(
                "{to!r} is not after from = {from_!r}; a span ends on its day, at the latest at 24:00",
                to=hours.to,
                from_=hours.from_,
            )
            yield f"hours[{number}].to", text
        yield from _check_once(f"hours[{number}].days", hours.days)
    for (first, one), (number, other) in combinations(enumerate(hall.hours, 1), 2):
        if day := _both(one, other):
            text = tell(
                "overlaps hours[{first}] ({from_}-{to}) on {day}; let each time stand in one of them",
                first=first,
                from_=one.from_,
                to=one.to,
                day=day,
            )
            yield f"hours[{number}]", text
    yield from _check_once("closed", hall.closed)
    yield from _check_once("open", hall.open)
    for day_off in sorted({*hall.closed} & {*hall.open}):
        yield wrong("open", "{day_off} also stands under closed; take it out of one of the two", day_off=day_off)
    if hall.open and not hall.hours:
        yield wrong("open", "make-up days have the hours of a weekday, and there are no [[hours]]; add them")
    if hall.closed and not hall.hours:
        text = tell(
            "without [[hours]] all other days count as open day and night; add them, from 00:00 to 24:00 if it is so"
        )
        yield "closed", text


def _check_once(key: str, days: Iterable[str | dt.date]) -> Iterator[Finding]:
    days = list(days)
    for day in dict.fromkeys(day for day in days if days.count(day) > 1):
        yield wrong(key, "{day} stands there {count} times; once is enough", day=day, count=days.count(day))


def _both(one: OpeningHours, other: OpeningHours) -> str:
    """Return the first weekday that has a time within both spans; empty: none."""
    if not (one.from_ and one.to and other.from_ and other.to):  # their own problems are told already
        return ""
    if max(one.starts, other.starts) >= min(one.ends, other.ends):
        return ""
    return next((day for day in WEEKDAYS if day in one.days and day in other.days), "")
