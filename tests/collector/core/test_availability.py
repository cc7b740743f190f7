"""How a device was, out of the record: nothing is called well of which nobody knew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from hallwatch_collector.core.availability import Present, Share, Span, begin_of_past, look_back, trace_states
from hallwatch_collector.core.event import Event
from hallwatch_collector.core.events import FaultCleared, FaultRaised, SightLost, SightRegained
from hallwatch_collector.core.hall import OpeningHours
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.readiness.events import MaintenanceBegun, MaintenanceEnded, MaintenanceOverdue

EVER = ((0.0, 1000.0),)
EFFECTS = {("jam", ""): "unusable", ("low", ""): "warning", ("smoke", ""): "hazard", ("slow", "tray"): "degraded"}


def now(**changes: Any) -> Present:
    values: dict[str, Any] = {
        "device": "prn-1", "faults": {}, "effects": EFFECTS, "unseen": False, "worked_on": frozenset(),
        "first_read_at": 0.0,
    }  # fmt: skip
    return Present(**(values | changes))


def raised(at: float, fault: str = "jam", **more: Any) -> FaultRaised:
    return FaultRaised(**({"at": at, "device": "prn-1", "fault": fault, "since": at, "known_at": at} | more))


def cleared(at: float, fault: str = "jam") -> FaultCleared:
    return FaultCleared(at=at, device="prn-1", fault=fault, since=at)


def states(present: Present, *events: Event, watched: Sequence[tuple[float, float]] = EVER) -> list[tuple[Any, ...]]:
    return [tuple(span) for span in trace_states(present, events, watched, 100.0, 1000.0)]


def test_a_fault_is_a_span_between_two_that_are_well() -> None:
    assert states(now(), raised(300), cleared(400)) == [("ok", 100, 300), ("unusable", 300, 400), ("ok", 400, 1000)]


def test_the_worst_that_stands_counts() -> None:
    told = states(now(), raised(200, "low"), raised(300), raised(350, "smoke"), cleared(400, "smoke"), cleared(500),
        cleared(600, "low"))  # fmt: skip
    assert [state for state, *_ in told] == ["ok", "warning", "unusable", "hazard", "unusable", "warning", "ok"]


def test_what_stood_before_is_known_by_how_it_ended_or_by_how_it_is_now() -> None:
    assert states(now(), cleared(400)) == [("unusable", 100, 400), ("ok", 400, 1000)]
    assert states(now(faults={("jam", ""): False})) == [("unusable", 100, 1000)]
    assert states(now(), SightRegained(at=400, device="prn-1")) == [("unknown", 100, 400), ("ok", 400, 1000)]
    assert states(now(unseen=True)) == [("unknown", 100, 1000)]
    assert states(now(faults={("jam", ""): False}), raised(400))[0] == ("ok", 100, 400)


def test_while_nobody_saw_it_it_is_unknown_whatever_stood() -> None:
    told = states(
        now(), raised(200), SightLost(at=300, device="prn-1", reason="overdue"),
        SightRegained(at=500, device="prn-1"), cleared(600),
    )  # fmt: skip
    assert told[1:4] == [("unusable", 200, 300), ("unknown", 300, 500), ("unusable", 500, 600)]


def test_before_its_first_reading_and_while_no_collector_watched_it_is_unknown() -> None:
    assert states(now(first_read_at=None)) == [("unknown", 100, 1000)]
    assert states(now(first_read_at=400.0)) == [("unknown", 100, 400), ("ok", 400, 1000)]
    assert states(now(), watched=((50.0, 300.0), (600.0, 1000.0))) == [
        ("ok", 100, 300), ("unknown", 300, 600), ("ok", 600, 1000),
    ]  # fmt: skip
    assert states(now(), watched=()) == [("unknown", 100, 1000)]


def test_planned_work_is_no_failure_until_it_takes_too_long() -> None:
    begun = MaintenanceBegun(at=200, maintenance="mnt-1", devices=["prn-1"], text="换件", by="李工")
    ended = MaintenanceEnded(at=500, maintenance="mnt-1", by="李工")
    assert states(now(), begun, raised(300, planned=True), cleared(400), ended)[1] == ("maintenance", 200, 500)
    overdue = MaintenanceOverdue(at=500, maintenance="mnt-1", devices=["prn-1"])
    told = states(now(faults={("jam", ""): False}), begun, raised(300, planned=True), overdue)
    assert told[1:] == [("maintenance", 200, 500), ("unusable", 500, 1000)]


def test_other_devices_and_their_maintenance_are_nothing_to_it() -> None:
    elsewhere = MaintenanceBegun(at=200, maintenance="mnt-2", devices=["prn-2"], text="换件", by="李工")
    other = FaultRaised(at=300, device="prn-2", fault="jam", since=300, known_at=300)
    assert states(now(), elsewhere, other, MaintenanceEnded(at=400, maintenance="mnt-2", by="李工")) == [
        ("ok", 100, 1000)
    ]


def test_a_part_has_its_own_effect_and_a_fault_that_the_catalogue_forgot_is_never_well() -> None:
    assert states(now(), raised(200, "slow", part="tray"))[1][0] == "degraded"
    assert states(now(), raised(200, "jam", part="tray"))[1][0] == "unusable"
    assert states(now(), raised(200, "gone"))[1][0] == "warning"


def test_availability_leaves_out_what_is_unknown_and_planned() -> None:
    share = Share(usable_s=90.0, broken_s=10.0, maintenance_s=50.0, unknown_s=50.0)
    assert share.ratio == pytest.approx(0.9)
    assert share.known_ratio == pytest.approx(0.75)
    assert Share(unknown_s=100.0).ratio is None
    assert Share().known_ratio == 0.0


def test_days_are_those_of_the_hall_and_count_its_hours_alone() -> None:
    hours = Hours([OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="17:00")], "Asia/Shanghai")
    moment = hours.moment(dt.date(2026, 3, 10), 18 * 60)  # a Tuesday evening
    jam = hours.moment(dt.date(2026, 3, 10), 15 * 60)
    begins = begin_of_past(hours, moment)
    past = look_back([Span("ok", begins, jam), Span("unusable", jam, moment)], hours, moment)
    assert len(past.days) == 30
    last = past.days[-1]
    assert (last.date, last.worst) == (dt.date(2026, 3, 10), "unusable")
    assert (last.share.usable_s, last.share.broken_s) == (6 * 3600, 2 * 3600), "the hour after closing does not count"
    assert past.days[-3].share == Share(), "a Sunday"
    assert past.in_hours
    assert past.strip[0].since == moment - 86_400
    always = look_back([Span("ok", begins, moment)], Hours([], "Asia/Shanghai"), moment)
    assert always.share.ratio == 1.0
    assert not always.in_hours
