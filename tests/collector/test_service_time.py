"""Seconds of service in business hours: what counts for what, nights, clock steps, windows that come and go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.hall import OpeningHours
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.core.views import HallView
from hallwatch_collector.export.service import OF_WINDOW, ServiceTime, judge_system, judge_window
from parts.hall_views import KEY, NOW, device, hall, window

ALWAYS = Hours([], "Asia/Shanghai")
TO_NOON = Hours([OpeningHours(days=list(WEEKDAYS), from_="09:00", to="12:00")], "Asia/Shanghai")
NOON = NOW + 80 * 60  # NOW is 10:40
BOTH = ("filing", "certificates")
WINDOW_S = "hallwatch_window_business_seconds_total"


def count(service: ServiceTime, family: str) -> dict[str, float]:
    """Return the samples of a family that are not nothing, by their last label."""
    found = {}
    for line in service.render(KEY).get(family, []):
        labels, value = line.rsplit(" ", 1)
        if float(value):
            found[labels.rsplit(",", 1)[-1].split('"')[1]] = float(value)
    return found


def one_window(**changes: Any) -> HallView:
    """Return a hall of one window."""
    return hall(windows=(window(1, BOTH, **changes),))


@pytest.mark.parametrize(
    ("service", "changes"),
    [
        ("full", {}),
        ("part", {"lost": ("filing",)}),
        ("part", {"unknown": ("filing",)}),
        ("none", {"lost": BOTH}),
        ("closed", {"lost": ("filing",), "open": False}),
        ("none", {"lost": BOTH, "open": False}),
        ("closed", {"open": False}),
        ("unknown", {"unknown": BOTH}),
        ("unknown", {"unknown": ("filing",), "lost": ("certificates",)}),
    ],
)
def test_how_a_window_serves(service: str, changes: dict[str, Any]) -> None:
    assert judge_window(window(1, BOTH, **changes)) == service
    told = ServiceTime()
    told.follow(one_window(**changes), ALWAYS, NOW)
    told.follow(one_window(), ALWAYS, NOW + 30)
    assert count(told, WINDOW_S) == {service: 30.0}


@pytest.mark.parametrize(
    ("state", "service"),
    [
        ("ok", "usable"), ("warning", "usable"), ("degraded", "usable"), ("unusable", "unusable"),
        ("hazard", "unusable"), ("unknown", "unknown"), ("maintenance", "maintenance"),
    ],
)  # fmt: skip
def test_how_a_system_serves(state: str, service: str) -> None:
    system = device("core-system", "system", "核心征管系统", state=state)
    assert judge_system(system) == service
    told = ServiceTime()
    told.follow(hall(devices=(system, device("pc-1", "pc", "电脑"))), ALWAYS, NOW)
    told.follow(hall(devices=(system,)), ALWAYS, NOW + 30)
    assert count(told, "hallwatch_system_business_seconds_total") == {service: 30.0}


def test_business_hours_alone_count() -> None:
    told = ServiceTime()
    told.follow(one_window(), TO_NOON, NOON - 60)
    assert told.render(KEY)["hallwatch_hall_open"] == ['hallwatch_hall_open{area="330106",hall="xihu"} 1.0']
    told.follow(one_window(), TO_NOON, NOON + 3600)
    told.follow(one_window(), TO_NOON, NOON + 7200)
    assert count(told, WINDOW_S) == {"full": 60.0}
    assert count(told, "hallwatch_hall_business_seconds_total") == {"xihu": 60.0}
    assert told.render(KEY)["hallwatch_hall_open"] == ['hallwatch_hall_open{area="330106",hall="xihu"} 0.0']


def test_time_counts_for_what_was_until_then() -> None:
    told = ServiceTime()
    told.follow(one_window(), ALWAYS, NOW)
    told.follow(one_window(lost=("filing",)), ALWAYS, NOW + 10)
    told.follow(one_window(lost=BOTH), ALWAYS, NOW + 30)
    told.follow(one_window(), ALWAYS, NOW + 60)
    assert count(told, WINDOW_S) == {"full": 10.0, "part": 20.0, "none": 30.0}


def test_every_counter_stands_at_nothing_from_the_beginning() -> None:
    told = ServiceTime()
    told.follow(one_window(), ALWAYS, NOW)
    lines = told.render(KEY)[WINDOW_S]
    assert [line.split('service="')[1].split('"')[0] for line in lines] == list(OF_WINDOW)
    assert {float(line.rsplit(" ", 1)[1]) for line in lines} == {0.0}


def test_a_clock_that_is_set_counts_nothing() -> None:
    told = ServiceTime()
    told.follow(one_window(), ALWAYS, NOW)
    told.shift_clock(7200.0)
    told.follow(one_window(), ALWAYS, NOW + 7210)
    assert count(told, WINDOW_S) == {"full": 10.0}
    told.follow(one_window(), ALWAYS, NOW)  # back, by less than what is told as a step
    told.follow(one_window(), ALWAYS, NOW + 5)
    assert count(told, WINDOW_S) == {"full": 15.0}


def test_what_left_the_hall_and_what_rests_has_no_counter() -> None:
    two, one = hall(windows=(window(1, BOTH), window(2, BOTH))), one_window()
    told = ServiceTime()
    told.follow(two, ALWAYS, NOW)
    told.follow(one, ALWAYS, NOW + 10)
    assert 'window="w2"' not in "".join(told.render(KEY)[WINDOW_S])
    resting = ServiceTime()
    resting.follow(one_window(rests=True), ALWAYS, NOW)
    assert WINDOW_S not in resting.render(KEY)
    told.drop(KEY)
    assert told.render(KEY) == {}


def test_drills_and_hallwatchs_own_health_do_not_count() -> None:
    told = ServiceTime()
    for mark in ("drill", "internal"):
        told.follow(hall(windows=(window(1, BOTH),), **{mark: True}), ALWAYS, NOW)
    assert told.render(KEY) == {}


@given(
    st.lists(
        st.tuples(st.floats(0, 50_000), st.sampled_from([(), ("filing",), BOTH]), st.booleans(), st.booleans()),
        max_size=8,
    )
)
def test_all_services_together_are_the_business_hours(steps: list[tuple[float, tuple[str, ...], bool, bool]]) -> None:
    told, now = ServiceTime(), NOW
    told.follow(one_window(), TO_NOON, now)
    for seconds, lost, is_open, unknown in steps:
        now += seconds
        told.follow(one_window(lost=lost, open=is_open, unknown=BOTH if unknown else ()), TO_NOON, now)
    spent = sum(count(told, WINDOW_S).values())
    assert spent == pytest.approx(TO_NOON.count_s(NOW, now))
