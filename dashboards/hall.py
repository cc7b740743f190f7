"""One hall: its windows, who waits, what is broken, and what the plan asks for."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import HALLS, annotate_incidents, area_variable, frame, hall_variable, window_variable
from dashboards.panels import (
    ANY_IS_POOR,
    BAD,
    GOOD,
    POOR,
    Column,
    PanelBuilder,
    Query,
    chart,
    figure,
    listing,
    row,
    timeline,
)
from dashboards.words import HALL_PAGE, HALL_STATES, LEVELS, SERIES_PAGE, WINDOW_STATES, faults, named_window

WINDOWS = f'{HALLS},window=~"$window"'
BY_WINDOW = "max by (area, hall, window)"


def build(address: str) -> Dashboard:
    """Return the dashboard of a hall."""
    about = "一个办税服务厅:窗口、排队、故障与应急措施。One hall: windows, queues, faults and measures."
    variables = [area_variable(several=False), hall_variable(several=False), window_variable()]
    made = frame("办税服务厅", "hall", about, address, variables)
    annotate_incidents(made)
    _add_figures(made)
    made.with_panel(_windows()).with_panel(_faults())
    made.with_row(row("排队与受影响业务 Queues and business"))
    _add_business(made)
    made.with_row(row("应急处置 Response"))
    _add_response(made)
    return made


def _add_figures(made: Dashboard) -> None:
    agents = f"hallwatch_agent_up{{{HALLS}}}"
    for panel in (
        figure("状态", "全厅状态。The state of the hall.", Query(f"max(hallwatch_hall_state{{{HALLS}}})"), words=HALL_STATES),
        figure("响应级别", "最高的响应级别。The gravest level.", Query(f"max(hallwatch_hall_level{{{HALLS}}})"), words=LEVELS),
        figure(
            "受理能力", "现在可办的业务比例。Share of the offered business.", Query(f"min(hallwatch_hall_capacity_ratio{{{HALLS}}})"),
            unit="percentunit", steps=[(None, BAD), (0.8, POOR), (0.95, GOOD)], decimals=0,
        ),
        figure("可办窗口", "能办业务的窗口数。Windows that take business.", Query(f"sum({BY_WINDOW} (hallwatch_window_open{{{HALLS}}}))")),
        figure("排队人数", "现在等候的人数。People who wait.", Query(f'sum(max by (device) (hallwatch_reading_people_waiting{{{HALLS},part=""}}))')),
        figure("离线采集程序", "没有连接的采集程序。Agents that are not connected.", Query(f"count({agents} == 0) or vector(0)"), steps=ANY_IS_POOR),
    ):  # fmt: skip
        made.with_panel(panel)


def _windows() -> PanelBuilder:
    whole = f"{BY_WINDOW} (hallwatch_window_classes_lost{{{WINDOWS}}}) == bool 0"
    state = f"{BY_WINDOW} (hallwatch_window_open{{{WINDOWS}}}) * (1 + ({whole}))"
    return timeline(
        "窗口", "每个窗口能办什么;无色块表示不知道。What each window takes; no colour: not known.",
        Query(named_window(f"({state})"), "{{name}}"), WINDOW_STATES, url=SERIES_PAGE,
    )  # fmt: skip


def _faults() -> PanelBuilder:
    return listing(
        "当前故障", "正在发生的故障;「由上级引起」的只显示,不另行通知。Faults that hold now.",
        {"name": "设备", "fault": "故障", "part": "部件", "effect": "影响", "explained": "由上级引起", "device": "代码", "area": "地区", "hall": "厅"},
        [(Column("数"), faults(".*"))], height=8, urls={"name": [("页面 page", HALL_PAGE)]},
    )  # fmt: skip


def _add_business(made: Dashboard) -> None:
    by_part = 'part!=""'
    lost = named_window(f"{BY_WINDOW} (hallwatch_window_classes_lost{{{WINDOWS}}})")
    for panel in (
        chart(
            "等候人数(按业务)", "叫号机所报。As the queue machine tells.",
            Query(f"max by (part) (hallwatch_reading_people_waiting{{{HALLS},{by_part}}})", "{{part}}"), stacked=True,
        ),
        chart(
            "最长等候", "等得最久的人等了多久。How long the one who waits longest has waited.",
            Query(f"max by (device) (hallwatch_reading_longest_wait_seconds{{{HALLS}}})", "{{device}}"), unit="s",
        ),
        chart("窗口少办的业务数", "每个窗口现在办不了的业务种类数。Classes that each window cannot take.", Query(lost, "{{name}}"), url=SERIES_PAGE),
        chart(
            "设备状况", "不能用与失去监测的设备数。Devices that cannot be used, and that nobody sees.",
            Query(f"count(hallwatch_device_usable{{{HALLS}}} == 0) or vector(0)", "不能用"),
            Query(f"sum(hallwatch_device_unknown{{{HALLS}}})", "失去监测"),
            Query(f"sum(hallwatch_device_maintenance{{{HALLS}}})", "维护中"),
        ),
    ):  # fmt: skip
        made.with_panel(panel)


def _add_response(made: Dashboard) -> None:
    begun = "hallwatch_incident_began_timestamp_seconds"
    made.with_panel(
        listing(
            "未恢复的事件", "事件已持续的时间。Incidents that stand, and for how long.",
            {"name": "设备", "fault_name": "故障", "level": "级别", "incident": "编号", "area": "地区", "hall": "厅"},
            [(Column("已持续", "s"), f"time() - max by (area, hall, incident, name, level, fault_name) ({begun}{{{HALLS}}})")],
            span=12, height=8, urls={"incident": [("页面 page", f"{HALL_PAGE}/incidents/${{__data.fields.incident}}")]},
        )
    )  # fmt: skip
    made.with_panel(
        chart(
            "措施", "按预案提出的措施,按状态。Measures of the plan by status.",
            Query(f"sum by (status) (hallwatch_measures{{{HALLS}}})", "{{status}}"), stacked=True,
        )
    )  # fmt: skip
    made.with_panel(
        chart(
            "未结事件(按状态)", "尚未结束的事件。Incidents that are not closed, by status.",
            Query(f'sum by (status) (hallwatch_incidents{{{HALLS},status!="closed"}})', "{{status}}"), stacked=True,
        )
    )  # fmt: skip
    made.with_panel(
        chart("告示", "挂出的告示牌数。Signs that are up.", Query(f"sum(hallwatch_signs{{{HALLS}}})", "告示"))
    )
