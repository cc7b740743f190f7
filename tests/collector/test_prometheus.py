"""Station 8, metrics: the page of /metrics is valid, tells only what is known, and forgets who has left."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.views import (
    AgentView,
    DeviceView,
    FaultView,
    ForecastView,
    HallView,
    IncidentView,
    MeasureView,
    WindowView,
)
from hallwatch_collector.export.prometheus import Metrics
from hallwatch_collector.selfwatch import Figures

VOCABULARY = {
    "toner_ratio[black]": 0.25, "input_ratio[tray-1]": 0.5, "waste_free_ratio": 0.75, "pages_total": 12345.0,
    "cpu_used_ratio": 0.1, "disk_free_bytes[/]": 1e12, "network_receive_bytes_per_s": 1e3, "boot_at_s": 1.78e9,
    "uptime_s": 3600.0, "processes": 123.0, "http_response_s": 0.02, "http_status": 200.0, "tls_expires_in_s": 86400.0,
    "receive_bits_per_s[gi0-0-1]": 8e6, "utilisation_ratio[gi0-0-1]": 0.01, "receive_errors_per_s[gi0-0-1]": 0.0,
    "charge_ratio": 1.0, "load_ratio": 0.3, "runtime_s": 1200.0, "input_v": 229.5, "temperature_c": 24.0,
    "tcp_connect_s": 0.001,
}  # fmt: skip


def fault(**changed: Any) -> FaultView:
    values = dict.fromkeys(FaultView.__struct_fields__, "") | {"since": 1.0, "raised_at": 2.0, "flapping": False}
    return FaultView(**{**values, "device": "prn-3", "fault": "jam", "effect": "unusable", **changed})


def device(device_id: str = "prn-3", **changed: Any) -> DeviceView:
    values: dict[str, Any] = {
        "id": device_id, "kind": "printer", "name": "3号窗口打印机", "place": "w3",
        "state": "ok", "unknown_because": "", "up": True, "last_seen": 1.78e9,
        "faults": (), "metrics": {}, "facts": {}, "spare": "", "substitute": "",
    }  # fmt: skip
    return DeviceView(**{**values, **changed})


def agent(**changed: Any) -> AgentView:
    values: dict[str, Any] = {
        "id": "gw", "name": "导税台电脑", "alive": True, "seen": True, "since": 1.0, "last_report_at": 1.78e9,
        "version": "0.1.0", "host": "PC-1", "spooled": 3, "dropped": 2, "gaps": 1, "clock_offset_s": -0.5, "probes": 9,
    }  # fmt: skip
    return AgentView(**{**values, **changed})


def hall(hall_id: str = "xihu", **changed: Any) -> HallView:
    values: dict[str, Any] = {
        "area": "330106", "hall": hall_id, "name": "西湖区办税服务厅", "timezone": "Asia/Shanghai", "simulated": False,
        "internal": False, "version": 1, "at": 1.78e9, "class_names": {}, "class_names_en": {}, "place_names": {},
        "devices": (), "windows": (), "incidents": (), "measures": (), "signs": (), "agents": (), "contacts": (),
    }  # fmt: skip
    return HallView(**{**values, **changed})


def full_hall() -> HallView:
    window = WindowView(
        id="w3", number=3, name="3号窗口", open=True, classes=("filing", "certificates"), lost=("certificates",),
        unknown=(), devices=("prn-3",),
    )  # fmt: skip
    incident = IncidentView(
        id="i1", device="prn-3", device_name="", faults=(), fault_names=(), fault_names_en=(), status="detected",
        level="Ⅳ", opened_at=1.0, recovered_at=None, closed_at=None, windows=("w3",), explained=0,
    )  # fmt: skip
    measure = MeasureView(
        id="m1", incident="i1", clause="H2", mode="auto", subject="prn-3", subject_name="", owner="", group="", text="",
        text_en="", raised_at=1.0, due_at=None, status="open", decided_by="", reason="",
    )  # fmt: skip
    return hall(
        devices=(
            device(state="unusable", faults=(fault(),), metrics=VOCABULARY),
            device("pc-1", state="unknown", up=None),
        ),
        windows=(window,),
        incidents=(incident,),
        measures=(measure,),
        signs=(Sign("prn-3", "暂停使用", "3号窗口打印机", 1.0, "H2"),),
        agents=(agent(), agent(id="new", alive=False, seen=False, last_report_at=None, clock_offset_s=None)),
    )


def figures() -> Figures:
    return Figures(broker_connected=True, broker_dropped=7, broker_stored=11, journal_pending=2, history_lost=5)


def samples(page: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, f"{key} stands twice"
            found[key] = sample.value
    return found


def values_of(page: bytes, series: str, /, **labels: str) -> list[float]:
    wanted = set(labels.items())
    return [value for (found, pairs), value in samples(page).items() if found == series and wanted <= set(pairs)]


def test_promtool_finds_nothing_to_say() -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not installed: apt-get install prometheus"
    metrics = Metrics(figures)
    metrics.count_report(20, late=3)
    metrics.count_refused("unknown-device")
    metrics.observe_detection(2.0)
    metrics.observe_sign(0.02)
    page = metrics.render([full_hall(), hall("other", devices=(device(),))])
    check = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, timeout=30, check=False)
    assert (check.returncode, check.stdout.decode(), check.stderr.decode()) == (0, "", "")


def test_a_window_of_which_nothing_is_known_is_neither_open_nor_closed() -> None:
    [window] = full_hall().windows
    unsure = msgspec.structs.replace(window, lost=(), unknown=window.classes)
    page = Metrics().render([hall(windows=(unsure,))])
    assert values_of(page, "hallwatch_window_open") == []
    assert values_of(page, "hallwatch_window_classes_unknown") == [2]


def test_the_hall_is_told() -> None:
    page = Metrics().render([full_hall()])
    assert values_of(page, "hallwatch_device_up", device="prn-3", kind="printer", area="330106", hall="xihu") == [1]
    assert values_of(page, "hallwatch_device_usable", device="prn-3") == [0]
    marks = {"fault": "jam", "part": "", "effect": "unusable", "explained": "false"}
    assert values_of(page, "hallwatch_fault_active", device="prn-3", **marks) == [1]
    assert values_of(page, "hallwatch_window_open", window="w3") == [1]
    assert values_of(page, "hallwatch_window_classes_lost", window="w3") == [1]
    assert values_of(page, "hallwatch_incidents", level="Ⅳ", status="detected") == [1]
    assert values_of(page, "hallwatch_measures", mode="auto", status="open") == [1]
    assert values_of(page, "hallwatch_signs") == [1]
    assert values_of(page, "hallwatch_agent_spooled_reports", agent="gw") == [3]
    assert values_of(page, "hallwatch_agent_sequence_gaps", agent="gw") == [1]
    assert values_of(page, "hallwatch_agent_clock_offset_seconds", agent="gw") == [-0.5]
    assert values_of(page, "hallwatch_hall_info", simulated="false", internal="false") == [1]


def test_readings_have_base_units_and_parts() -> None:
    page = Metrics().render([full_hall()])
    assert values_of(page, "hallwatch_reading_toner_ratio", device="prn-3", part="black") == [0.25]
    assert values_of(page, "hallwatch_reading_receive_bytes_per_second", part="gi0-0-1") == [1e6]
    assert values_of(page, "hallwatch_reading_boot_timestamp_seconds") == [1.78e9]
    assert values_of(page, "hallwatch_reading_pages_total") == [12345]
    assert b"hallwatch_reading_" not in Metrics(readings=False).render([full_hall()])


def test_what_is_not_known_has_no_sample() -> None:
    page = Metrics().render([full_hall()])
    assert values_of(page, "hallwatch_device_unknown", device="pc-1") == [1]
    assert values_of(page, "hallwatch_device_up", device="pc-1") == []
    assert values_of(page, "hallwatch_device_usable", device="pc-1") == []
    assert values_of(page, "hallwatch_agent_clock_offset_seconds", agent="new") == []
    page = Metrics(lambda: Figures(broker_connected=False)).render([])
    assert values_of(page, "hallwatch_broker_connected") == [0]
    assert values_of(page, "hallwatch_broker_dropped_messages_total") == []


def test_series_of_a_device_or_hall_that_left_vanish() -> None:
    metrics = Metrics()
    both = metrics.render([hall(devices=(device(), device("prn-4"))), hall("other", devices=(device("x"),))])
    assert len(values_of(both, "hallwatch_device_up")) == 3
    one = metrics.render([hall(devices=(device(),))])
    assert values_of(one, "hallwatch_device_up", device="prn-3") == [1]
    assert len(values_of(one, "hallwatch_device_up")) == 1


def test_the_picture_that_did_not_change_is_not_rendered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from hallwatch_collector.export import prometheus

    rendered: list[HallView] = []

    def count(view: HallView, **_: Any) -> Any:
        rendered.append(view)
        return {"hallwatch_signs": [f'hallwatch_signs{{hall="{view.hall}"}} 0.0']}

    monkeypatch.setattr(prometheus, "render_hall", count)
    metrics, quiet, busy = Metrics(), hall("quiet"), hall("busy")
    assert metrics.render([quiet, busy]) != b""
    changed = msgspec.structs.replace(busy, version=2)
    metrics.render([quiet, changed])
    assert rendered == [quiet, busy, changed]


def test_the_collectors_own_figures_are_counted() -> None:
    metrics = Metrics(figures)
    metrics.count_report(50)
    metrics.count_report(10, late=10)
    metrics.count_refused("duplicate", 2)
    metrics.observe_detection(3.0)
    page = metrics.render([])
    assert values_of(page, "hallwatch_reports_total") == [2]
    assert values_of(page, "hallwatch_readings_total") == [60]
    assert values_of(page, "hallwatch_readings_late_total") == [10]
    assert values_of(page, "hallwatch_rejects_total", reason="duplicate") == [2]
    assert values_of(page, "hallwatch_detection_delay_seconds_sum") == [3]
    assert values_of(page, "hallwatch_detection_delay_seconds_bucket", le="4.0") == [1]
    assert values_of(page, "hallwatch_broker_dropped_messages_total") == [7]
    assert values_of(page, "hallwatch_history_lost_readings_total") == [5]
    assert values_of(page, "hallwatch_journal_pending_events") == [2]
    assert len(values_of(page, "hallwatch_build_info")) == 1
    assert len(values_of(page, "process_cpu_seconds_total")) == 1


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['"', "\\", "\n", '\\"', "\\n"]
)
parts = st.text(st.characters(exclude_characters="[]\n\r", exclude_categories=["Cs"]), min_size=1, max_size=8)
numbers = st.floats(allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(name=texts, fault_part=texts, part=parts, invented=texts, value=numbers)
def test_what_is_rendered_reads_back_the_same(
    name: str, fault_part: str, part: str, invented: str, value: float
) -> None:
    told = {invented: 1.0, f"toner_ratio[{part}]": value, "input_v": value}
    printer = device(name=name, place=name, metrics=told, faults=(fault(part=fault_part),))
    page = Metrics().render([hall(name=name, devices=(printer,), agents=(agent(host=name, clock_offset_s=value),))])
    assert values_of(page, "hallwatch_hall_info", name=name) == [1]
    assert values_of(page, "hallwatch_device_info", name=name, place=name) == [1]
    assert values_of(page, "hallwatch_fault_active", part=fault_part) == [1]
    assert values_of(page, "hallwatch_reading_toner_ratio", part=part) == [value]
    assert values_of(page, "hallwatch_reading_input_volts") == [value]
    assert values_of(page, "hallwatch_agent_info", host=name) == [1]
    assert values_of(page, "hallwatch_agent_clock_offset_seconds") == [value]


def test_keys_that_mean_the_same_series_stand_once() -> None:
    page = Metrics().render([hall(devices=(device(metrics={"uptime_s": 1.0, "uptime_seconds": 2.0, "UP TIME": 3.0}),))])
    assert values_of(page, "hallwatch_reading_uptime_seconds") == [2.0]
    assert b"UP TIME" not in page


def test_forecasts_are_moments_and_stand_only_for_what_is_known() -> None:
    known = ForecastView(
        fault="toner-runs-out", name="墨粉将用完", name_en="toner", metric="toner_ratio", part="black",
        earliest=1.78e9 + 6e5, likely=1.78e9 + 8e5, latest=None,
    )  # fmt: skip
    unknown = ForecastView(fault="disk-will-fill", name="磁盘", name_en="disk", metric="disk_used_ratio", part="c")
    page = Metrics().render([hall(devices=(device(forecasts=(known, unknown)),))])
    name, marks = "hallwatch_forecast_timestamp_seconds", {"device": "prn-3", "metric": "toner_ratio", "part": "black"}
    assert values_of(page, name, bound="earliest", **marks) == [1.78e9 + 6e5]
    assert values_of(page, name, bound="likely", **marks) == [1.78e9 + 8e5]
    assert len(values_of(page, name)) == 2
