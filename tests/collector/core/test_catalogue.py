"""The shipped catalogue: whatever a probe can tell is asked by some fault, or shown and nothing more on purpose."""

from __future__ import annotations

from itertools import combinations
from typing import get_args

import pytest

from hallwatch_collector.core.catalogue import EFFECTS, Bindings, Catalogue, Fault
from hallwatch_collector.core.hall import THINGS, Device, FaultOverride, Kind
from hallwatch_collector.core.rules import ForecastRule
from hallwatch_collector.plans import load
from hallwatch_collector.web.texts import load_catalogue

PLAN, CATALOGUE = load()
FAULTS = {fault.id: fault for fault in CATALOGUE.faults}

CONDITIONS = {
    "contact": "reachable port-open http-ok",
    "printers": "jam cover-open input-empty input-low input-missing output-full offline stopped service-needed "
    "toner-low toner-empty ink-low ink-empty ribbon-low ribbon-empty drum-low marker-missing waste-full waste-low-room "
    "cutter-failed head-failed paused queue-refusing",
    "network gear": "port-down port-missing temperature-high fan-failed power-supply-failed cpu-high memory-high "
    "restarted",
    "UPS": "on-battery battery-low overload replace-battery communication-lost bypass ups-alarm output-off",
    "queue machines": "source-stale",
    "computers and kiosks": "present in-foreground in-maintenance backup-missing process-running service-running "
    "clock-synchronized",
    "systems": "name-resolved tls-ok login-ok working program-error uplink-reached gateway-reached",
}
"""What probes tell as conditions, by what they read."""
METRICS = {
    "contact": "tcp_connect_s http_response_s http_status tls_expires_in_s round_trip_s loss_ratio",
    "printers": "toner_ratio ink_ratio ribbon_ratio supply_ratio input_ratio input_sheets waste_free_ratio "
    "pages_total jobs_queued oldest_job_s",
    "network gear": "cpu_used_ratio memory_used_ratio temperature_c uptime_s receive_bits_per_s transmit_bits_per_s "
    "utilisation_ratio receive_errors_per_s transmit_errors_per_s discards_per_s",
    "UPS": "charge_ratio load_ratio runtime_s on_battery_s input_v",
    "queue machines": "people_waiting longest_wait_s",
    "computers and kiosks": "last_transaction_at_s transactions_total backup_age_s backup_bytes disk_used_ratio "
    "disk_free_bytes network_receive_bytes_per_s network_transmit_bytes_per_s boot_at_s processes",
    "systems": "transaction_s step_s name_resolution_s tls_handshake_s",
}
"""The same for metrics."""
ELSEWHERE = {"reachable": "asked on the contact channel"}
SHOWN_ONLY = {
    "tcp_connect_s": "says where the time of a slow transaction goes",
    "name_resolution_s": "says where the time of a slow transaction goes",
    "tls_handshake_s": "says where the time of a slow transaction goes",
    "step_s": "says where the time of a slow transaction goes",
    "http_status": "http-ok judges it by what the probe expects",
    "input_ratio": "trays differ too much: input-low and input-empty are the device's own word",
    "supply_ratio": "a supply of no known kind: the device's own word is asked",
    "waste_free_ratio": "waste-low-room and waste-full are the device's own word",
    "pages_total": "the pace of paper; a count is no fault",
    "jobs_queued": "many jobs are no fault as long as the oldest is young",
    "uptime_s": "restarted judges it",
    "boot_at_s": "a moment, no fault",
    "receive_bits_per_s": "utilisation_ratio judges it",
    "transmit_bits_per_s": "utilisation_ratio judges it",
    "charge_ratio": "battery-low judges it by the device's own limit",
    "load_ratio": "overload judges it by the device's own limit",
    "on_battery_s": "on-battery says since when",
    "input_v": "on-battery judges it by the device's own limits",
    "transactions_total": "last_transaction_at_s judges it",
    "backup_bytes": "the probe's minimum_bytes judges it",
    "disk_free_bytes": "disk_used_ratio judges it",
    "network_receive_bytes_per_s": "no limit holds for all computers",
    "network_transmit_bytes_per_s": "no limit holds for all computers",
    "processes": "no limit holds for all computers",
}
OWN_HEALTH = {
    "broker-drops", "queue-growing", "journal-failing", "history-losing", "hall-file-refused", "internal-errors",
    "clock-stepped", "alert-undelivered", "alert-test-failed", "alert-file-refused",
}  # fmt: skip
"""What Hallwatch tells of itself."""
NO_PROBE = OWN_HEALTH | {"hazard", "clock_offset_s"}
"""Asked, and told by no probe: ``hazard`` by people, the clock by the intake."""


def words(table: dict[str, str]) -> set[str]:
    return {word for line in table.values() for word in line.split()}


def asked(channel: str) -> set[str]:
    return {fault.when.key for fault in CATALOGUE.faults if fault.when.channel == channel}


def test_every_word_of_a_probe_is_asked_or_shown_on_purpose() -> None:
    assert words(CONDITIONS) - asked("conditions") == set(ELSEWHERE)
    assert words(METRICS) - asked("metrics") - set(SHOWN_ONLY) == set()
    assert set(SHOWN_ONLY) & asked("metrics") == set(), "asked by now: take it off the list"


