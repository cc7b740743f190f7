"""UPSes: is there mains power, and how long would the batteries last."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.device_class import begin
from dashboards.panels import Query, chart, row
from dashboards.words import SERIES_PAGE, of_devices

KINDS = "ups"


def build(address: str) -> Dashboard:
    """Return the dashboard of the UPSes."""
    about = "UPS:市电、电量、负载与续航。UPSes: mains, charge, load and run time."
    made = begin("UPS 与供电", "power", about, address, KINDS)
    made.with_row(row("供电 Power"))
    for title, about, reading, unit, top in (
        ("电池电量", "电池剩余电量。Charge of the battery.", "charge_ratio", "percentunit", 1),
        ("负载", "输出负载。Load.", "load_ratio", "percentunit", 1),
        ("可续航", "停电后还能维持多久。How long the battery will last.", "runtime_seconds", "s", None),
        ("已用电池供电", "靠电池供电已多久。How long it has run on battery.", "on_battery_seconds", "s", None),
        ("输入电压", "市电电压。Mains voltage.", "input_volts", "volt", None),
        ("温度", "机内温度。Temperature.", "temperature_celsius", "celsius", None),
    ):
        query = Query(of_devices(f"hallwatch_reading_{reading}", KINDS), "{{name}}")
        made.with_panel(chart(title, about, query, unit=unit, span=8, top=top, url=SERIES_PAGE))
    return made
