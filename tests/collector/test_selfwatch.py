"""Hallwatch's own health is a hall like any other: its figures become a report with conditions."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hallwatch_agent import wire
from hallwatch_collector.selfwatch import SELF_AGENT, Figures, SelfWatch, Undelivered, name_way, read_alerts, self_hall

FINE = Figures(broker_connected=True, broker_dropped=0, broker_stored=100)


def conditions(*steps: dict[str, Any]) -> dict[str, bool]:
    """What the last of several observations says, all devices together."""
    watch = SelfWatch("boot-1")
    for number, step in enumerate(steps):
        report = watch.report(msgspec.structs.replace(FINE, **step), 1000.0 + 10 * number)
    return {f"{reading.device}/{key}": told for reading in report.readings for key, told in reading.conditions.items()}


def test_all_is_well() -> None:
    told = conditions({}, {})
    held = {key for key, holds in told.items() if holds}
    assert held == {"collector/reachable", "broker/reachable", "alerts/reachable"}


@pytest.mark.parametrize(
    ("before", "after", "condition"),
    [
        ({"broker_dropped": 3}, {"broker_dropped": 4}, "broker/broker-drops"),
        ({"broker_dropped": 300}, {"broker_dropped": 2}, "broker/broker-drops"),
        ({"broker_slow_consumers": 0}, {"broker_slow_consumers": 1}, "broker/broker-drops"),
        ({}, {"journal_pending": 1}, "collector/journal-failing"),
        ({"history_lost": 1}, {"history_lost": 2}, "collector/history-losing"),
        ({}, {"hall_files_refused": 1}, "collector/hall-file-refused"),
        ({"internal_errors": 1}, {"internal_errors": 2}, "collector/internal-errors"),
        ({}, {"clock_step_s": -3600.0}, "collector/clock-stepped"),
    ],
)
def test_what_goes_wrong_is_a_condition_and_passes(
    before: dict[str, Any], after: dict[str, Any], condition: str
) -> None:
    assert not conditions(before, before)[condition]
    assert conditions(before, after)[condition]
    passed = after | {"journal_pending": 0, "hall_files_refused": 0, "clock_step_s": 0.0}
    assert not conditions(before, after, passed)[condition]


def test_a_queue_that_keeps_growing_is_told_and_a_burst_is_not() -> None:
    growing = [{"broker_stored": 100 + 200 * step} for step in range(7)]
    assert conditions(*growing)["broker/queue-growing"]
    assert not conditions(*growing[:6])["broker/queue-growing"]
    assert not conditions(*growing, {"broker_stored": 1000})["broker/queue-growing"]
    assert not conditions(*({"broker_stored": 100 + step} for step in range(7)))["broker/queue-growing"]


def test_a_broker_that_is_away_or_does_not_tell_says_nothing_of_its_queues() -> None:
    away = conditions({}, {"broker_connected": False, "broker_dropped": 9})
    assert away["broker/reachable"] is False
    assert "broker/broker-drops" not in away
    silent = {"broker_dropped": None, "broker_stored": None}
    assert {key for key in conditions(silent, silent) if key.startswith("broker/")} == {"broker/reachable"}


def test_the_report_is_one_of_the_wire_for_the_hall_in_the_code() -> None:
    watch = SelfWatch("boot-1")
    report = watch.report(FINE, 1000.0)
    assert wire.decode_report(wire.encode(report)) == report
    hall = self_hall()
    assert [device.id for device in hall.devices] == [reading.device for reading in report.readings]
    assert watch.birth(1000.0).boot == report.boot
    assert watch.report(FINE, 1010.0).seq == report.seq + 1
    assert [agent.id for agent in hall.agents] == [SELF_AGENT] == [report.agent]


def test_whom_nothing_reaches_is_a_part_of_its_own_and_passes() -> None:
    sms, bot = name_way("sms", "张伟"), name_way("bot", "")
    told = read_alerts(Undelivered(failing=frozenset({sms, bot})), 1000.0).conditions
    assert told == {
        "reachable": True, "alert-file-refused": False, "alert-undelivered[sms 张伟]": True,
        "alert-undelivered[bot]": True,
    }  # fmt: skip
    told = read_alerts(Undelivered(failing=frozenset({bot}), settled=frozenset({sms}), test_failed=True), 1000.0)
    assert told.conditions["alert-undelivered[sms 张伟]"] is False
    assert told.conditions["alert-undelivered[bot]"] is True
    assert told.conditions["alert-test-failed"] is True


def test_a_name_with_brackets_or_of_any_length_is_still_a_part() -> None:
    assert name_way("sms", "a[b]") == "sms a(b)"
    assert len(name_way("sms", "长" * 200)) == 80
