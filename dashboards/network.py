"""Network gear: what answers, how full the lines are, and how the gear itself is."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.device_class import begin
from dashboards.panels import Query, chart, row
from dashboards.words import SERIES_PAGE, of_devices

KINDS = "switch|router|firewall|access-point"


def build(address: str) -> Dashboard:
    """Return the dashboard of the network gear."""
    about = "网络设备:端口、流量与设备自身。Network gear: ports, traffic, and the gear itself."
    made = begin("网络设备", "network", about, address, KINDS)
    made.with_row(row("端口 Ports"))
    for title, about, reading, factor, unit, top in (
        ("端口占用率", "线路用了多少。How full the lines are.", "utilisation_ratio", 1, "percentunit", 1),
        ("接收", "每个端口收到的流量。What each port receives.", "receive_bytes_per_second", 8, "bps", None),
        ("发送", "每个端口发出的流量。What each port sends.", "transmit_bytes_per_second", 8, "bps", None),
        ("接收错误", "每秒接收错误。Receive errors a second.", "receive_errors_per_second", 1, "cps", None),
        ("发送错误", "每秒发送错误。Transmit errors a second.", "transmit_errors_per_second", 1, "cps", None),
        ("丢弃", "每秒丢弃的包。Discards a second.", "discards_per_second", 1, "cps", None),
    ):
        expr = of_devices(f"hallwatch_reading_{reading}", KINDS, by="part")
        scaled = expr if factor == 1 else f"{factor} * ({expr})"
        query = Query(scaled, "{{name}} {{part}}")
        made.with_panel(chart(title, about, query, unit=unit, span=8, top=top, url=SERIES_PAGE))
    made.with_row(row("设备自身 The gear itself"))
    for title, about, reading, unit, top in (
        ("处理器", "处理器占用。Processor.", "cpu_used_ratio", "percentunit", 1),
        ("内存", "内存占用。Memory.", "memory_used_ratio", "percentunit", 1),
        ("温度", "机内温度。Temperature.", "temperature_celsius", "celsius", None),
        ("连接时间", "建立 TCP 连接所需时间。Time to connect.", "tcp_connect_seconds", "s", None),
    ):
        query = Query(of_devices(f"hallwatch_reading_{reading}", KINDS), "{{name}}")
        made.with_panel(chart(title, about, query, unit=unit, span=6, top=top, url=SERIES_PAGE))
    return made
