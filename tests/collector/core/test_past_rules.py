"""Rules that look at the past or at the clock: forecasts, usual values, idleness, opening hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.events import FaultCleared, FaultRaised
from hallwatch_collector.core.hall import Device, FaultOverride, OpeningHours
from hallwatch_collector.core.rules import BaselineRule, ForecastRule, IdleRule
from hallwatch_collector.core.views import DeviceView
from parts.county import Bench, hall, printer, probe

DAY_S = 86_400.0
MONDAY = dt.datetime(2026, 3, 9, 9, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
OFFICE = [OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="17:00")]


def kiosk(interval_s: float = 60.0, **more: Any) -> Device:
    return Device(id="kiosk-1", kind="kiosk", name="kiosk-1", probes=[probe(interval_s=interval_s)], **more)


def laser(interval_s: float = 60.0, **more: Any) -> Device:
    return printer("prn-1", probes=[probe(interval_s=interval_s)], **more)


def system() -> Device:
    return Device(id="bureau", kind="system", name="bureau", probes=[probe(interval_s=60.0)])


class Days(Bench):
    """A bench on which days pass between readings."""

    def read(self, device: str, moment: float, **told: Any) -> list[str]:
        """Let a device be read at a moment; return what was raised and cleared by then, as ``+id[part]``, ``-id``."""
        before = len(self.events)
        for events in self.engine.on_tick(moment).values():
            self._note(events)
        self.now = moment
        conditions = {key.replace("_", "-"): value for key, value in told.pop("conditions", {}).items()}
        metrics = {key.replace("__", "[") + ("]" if "__" in key else ""): value for key, value in told.items()}
        self.report(Reading(device, "tcp", moment, conditions={"reachable": True, **conditions}, metrics=metrics))
        return list(flips(self.events[before:]))

    def until(self, moment: float) -> list[str]:
        """Let time pass without a reading."""
        before = len(self.events)
        while self.now < moment:
            self.now = min(self.now + 1.0, moment)
            for events in self.engine.on_tick(self.now).values():
                self._note(events)
        return list(flips(self.events[before:]))

    def device(self, name: str) -> DeviceView:
        """Return how a device is shown now."""
        return next(each for each in self.engine.view(self.key, self.now).devices if each.id == name)

    def restart_with_past(self) -> None:
        """Kill the collector and start it from what it had written."""
        state, past = self.engine.state(self.key), self.engine.past(self.key)
        fresh = Bench(self.hall, self.now).engine
        fresh.drop_hall(self.key)
        fresh.load_hall(self.hall, "d1", state, self.now, past)
        self.engine = fresh


def flips(events: list[Any]) -> Iterator[str]:
    for event in events:
        if isinstance(event, FaultRaised | FaultCleared):
            part = f"[{event.part}]" if event.part else ""
            yield f"{'+' if isinstance(event, FaultRaised) else '-'}{event.fault}{part}"


def wear(bench: Days, days: range, level: float, pace: float) -> list[str]:
    """Read a printer's toner every two hours of some days; return what was raised and cleared."""
    found: list[str] = []
    for hour in range(days.start * 24, days.stop * 24, 2):
        value = level - pace * (hour / 24 - days.start)
        found += bench.read("prn-1", MONDAY + hour * 3600, toner_ratio__black=value)
    return found


# -- forecast ----------------------------------------------------------------------------------------------------------


def test_toner_is_forecast_warned_of_and_forgotten_with_the_new_cartridge() -> None:
    bench = Days(hall([laser(3600.0)]), MONDAY)
    assert wear(bench, range(2), 0.6, 0.05) == []
    (unknown,) = bench.device("prn-1").forecasts
    assert (unknown.fault, unknown.metric, unknown.part, unknown.likely) == (
        "toner-runs-out", "toner_ratio", "black", None,
    )  # fmt: skip
    assert wear(bench, range(2, 5), 0.5, 0.05) == ["+toner-runs-out[black]"]
    (known,) = bench.device("prn-1").forecasts
    assert known.likely is not None
    assert (known.likely - MONDAY) / DAY_S == pytest.approx((0.6 - 0.03) / 0.05, abs=0.3)
    bench.restart_with_past()
    (again,) = bench.device("prn-1").forecasts
    assert again.likely == pytest.approx(known.likely, abs=3600)
    assert bench.read("prn-1", MONDAY + 5 * DAY_S, toner_ratio__black=1.0) == ["-toner-runs-out[black]"]


def test_an_edited_hall_file_forgets_nothing() -> None:
    bench = Days(hall([laser(3600.0)]), MONDAY)
    wear(bench, range(5), 0.6, 0.05)
    before = bench.device("prn-1").forecasts
    edited = hall([laser(1800.0), printer("prn-2")])
    bench.engine.load_hall(edited, "d2", None, bench.now)
    assert bench.device("prn-1").forecasts == before


