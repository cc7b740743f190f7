"""China's working days in the installed package, against the notices of the State Council's General Office.

国办发明电〔2024〕12号 (2025) and 〔2025〕7号 (2026), typed in by hand: first and last day off, make-up days.
"""

from __future__ import annotations

import datetime as dt

import pytest

from hallwatch_collector.calendar import find_calendar
from hallwatch_collector.core.workdays import WorkDays

NOTICES = {
    2025: (
        [("01-01", "01-01"), ("01-28", "02-04"), ("04-04", "04-06"), ("05-01", "05-05"), ("05-31", "06-02"),
         ("10-01", "10-08")],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (
        [("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"),
         ("09-25", "09-27"), ("10-01", "10-07")],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_of_the_year_is_what_the_notice_says(year: int) -> None:
    spans, make_up = NOTICES[year]
    off = {dt.date.fromisoformat(f"{year}-{first}"): dt.date.fromisoformat(f"{year}-{last}") for first, last in spans}
    days = WorkDays(find_calendar("CN"))
    for number in range(365):
        day = dt.date(year, 1, 1) + dt.timedelta(days=number)
        in_holiday = any(first <= day <= last for first, last in off.items())
        works = f"{day:%m-%d}" in make_up or (day.weekday() < 5 and not in_holiday)
        assert (day, days.works(day), days.look(day).assumed) == (day, works, False)


def test_holidays_have_their_names() -> None:
    days = WorkDays(find_calendar("CN"))
    spring = days.look(dt.date(2026, 2, 17))
    assert (spring.name, spring.name_en) == ("春节", "Chinese New Year (Spring Festival)")
    shifted = days.look(dt.date(2026, 2, 20))
    assert "调休" in shifted.name
    assert not {"(", ")"} - set(shifted.name)  # half-width, as everywhere


def test_a_year_beyond_the_last_notice_is_assumed_but_for_what_the_law_fixes() -> None:
    calendar = find_calendar("CN")
    assert calendar.last_year >= 2026
    days = WorkDays(calendar)
    year = calendar.last_year + 1
    national_day = days.look(dt.date(year, 10, 1))
    assert (national_day.works, national_day.why, national_day.assumed) == (False, "holiday", True)
    assert all(day.assumed for day in days.between(dt.date(year, 1, 1), dt.date(year, 12, 31)))
    assert not any(day.year > calendar.last_year for day in calendar.make_up)


def test_no_calendar_publishes_nothing() -> None:
    assert WorkDays(find_calendar("none")).works(dt.date(2026, 10, 1))
