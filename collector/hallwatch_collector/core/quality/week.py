"""Which span is counted: a week from Monday to Sunday by the hall's clocks, or the last seven days."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

DAYS: Final = 7
DAY_S: Final = 86_400.0
LEAD_S: Final = DAY_S
"""Before the span: what was decided then may arrive in it, and what came then may come back in it."""
TAIL_S: Final = DAYS * DAY_S
"""After the span: so long people may still say that an alarm of it was a false one."""
LAST_YEAR: Final = 2100
_written: Final = re.compile(r"([0-9]{4})-W([0-9]{2})")


class Span(Struct, frozen=True, kw_only=True):
    """What is counted, from ``start`` until, but not including, ``end`` (Unix seconds)."""

    week: str = ""
    """ISO week, such as ``2026-W47``; empty: the last seven days."""
    start: float
    end: float

    def holds(self, at: float) -> bool:
        """Tell whether a moment belongs to it."""
        return self.start <= at < self.end


def last_days(now: float) -> Span:
    """Return the seven days before *now*, which belongs to them."""
    return Span(start=now - DAYS * DAY_S, end=now + 1.0)


def span_of(week: str, timezone: str) -> Span:
    """Return a week written as ``2026-W47``; raise :class:`ValueError` when there is no such week."""
    monday = monday_of(week)
    zone = ZoneInfo(timezone)
    start, end = (dt.datetime.combine(day, dt.time(), zone) for day in (monday, monday + dt.timedelta(days=DAYS)))
    return Span(week=week, start=start.timestamp(), end=end.timestamp())


def monday_of(week: str) -> dt.date:
    """Return the first day of a week written as ``2026-W47``; raise :class:`ValueError` when there is no such week."""
    written = _written.fullmatch(week)
    try:
        if written is not None and 1970 <= int(written[1]) < LAST_YEAR:
            return dt.date.fromisocalendar(int(written[1]), int(written[2]), 1)
    except ValueError:
        pass  # not every year has a week 53
    raise ValueError(f"{week!r} is no week; write it as 2026-W47")


def week_of(at: float, timezone: str, back: int = 0) -> str:
    """Return the week of a moment, or one so many weeks before it."""
    day = dt.datetime.fromtimestamp(at, ZoneInfo(timezone)).date() - dt.timedelta(weeks=back)
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
