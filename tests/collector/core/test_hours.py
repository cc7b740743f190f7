"""Business time: counted span by span as somebody would who looks at the wall clock every minute."""

from __future__ import annotations

import datetime as dt
import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.hall import OpeningHours
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.core.workdays import Calendar, DayOff

SHANGHAI = "Asia/Shanghai"
ZONES = (SHANGHAI, "Europe/Berlin", "America/New_York")
OFFICE = (
    OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="12:00"),
    OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="13:30", to="17:00"),
)
MINUTE = 60.0


def moment(text: str, zone: str = SHANGHAI) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def test_a_hall_that_says_nothing_is_always_open() -> None:
    always = Hours([], SHANGHAI)
    assert always.always
    assert always.is_open(0.0)
    assert always.count_s(100.0, 250.0) == 150.0
    assert always.after(100.0, 50.0) == 150.0
    assert always.next_change(0.0) == math.inf


def test_office_hours_with_a_lunch_break() -> None:
    office = Hours(OFFICE, SHANGHAI)
    clocks = {"08:59": False, "09:00": True, "11:59": True, "12:00": False, "13:30": True}
    assert {clock: office.is_open(moment(f"2026-03-10T{clock}")) for clock in clocks} == clocks
    assert office.count_s(moment("2026-03-13T16:00"), moment("2026-03-16T10:00")) == 2 * 3600  # over a weekend
    assert office.after(moment("2026-03-13T16:00"), 2 * 3600) == moment("2026-03-16T10:00")
    assert office.next_change(moment("2026-03-10T10:00")) == moment("2026-03-10T12:00")
    assert office.next_change(moment("2026-03-13T17:00")) == moment("2026-03-16T09:00")


def test_holidays_and_make_up_days() -> None:
    spring = Hours(OFFICE, SHANGHAI, [dt.date(2027, 2, 5)], [dt.date(2027, 2, 6)])  # a Friday and the Saturday after it
    assert not spring.is_open(moment("2027-02-05T10:00"))
    assert spring.is_open(moment("2027-02-06T10:00"))
    assert not spring.is_open(moment("2027-02-06T12:30"))  # the make-up day has the hours of a working day
    assert not spring.is_open(moment("2027-02-07T10:00"))


def test_the_calendar_of_the_country_and_what_the_hall_says_itself() -> None:
    saturday_morning = OpeningHours(days=["sat"], from_="09:00", to="11:00")
    holiday, make_up = dt.date(2026, 5, 8), dt.date(2026, 5, 9)  # a Friday, a Saturday
    may = Calendar("CN", 2026, 2026, {holiday: DayOff("放假", "holiday")}, frozenset({make_up}))
    office = Hours([*OFFICE, saturday_morning], SHANGHAI, calendar=may)
    assert not office.is_open(moment("2026-05-08T10:00"))
    assert office.is_open(moment("2026-05-09T15:00"))  # a make-up Saturday is worked in full
    assert not office.is_open(moment("2026-05-16T15:00"))
    own = Hours(OFFICE, SHANGHAI, closed=[make_up], opened=[holiday], calendar=may)
    assert own.is_open(moment("2026-05-08T10:00"))
    assert not own.is_open(moment("2026-05-09T10:00"))
    assert own.count_s(moment("2026-05-08T00:00"), moment("2026-05-11T00:00")) == 6.5 * 3600
    assert Hours([], SHANGHAI, calendar=may).always  # a hall that says no hours is always open


def test_holidays_without_hours() -> None:
    spring = Hours([], SHANGHAI, [dt.date(2027, 2, 17)])
    assert not spring.is_open(moment("2027-02-17T12:00"))
    assert spring.next_change(moment("2027-02-16T12:00")) == moment("2027-02-17T00:00")
    assert spring.next_change(moment("2027-02-17T12:00")) == moment("2027-02-18T00:00")


