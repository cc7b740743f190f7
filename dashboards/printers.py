"""Printers: which work, and what they will run out of."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.device_class import begin
from dashboards.frame import HALLS
from dashboards.panels import BAD, GOOD, POOR, Column, PanelBuilder, Query, bars, chart, listing, row
from dashboards.words import RATIO_OF_SUPPLY, SERIES_PAGE, named_device, of_devices

KINDS = "printer|ticket-printer"
FORECAST = "hallwatch_forecast_timestamp_seconds"


def build(address: str) -> Dashboard:
    """Return the dashboard of the printers."""
    about = "打印机:状态、耗材与耗尽预计。Printers: state, supplies, and when they will run out."
    made = begin("打印机", "printers", about, address, KINDS)
    made.with_row(row("耗材 Supplies"))
    toner = of_devices("hallwatch_reading_toner_ratio", KINDS, by="part")
    paper = of_devices("hallwatch_reading_input_ratio", KINDS, by="part")
    for panel in (
        bars(
            "碳粉余量(由少到多)", "现在的余量。What is left of the toner.", Query(f"sort({toner})", "{{name}} {{part}}"),
            steps=RATIO_OF_SUPPLY, height=12, url=SERIES_PAGE,
        ),
        bars(
            "纸张余量(由少到多)", "各纸盒现在的余量。What is left of the paper.", Query(f"sort({paper})", "{{name}} {{part}}"),
            steps=RATIO_OF_SUPPLY, height=12, url=SERIES_PAGE,
        ),
        chart("碳粉变化", "余量随时间的变化。How the toner went.", Query(toner, "{{name}} {{part}}"), unit="percentunit", top=1),
        _forecasts(),
    ):  # fmt: skip
        made.with_panel(panel)
    made.with_row(row("用量 Use"))
    made.with_panel(
        chart(
            "打印页数(每小时)", "由计数器算出。Pages an hour, by the printers' own counters.",
            Query(named_device(f"3600 * max by (area, hall, device) (rate(hallwatch_reading_pages_total{{{HALLS}}}[$__rate_interval]))", KINDS), "{{name}}"),
            span=24,
        )
    )  # fmt: skip
    return made


def _forecasts() -> PanelBuilder:
    def days(bound: str) -> str:
        expr = f'max by (area, hall, device, metric, part) ({FORECAST}{{{HALLS},bound="{bound}"}})'
        return f"({named_device(expr, KINDS)}) - time()"

    steps = [(None, BAD), (3 * 86_400.0, POOR), (14 * 86_400.0, GOOD)]
    return listing(
        "预计用尽", "按近日用量推算;不知道的不列出。When it will run out, by the use of the last days; what is not known is not listed.",
        {"name": "设备", "metric": "耗材", "part": "部件", "device": "代码", "area": "地区", "hall": "厅"},
        [(Column("最早", "s", steps), days("earliest")), (Column("大约", "s", steps), days("likely"))], span=12, height=8,
    )  # fmt: skip
