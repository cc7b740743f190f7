"""When a repair is likely to be done: the technician's word, the hall's own past, the catalogue, and when each is worth
nothing any more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.estimates import UNKNOWN, Estimate, estimate_repair

MINUTE = 60.0


@pytest.mark.parametrize(
    ("now", "told", "past", "expected"),
    [
        (0, None, [], Estimate(10 * MINUTE, "catalogue")),
        (9 * MINUTE, None, [], Estimate(10 * MINUTE, "catalogue")),
        (10 * MINUTE, None, [], Estimate(20 * MINUTE, "catalogue")),
        (20 * MINUTE, None, [], UNKNOWN),
        (0, 45 * MINUTE, [], Estimate(45 * MINUTE, "person")),
        (45 * MINUTE, 45 * MINUTE, [], UNKNOWN),
        (5 * MINUTE, 5 * MINUTE, [], UNKNOWN),
        (0, None, [60.0, 120.0], Estimate(10 * MINUTE, "catalogue")),
        (0, None, [300.0, 100.0, 200.0], Estimate(200.0, "history", 150.0, 250.0)),
        (250, None, [300.0, 100.0, 200.0], Estimate(300.0, "history", 300.0, 300.0)),
        (300, None, [300.0, 100.0, 200.0], UNKNOWN),
        (0, 50.0, [300.0, 100.0, 200.0], Estimate(50.0, "person")),
        (50, 50.0, [300.0, 100.0, 200.0], UNKNOWN),
    ],
)
def test_estimate(now: float, told: float | None, past: list[float], expected: Estimate) -> None:
    assert estimate_repair(0.0, now, told, past, 10 * MINUTE) == expected


seconds = st.floats(0, 1e7, allow_nan=False)


@given(seconds, seconds, st.none() | st.floats(0, 2e9), st.lists(seconds, max_size=20), st.floats(1, 1e6))
def test_an_estimate_is_never_in_the_past(
    began_at: float, age_s: float, told: float | None, past: list[float], usual_s: float
) -> None:
    now = began_at + age_s
    estimate = estimate_repair(began_at, now, told, past, usual_s)
    assert estimate.back_at is None or estimate.back_at >= now - 1e-3
    if estimate.earliest is not None and estimate.back_at is not None and estimate.latest is not None:
        assert now - 1e-3 <= estimate.earliest <= estimate.back_at + 1e-3 <= estimate.latest + 2e-3
