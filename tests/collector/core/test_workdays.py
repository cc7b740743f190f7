"""Working days: what is published comes first, what is not is assumed and said to be."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.workdays import Calendar, DayOff, WorkDays

FRIDAY, SATURDAY, SUNDAY, MONDAY = (dt.date(2026, 5, day) for day in (8, 9, 10, 11))
MAY = Calendar("CN", 2026, 2026, {FRIDAY: DayOff("放假", "holiday")}, frozenset({SATURDAY}))


def test_each_day_says_why_it_counts_or_not() -> None:
    days = WorkDays(MAY).between(FRIDAY, MONDAY)
    assert [(day.works, day.why) for day in days] == [
        (False, "holiday"), (True, "make-up"), (False, "weekend"), (True, "weekday"),
    ]  # fmt: skip
    assert not any(day.assumed for day in days)


def test_days_of_the_hall_file_count_where_nothing_is_published() -> None:
    published = WorkDays(MAY, closed=[MONDAY], opened=[FRIDAY])
    assert [published.works(day) for day in (MONDAY, FRIDAY)] == [True, False]
    of_next_year = dt.date(2027, 2, 5), dt.date(2027, 2, 6)  # a Friday, a Saturday
    by_hand = WorkDays(MAY, closed=of_next_year[:1], opened=of_next_year[1:])
    assert [(day.works, day.why, day.assumed) for day in map(by_hand.look, of_next_year)] == [
        (False, "closed", False), (True, "open", False),
    ]  # fmt: skip
    assumed = WorkDays(MAY)
    assert [(day.works, day.assumed) for day in map(assumed.look, of_next_year)] == [(True, True), (False, True)]
    told = assumed.assumption(map(assumed.look, (FRIDAY, *of_next_year)))
    assert told[0].startswith("2027年放假安排尚未公布")
    assert told[1].startswith("2027 not yet published: weekdays assumed")
    assert published.assumption(published.between(FRIDAY, MONDAY)) == ("", "")


def test_without_a_calendar_everything_is_assumed() -> None:
    plain = WorkDays(Calendar())
    assert plain.look(SATURDAY).assumed
    assert not plain.works(SATURDAY)
    assert "weekdays assumed" in plain.assumption([plain.look(SATURDAY)])[1]


def test_counting_on() -> None:
    days = WorkDays(MAY)
    assert days.since(FRIDAY) == SATURDAY
    assert days.since(SATURDAY) == SATURDAY
    assert days.after(SATURDAY) == MONDAY
    assert days.after(FRIDAY, 2) == MONDAY


DATES = st.dates(dt.date(2025, 1, 1), dt.date(2028, 12, 31))


@given(DATES, st.sets(DATES, max_size=30), st.integers(1, 9))
def test_counting_lands_on_working_days_and_leaves_none_out(start: dt.date, closed: set[dt.date], count: int) -> None:
    days = WorkDays(Calendar(), closed)
    end = days.after(start, count)
    assert days.works(end)
    assert sum(day.works for day in days.between(start + dt.timedelta(days=1), end)) == count
