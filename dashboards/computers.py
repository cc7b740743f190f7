"""Computers: window PCs, kiosks and servers."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.device_class import begin
from dashboards.panels import Query, bars, chart, row
from dashboards.words import LOAD, SERIES_PAGE, of_devices

KINDS = "pc|kiosk|server"


def build(address: str) -> Dashboard:
    """Return the dashboard of the computers."""
    about = "电脑、自助终端与服务器。PCs, kiosks and servers."
    made = begin("电脑与终端", "computers", about, address, KINDS)
    made.with_row(row("负荷 Load"))
    disks = of_devices("hallwatch_reading_disk_used_ratio", KINDS, by="part")
    made.with_panel(
        bars(
            "磁盘占用(由多到少)", "每个磁盘用了多少。How full each disk is.", Query(f"sort_desc({disks})", "{{name}} {{part}}"),
            steps=LOAD, url=SERIES_PAGE,
        )
    )  # fmt: skip
    for title, about, reading, unit, top, span in (
        ("处理器", "处理器占用。Processor.", "cpu_used_ratio", "percentunit", 1, 12),
        ("内存", "内存占用。Memory.", "memory_used_ratio", "percentunit", 1, 12),
        ("连接时间", "建立 TCP 连接所需时间。Time to connect.", "tcp_connect_seconds", "s", None, 12),
        ("网络接收", "收到的流量。Traffic received.", "network_receive_bytes_per_second", "Bps", None, 8),
        ("网络发送", "发出的流量。Traffic sent.", "network_transmit_bytes_per_second", "Bps", None, 8),
        ("已运行", "自上次启动以来。Since the last start.", "uptime_seconds", "s", None, 8),
    ):
        query = Query(of_devices(f"hallwatch_reading_{reading}", KINDS), "{{name}}")
        made.with_panel(chart(title, about, query, unit=unit, span=span, top=top, url=SERIES_PAGE))
    return made
