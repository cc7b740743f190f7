"""Estimates: what wears evenly is foreseen within the range that is told; what cannot be known is not told."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.forecast import DAY_S, HORIZON_S, Forecast, foresee_trace, foresee_use
from hallwatch_collector.core.trace import KEEPINGS, USUAL, WEAR, KeptTrace, Trace

T0 = 1_770_000_000.0
HOUR = 3600.0


def trace_of(values: list[tuple[float, float]]) -> Trace:
    """Return the trace of values by their day."""
    trace = Trace(WEAR)
    for day, value in values:
        trace.add(T0 + day * DAY_S, value)
    return trace


def hourly(days: float, value: Callable[[float], float]) -> list[tuple[float, float]]:
    """Return what a function of the day gives each hour."""
    return [(hour / 24, value(hour / 24)) for hour in range(round(days * 24) + 1)]


def days_until(forecast: Forecast, now_day: float) -> tuple[float, float, float | None]:
    """Return a forecast in days from a day on."""
    spans = [None if at is None else (at - T0) / DAY_S - now_day for at in forecast]
    assert spans[0] is not None
    assert spans[1] is not None
    return spans[0], spans[1], spans[2]


@given(
    pace=st.floats(0.002, 0.2), days=st.floats(3.1, 90), start=st.floats(0.5, 1.0), limit=st.floats(0, 0.2),
    rises=st.booleans(),
)  # fmt: skip
def test_even_wear_is_foreseen_exactly(pace: float, days: float, start: float, limit: float, rises: bool) -> None:
    sign = -1 if rises else 1
    trace = trace_of(hourly(days, lambda day: sign * (start - pace * day)))
    left = (start - limit) / pace - (trace.head_at - T0) / DAY_S
    found = foresee_trace(trace, sign * limit, falls=not rises)
    if left * DAY_S > HORIZON_S:
        assert found is None
    else:
        assert found is not None
        earliest, likely, latest = days_until(found, (trace.head_at - T0) / DAY_S)
        assert latest is not None
        assert earliest - 0.01 <= max(left, 0) <= latest + 0.01
        assert likely == pytest.approx(max(left, 0), rel=0.01, abs=0.01)
        assert found.earliest <= found.likely + 1
        assert found.likely <= (found.latest or 0) + 1


def wears(days: float, pace: float, dice: random.Random) -> Trace:
    """Return toner that is used in business hours only, and that a coarse sensor reads with some noise."""

    def level(day: float) -> float:
        worked = int(day) + min(max((day % 1 - 9 / 24) / (8 / 24), 0), 1)
        return round(0.95 - pace * worked + dice.gauss(0, 0.004), 2)

    return trace_of(hourly(days, level))


def test_the_range_holds_for_noisy_and_coarse_readings() -> None:
    """The range that is told holds the truth in at least nine of ten cases, and is of some use."""
    held, widths = 0, []
    for seed in range(100):
        dice = random.Random(seed)
        pace, days = dice.uniform(0.01, 0.05), dice.uniform(8, 16)
        found = foresee_trace(wears(days, pace, dice), 0.05, falls=True)
        assert found is not None
        earliest, likely, latest = days_until(found, days)
        truth = (0.95 - 0.05) / pace - days
        held += earliest - 1 <= truth <= (latest if latest is not None else truth) + 1
        widths.append(abs(likely - truth) / truth if truth > 3 else 0.0)
    assert held >= 90
    assert sorted(widths)[80] < 0.25


def test_a_refill_starts_a_new_reckoning() -> None:
    worn = hourly(20, lambda day: 1 - 0.045 * day)
    fresh = [(20 + day, 1 - 0.02 * day) for day, _ in hourly(10, float)]
    before = foresee_trace(trace_of(worn), 0.0, falls=True)
    assert before is not None
    assert days_until(before, 20)[1] == pytest.approx(0.1 / 0.045, abs=0.1)
    just_after = trace_of([*worn, *fresh[1:4]])
    assert foresee_trace(just_after, 0.0, falls=True) is None, "too few days since the refill"
    after = foresee_trace(trace_of([*worn, *fresh[1:]]), 0.0, falls=True)
    assert after is not None
    assert days_until(after, 30)[1] == pytest.approx(40, rel=0.05)


def test_a_single_wrong_reading_is_no_refill() -> None:
    worn = hourly(12, lambda day: 0.9 - 0.03 * day)
    wrong = [(day, 1.0 if 144 <= number < 146 else value) for number, (day, value) in enumerate(worn)]
    found = foresee_trace(trace_of(wrong), 0.03, falls=True)
    assert found is not None
    assert days_until(found, 12)[1] == pytest.approx(0.87 / 0.03 - 12, rel=0.1)


@pytest.mark.parametrize(
    ("why", "values"),
    [
        ("nothing told", []),
        ("a single value", [(0, 0.5)]),
        ("less than three days", hourly(2.8, lambda day: 0.9 - 0.1 * day)),
        ("flat", hourly(20, lambda _: 0.6)),
        ("moves away", hourly(20, lambda day: 0.3 + 0.01 * day)),
        ("only noise", hourly(20, lambda day: 0.5 + 0.01 * (int(day * 24) * 7919 % 13 - 6) / 6)),
        ("years away", hourly(20, lambda day: 0.9 - 0.0005 * day)),
    ],
)
def test_what_is_not_known(why: str, values: list[tuple[float, float]]) -> None:
    trace = trace_of(values)
    assert not trace.at or foresee_trace(trace, 0.03, falls=True) is None, why


def test_gaps_do_no_harm() -> None:
    worn = [(day, value) for day, value in hourly(30, lambda day: 0.95 - 0.02 * day) if not 5 < day < 15]
    found = foresee_trace(trace_of(worn), 0.05, falls=True)
    assert found is not None
    assert days_until(found, 30)[1] == pytest.approx(15, rel=0.02)


def test_it_may_stop_for_good() -> None:
    """A printer that is hardly used any more: first the latest moment is open, then nothing is said."""

    def foresee(days: int) -> Forecast | None:
        trace = trace_of(hourly(days, lambda day: 0.9 - 0.05 * min(day, 10)))
        return foresee_trace(trace, 0.03, falls=True)

    recent, long_ago = foresee(24), foresee(35)
    assert recent is not None
    assert recent.latest is None
    assert long_ago is None


def test_sheets_go_at_the_pace_of_the_page_counter() -> None:
    pages = trace_of(hourly(6, lambda day: 50_000 + 120 * day))
    sheets = trace_of([(5.9, 30.0), (6.0, 300.0)])  # refilled an hour ago: the counter's pace still holds
    found = foresee_use(sheets, pages, 0.0)
    assert found is not None
    assert days_until(found, 6)[1] == pytest.approx(2.5, rel=0.02)
    assert foresee_use(sheets, trace_of(hourly(1, lambda day: 50_000 + 120 * day)), 0.0) is None


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(allow_nan=True, allow_infinity=True)), max_size=80))
def test_any_past_is_taken(values: list[tuple[float, float]]) -> None:
    trace = trace_of(values)
    if trace.at:
        for falls in (True, False):
            found = foresee_trace(trace, 0.5, falls=falls)
            assert found is None or found.earliest <= found.likely + 1e-3 * abs(found.likely)


@given(st.integers(1, 2000), st.sampled_from(list(KEEPINGS)))
def test_a_trace_is_bounded_and_keeps_its_ends(hours: int, name: str) -> None:
    keeping = KEEPINGS[name]
    trace = Trace(keeping)
    for hour in range(hours):
        trace.add(T0 + hour * HOUR, float(hour))
    assert 0 < len(trace.at) <= keeping.most
    assert (trace.head_at, trace.head) == (T0 + (hours - 1) * HOUR, hours - 1)
    assert list(trace.at) == sorted(trace.at)
    assert trace.at[-1] > trace.head_at - trace.spacing_s
    span_s = min(hours * HOUR, 0.45 * keeping.most * keeping.longest_spacing_s)
    assert trace.head_at - trace.at[0] >= span_s - 2 * trace.spacing_s


def test_a_trace_survives_being_written_down() -> None:
    trace = trace_of(hourly(40, lambda day: 0.99 - 0.0123456 * day))
    kept = msgspec.json.decode(
        msgspec.json.encode(trace.kept("prn-1", "snmp-printer", "toner_ratio[black]")), type=KeptTrace
    )
    again = Trace.resume(KEEPINGS[kept.keeping], kept.spacing_s, kept.at, kept.values)
    assert (again.head_at, again.head) == (trace.head_at, pytest.approx(trace.head))
    first, second = foresee_trace(trace, 0.1, falls=True), foresee_trace(again, 0.1, falls=True)
    assert first is not None
    assert second is not None
    assert second.likely == pytest.approx(first.likely, abs=HOUR)


def test_a_trace_moves_with_the_clock() -> None:
    trace = trace_of(hourly(10, lambda day: 0.9 - 0.03 * day))
    before = foresee_trace(trace, 0.1, falls=True)
    trace.shift(-7200.0)
    after = foresee_trace(trace, 0.1, falls=True)
    assert before is not None
    assert after is not None
    assert after.likely == pytest.approx(before.likely - 7200.0, abs=1)


def test_hours_older_than_two_weeks_of_business_are_forgotten() -> None:
    trace = Trace(USUAL)
    for hour in range(1000):
        trace.add(T0 + hour * HOUR, 1.0 if hour < 600 else 2.0)
    assert set(trace.values) == {2.0}