def test_a_certificate_needs_no_days_to_be_known() -> None:
    bench = Days(hall([system()]), MONDAY)
    assert bench.read("bureau", MONDAY, tls_expires_in_s=20 * DAY_S) == []
    (forecast,) = bench.device("bureau").forecasts
    assert (forecast.earliest, forecast.likely, forecast.latest) == (MONDAY + 20 * DAY_S,) * 3
    assert bench.read("bureau", MONDAY + 5 * DAY_S, tls_expires_in_s=15 * DAY_S) == []
    assert bench.read("bureau", MONDAY + 7 * DAY_S, tls_expires_in_s=13 * DAY_S) == ["+tls-expiring"]
    assert bench.read("bureau", MONDAY + 8 * DAY_S, tls_expires_in_s=800 * DAY_S) == ["-tls-expiring"]
    assert bench.device("bureau").forecasts[0].likely == MONDAY + 808 * DAY_S
    bench.read("bureau", MONDAY + 9 * DAY_S, tls_expires_in_s=1e300)
    assert bench.device("bureau").forecasts[0].likely is None


def test_a_low_cartridge_says_nothing_of_another_colour() -> None:
    bench = Days(hall([laser()]), MONDAY)
    bench.read(
        "prn-1", MONDAY, conditions={"toner-empty[cyan]": True, "toner-low[cyan]": True, "toner-low[black]": True}
    )
    flipped = bench.until(MONDAY + 40)
    assert "+toner-low[black]" in flipped
    assert "+toner-low[cyan]" not in flipped, "empty says it already"


def test_parts_without_end_are_not_remembered() -> None:
    bench = Days(hall([laser()]), MONDAY)
    for number in range(200):
        bench.read("prn-1", MONDAY + number * 3700, **{f"toner_ratio__{number}": 0.5})
    assert len(bench.engine.past(bench.key).traces) <= 64


def test_what_is_no_longer_told_is_forgotten() -> None:
    bench = Days(hall([laser()]), MONDAY)
    bench.read("prn-1", MONDAY, toner_ratio__black=0.5)
    for day in range(1, 16):
        bench.read("prn-1", MONDAY + day * DAY_S, toner_ratio__cyan=0.5)
    assert [trace.key for trace in bench.engine.past(bench.key).traces] == ["toner_ratio[cyan]"]


# -- baseline ----------------------------------------------------------------------------------------------------------


def test_slow_is_slow_against_its_own_usual_value_in_business_hours() -> None:
    bench = Days(hall([system()], hours=OFFICE), MONDAY)
    found: list[str] = []
    for day in range(3):
        for minute in range(0, 24 * 60, 30):
            at = MONDAY + day * DAY_S + minute * 60
            usual = 1.5 if minute < 8 * 60 else 0.1  # at night nobody is at it
            found += bench.read("bureau", at, transaction_s=usual)
    assert found == []
    noon = MONDAY + 3 * DAY_S + 3 * 3600
    found += [flip for minute in range(6) for flip in bench.read("bureau", noon + minute * 60, transaction_s=4.0)]
    assert found == [], "4 s are less than three times 1.5 s, whatever the nights were like"
    later = noon + 600
    found += [flip for minute in range(6) for flip in bench.read("bureau", later + minute * 60, transaction_s=5.0)]
    assert found == ["+slow"]
    later += 600
    found += [flip for minute in range(6) for flip in bench.read("bureau", later + minute * 60, transaction_s=3.5)]
    assert found == ["+slow"], "well again only below twice the usual"
    later += 600
    found += [flip for minute in range(6) for flip in bench.read("bureau", later + minute * 60, transaction_s=1.2)]
    assert found == ["+slow", "-slow"]


def test_a_fast_system_may_be_slow_below_the_floor() -> None:
    bench = Days(hall([system()]), MONDAY)
    for hour in range(60):
        bench.read("bureau", MONDAY + hour * 3600, transaction_s=0.05)
    for minute in range(10):
        assert bench.read("bureau", MONDAY + 61 * 3600 + minute * 60, transaction_s=2.0) == []


# -- idle, opening hours -----------------------------------------------------------------------------------------------


def test_idle_is_counted_in_hours_of_business_and_needs_no_reading() -> None:
    # a reading that comes seldom: what it told is judged anew when its time has come
    bench = Days(hall([kiosk(interval_s=3600.0)], hours=OFFICE), MONDAY)
    bench.read("kiosk-1", MONDAY + 600, last_transaction_at_s=MONDAY + 300)
    assert bench.until(MONDAY + 300 + 7200 + 59) == []
    assert bench.until(MONDAY + 300 + 7200 + 61) == ["+no-transactions"]
    raised = next(event for event in bench.events if isinstance(event, FaultRaised))
    assert raised.since == MONDAY + 300 + 7200
    assert bench.read("kiosk-1", MONDAY + 8000, last_transaction_at_s=MONDAY + 7990) == ["-no-transactions"]