def test_no_fault_asks_what_no_probe_tells() -> None:
    assert asked("conditions") - words(CONDITIONS) - NO_PROBE == set()
    assert asked("metrics") - words(METRICS) - NO_PROBE == set()
    counters = {rule.consumed_by for fault in CATALOGUE.faults if isinstance(rule := fault.when, ForecastRule)} - {""}
    assert counters <= words(METRICS)


def test_every_metric_has_a_name_for_people() -> None:
    chinese, english = load_catalogue("zh-CN"), load_catalogue("en")
    assert {f"metric.{name}" for name in words(METRICS) | asked("metrics")} <= chinese.keys() & english.keys()


def test_ids_are_unique() -> None:
    assert len(FAULTS) == len(CATALOGUE.faults)


@pytest.mark.parametrize("fault", CATALOGUE.faults, ids=lambda fault: fault.id)
def test_a_fault_is_whole(fault: Fault) -> None:
    chinese, english = load_catalogue("zh-CN"), load_catalogue("en")
    assert fault.name_en
    assert any("\u4e00" <= letter <= "\u9fff" for letter in fault.name)
    assert bool(fault.first_step) == bool(fault.first_step_en)
    assert fault.first_step or fault.severity == "warning", "whoever is called wants to know what to do"
    assert f"role.{fault.role}" in chinese
    assert {f"kind.{kind}" for kind in fault.kinds} <= chinese.keys() & english.keys()
    assert set(fault.implied_by + fault.only_with) <= FAULTS.keys()
    if fault.severity == "warning":
        assert fault.effect == "warning"


def test_every_kind_of_device_has_a_name_and_can_be_silent() -> None:
    chinese, english = load_catalogue("zh-CN"), load_catalogue("en")
    silent = {kind for fault in CATALOGUE.faults if fault.when.channel == "contact" for kind in fault.kinds}
    assert silent == set(get_args(Kind)) - THINGS
    assert {f"kind.{kind}" for kind in get_args(Kind)} <= chinese.keys() & english.keys()


def test_what_brings_a_fault_along_is_judged_before_it() -> None:
    """Otherwise the consequence would be raised first, for as long as the probe pauses."""
    order = list(FAULTS)
    for fault in CATALOGUE.faults:
        for name in fault.implied_by:
            if FAULTS[name].when.channel == fault.when.channel:
                assert order.index(name) < order.index(fault.id), f"{name} stands behind {fault.id}"


def test_keys_are_judged_in_the_order_of_the_catalogue() -> None:
    bindings = Bindings(CATALOGUE.faults)
    told = [
        asked.key
        for asked in bindings[("working", "toner-low[black]", "program-error", "tls-ok", "toner-empty[black]")]
    ]
    assert told == ["tls-ok", "program-error", "working", "toner-empty[black]", "toner-low[black]"]


def test_no_two_faults_bring_each_other_along() -> None:
    pairs = [
        (a.id, b.id) for a, b in combinations(CATALOGUE.faults, 2) if a.id in b.implied_by and b.id in a.implied_by
    ]
    assert pairs == []


def test_what_is_left_decides_whether_a_device_is_out_of_use() -> None:
    jam, missing = FAULTS["jam"], FAULTS["peripheral-missing"]
    laser = Device(id="prn", kind="printer", name="prn", gives=["print"])
    copier = Device(id="prn", kind="printer", name="prn", gives=["print", "scan"])
    spare = Device(id="prn", kind="printer", name="prn")
    assert [jam.on(device, "").effect for device in (laser, copier, spare)] == ["unusable", "degraded", "unusable"]
    assert jam.on(copier, "").taken(copier.gives) == {"print"}
    kiosk = Device(id="k", kind="kiosk", name="k", gives=["a", "b"], parts={"reader": ["a"], "screen": ["a", "b"]})
    assert [missing.on(kiosk, part).effect for part in ("reader", "screen", "camera")] == [
        "degraded",
        "unusable",
        "degraded",
    ]
    assert [missing.on(kiosk, part).taken(kiosk.gives) for part in ("reader", "camera")] == [{"a"}, set()]
    low = FAULTS["toner-low"]
    assert low.on(Device(id="p", kind="printer", name="p", gives=["print"], parts={"black": ["print"]}), "black") is low


def test_a_hall_changes_what_the_rule_has() -> None:
    assert FAULTS["people-waiting"].limits == {"above", "clear_at"}
    assert FAULTS["toner-runs-out"].limits == {"below", "warn_within_s"}
    assert FAULTS["no-transactions"].limits == {"for_s"}
    assert FAULTS["slow"].limits == {"factor"}
    assert FAULTS["jam"].limits == set()
    assert set(EFFECTS) == {fault.effect for fault in CATALOGUE.faults}
    assert FaultOverride(fault="jam").only_open is None


def test_the_past_of_a_metric_is_kept_in_one_way() -> None:
    forecast = ForecastRule(metric="transaction_s", above=9.0, warn_within_s=1.0)
    more = Fault(id="x", name="x", name_en="x", when=forecast, effect="warning", severity="warning")
    with pytest.raises(ValueError, match="transaction_s is asked for by a forecast and by a baseline"):
        Catalogue(faults=[*CATALOGUE.faults, more])