def test_a_day_lasts_as_long_as_it_does_there() -> None:
    berlin = Hours(
        [OpeningHours(days=list(WEEKDAYS), from_="00:00", to="24:00")], "Europe/Berlin", [dt.date(2026, 1, 1)]
    )
    assert (
        berlin.count_s(moment("2026-03-29T00:00", "Europe/Berlin"), moment("2026-03-30T00:00", "Europe/Berlin"))
        == 23 * 3600
    )
    assert (
        berlin.count_s(moment("2026-10-25T00:00", "Europe/Berlin"), moment("2026-10-26T00:00", "Europe/Berlin"))
        == 25 * 3600
    )


def test_never_open_is_never_due() -> None:
    closed = Hours([OpeningHours(days=["mon"], from_="09:00", to="10:00")], SHANGHAI, [])
    nothing = Hours([OpeningHours(days=[], from_="09:00", to="10:00")], SHANGHAI)
    assert nothing.after(0.0, 1.0) == math.inf
    assert nothing.next_change(1e9) == math.inf
    assert closed.after(moment("2026-03-09T00:00"), 500 * 3600) == math.inf


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 1e9))
def test_a_moment_that_a_device_invents_does_no_harm(invented: float, span: float) -> None:
    office = Hours(OFFICE, SHANGHAI)
    now = moment("2026-03-10T10:00")
    if not math.isnan(invented):
        assert office.count_s(invented, now) >= 0
        office.after(invented, span)


@st.composite
def weeks(draw: st.DrawFn) -> Hours:
    """Draw hours of a week in a zone; edges keep clear of the small hours, in which clocks are changed."""
    edges = st.integers(16, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
    spans = [
        OpeningHours(days=draw(st.lists(st.sampled_from(WEEKDAYS), max_size=7)), from_=draw(edges), to=draw(edges))
        for _ in range(draw(st.integers(1, 3)))
    ]
    days = st.dates(dt.date(2026, 3, 20), dt.date(2026, 4, 10))
    return Hours(
        spans, draw(st.sampled_from(ZONES)), draw(st.lists(days, max_size=3)), draw(st.lists(days, max_size=3))
    )


MOMENTS = st.integers(0, 20 * 24 * 4).map(lambda quarter: 1_774_000_000.0 - 1_774_000_000.0 % 900 + quarter * 900)
"""Quarters of an hour in the three weeks in which Europe and New York change their clocks."""


@given(weeks(), MOMENTS, st.integers(0, 4 * 24 * 12))
def test_business_is_what_a_clerk_would_count(hours: Hours, start: float, quarters: int) -> None:
    end = start + quarters * 900
    counted = sum(900 for quarter in range(quarters) if hours.is_open(start + quarter * 900))
    assert hours.count_s(start, end) == pytest.approx(counted)


@given(weeks(), MOMENTS, st.floats(1, 40 * 3600))
def test_after_is_the_inverse_of_counting(hours: Hours, start: float, span: float) -> None:
    due = hours.after(start, span)
    if due < math.inf:
        assert hours.count_s(start, due) == pytest.approx(span, abs=1e-3)
        assert hours.count_s(start, due - 60) < span


@given(weeks(), MOMENTS)
def test_nothing_changes_before_the_next_change(hours: Hours, at: float) -> None:
    due = hours.next_change(at)
    if due < math.inf:
        assert hours.is_open(due) != hours.is_open(at)
        last = min(int((due - at) // 900), 400)
        assert {hours.is_open(at + quarter * 900) for quarter in range(last)} <= {hours.is_open(at)}


@given(MOMENTS, st.sampled_from(ZONES))
def test_open_is_what_the_wall_clock_says(at: float, zone: str) -> None:
    office = Hours(OFFICE, zone)
    local = dt.datetime.fromtimestamp(at, ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    works = local.weekday() < 5 and (540 <= minute < 720 or 810 <= minute < 1020)
    assert office.is_open(at) is works
