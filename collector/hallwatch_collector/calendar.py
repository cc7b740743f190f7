"""Published calendars of days off, from the package ``holidays``: the only place that knows it.

Its data for China are the yearly notices of the General Office of the State Council (部分节假日安排的通知), which come
out each November for the year to come. For years beyond the last notice it knows only the holidays that the law fixes
(全国年节及纪念日放假办法): a newer release of the package brings the next year.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal

from hallwatch_collector.core.workdays import Calendar, DayOff

CalendarName = Literal["CN", "none"]
"""Calendars that a hall file can name."""

FIRST_YEAR: Final = 2020
"""No hall has a record from before."""
YEARS_AHEAD: Final = 10
"""For how many years after the last published one the holidays that the law fixes are taken."""
_HALF_WIDTH: Final = str.maketrans({"（": "(", "）": ")", "，": ","})


@cache
def find_calendar(name: CalendarName) -> Calendar:
    """Return a calendar; ``none`` publishes nothing, so that only weekdays and the hall file's own days count."""
    return read_china() if name == "CN" else Calendar()


def read_china() -> Calendar:
    """Return what the installed package knows of China's working days."""
    from holidays import country_holidays

    # the notices are what shifts days off; every year since 2001 has had such shifts
    last = max(getattr(country_holidays("CN"), "special_public_holidays", {FIRST_YEAR: ()}))
    years = range(FIRST_YEAR, last + YEARS_AHEAD + 1)
    chinese = country_holidays("CN", years=years, language="zh_CN")
    english = country_holidays("CN", years=years, language="en_US")
    off = {
        day: DayOff(name.translate(_HALF_WIDTH), english.get(day, name)) for day, name in sorted(dict(chinese).items())
    }
    make_up = frozenset(day for day in chinese.weekend_workdays if day.year >= FIRST_YEAR)
    return Calendar("CN", FIRST_YEAR, last, off, make_up)