def test_a_moment_is_understood_by_the_clock_of_who_told_it() -> None:
    bench = Days(hall([kiosk()]), MONDAY)
    behind = 5 * 3600.0
    for minute in range(4):  # the agent's clock is five hours behind; its last transaction was a minute ago
        at = MONDAY + minute * 60
        reading = Reading("kiosk-1", "tcp", at - behind, metrics={"last_transaction_at_s": at - behind - 60})
        bench.now = at
        bench.report(reading, sent_at=at - behind)
    assert bench.until(MONDAY + 300) == []


def test_what_holds_only_while_the_hall_is_open_ends_and_begins_with_it() -> None:
    overrides = [FaultOverride(fault="no-answer", device="kiosk-1", only_open=True)]
    bench = Days(hall([kiosk(interval_s=36_000.0)], hours=OFFICE, faults=overrides), MONDAY)
    closing, opening = MONDAY + 8 * 3600, MONDAY + DAY_S
    bench.now = closing - 60
    bench.report(Reading("kiosk-1", "tcp", bench.now, conditions={"reachable": False}))
    assert bench.until(closing - 1) == ["+no-answer"]
    assert bench.until(closing) == ["-no-answer"]
    assert bench.until(opening + 9) == []
    assert bench.until(opening + 11) == ["+no-answer"], "still off when the hall opens"


def test_it_ends_with_the_hall_although_nobody_sees_the_device() -> None:
    overrides = [FaultOverride(fault="no-answer", only_open=True)]
    bench = Days(hall([kiosk()], hours=OFFICE, faults=overrides), MONDAY)
    bench.born()
    closing = MONDAY + 8 * 3600
    bench.now = closing - 100
    bench.report(Reading("kiosk-1", "tcp", bench.now, conditions={"reachable": False}))
    assert bench.until(closing - 60) == ["+no-answer"]
    bench.dies()
    assert bench.until(closing - 1) == []
    assert bench.until(closing) == ["-no-answer"]


def test_wrong_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        ForecastRule(metric="toner_ratio", warn_within_s=1.0)
    with pytest.raises(ValueError, match="consumed_by"):
        ForecastRule(metric="sheets", above=1.0, warn_within_s=1.0, consumed_by="pages_total")
    with pytest.raises(ValueError, match="pace_per_s"):
        ForecastRule(metric="tls_expires_in_s", below=0.0, warn_within_s=1.0, pace_per_s=0.0)
    with pytest.raises(ValueError, match="factor"):
        BaselineRule(metric="transaction_s", factor=1.0, floor=1.0)
    with pytest.raises(ValueError, match="_at_s"):
        IdleRule(metric="transactions_total", for_s=1.0)


# -- parts of a device -------------------------------------------------------------------------------------------------


def test_a_missing_part_costs_what_the_hall_file_says() -> None:
    terminal = kiosk(gives=["filing", "registration"], parts={"card-reader": ["registration"], "camera": []})
    bench = Days(hall([terminal]), MONDAY)
    there = {"present[card-reader]": True, "present[camera]": True}
    bench.read("kiosk-1", MONDAY, conditions=there)
    bench.read("kiosk-1", MONDAY + 60, conditions=there | {"present[camera]": False})
    bench.until(MONDAY + 80)
    assert (bench.device("kiosk-1").state, bench.device("kiosk-1").taken) == ("degraded", ())
    bench.read("kiosk-1", MONDAY + 120, conditions=there | {"present[card-reader]": False})
    bench.until(MONDAY + 140)
    assert (bench.device("kiosk-1").state, bench.device("kiosk-1").taken) == ("degraded", ("registration",))


def test_a_part_that_everything_needs_puts_the_device_out_of_use() -> None:
    bench = Days(hall([kiosk(gives=["filing"], parts={"screen": ["filing"]})]), MONDAY)
    bench.read("kiosk-1", MONDAY, conditions={"present[screen]": False})
    bench.until(MONDAY + 20)
    assert bench.device("kiosk-1").state == "unusable"


def test_an_empty_tray_that_nothing_needs_leaves_the_printer_usable() -> None:
    two_trays = laser(parts={"tray-2": []})
    bench = Days(hall([two_trays]), MONDAY)
    bench.read("prn-1", MONDAY, conditions={"input-empty[tray-2]": True})
    bench.until(MONDAY + 20)
    assert (bench.device("prn-1").state, bench.device("prn-1").taken) == ("degraded", ())
    bench.read("prn-1", MONDAY + 30, conditions={"input-empty[tray-1]": True})
    bench.until(MONDAY + 45)
    assert bench.device("prn-1").state == "unusable"
