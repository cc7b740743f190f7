"""The region: every hall with its state, its level and what it can take."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import HALLS, REAL, annotate_incidents, area_variable, frame, hall_variable
from dashboards.panels import (
    ANY_IS_BAD,
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
from dashboards.words import HALL_STATES, LEVELS, SERIES_BOARD, TO_HALL, named_hall, of_halls

OPEN_INCIDENTS = f'(hallwatch_incidents{{{HALLS},status!="closed"}} and on (area, hall) hallwatch_hall_info{{{REAL}}})'
STATE = f"max by (area, hall) (hallwatch_hall_state{{{HALLS}}})"


def build(address: str) -> Dashboard:
    """Return the dashboard of the region."""
    about = "各办税服务厅的状态、响应级别与受理能力。The state, level and capacity of every hall."
    made = frame("区域总览", "region", about, address, [area_variable(), hall_variable()])
    annotate_incidents(made)
    _add_figures(made)
    made.with_panel(_halls())
    made.with_row(row("变化 Over time"))
    made.with_panel(
        timeline(
            "各厅状态", "每个厅的状态随时间的变化。How the state of each hall went.",
            Query(of_halls("hallwatch_hall_state"), "{{name}}"), HALL_STATES, url=SERIES_BOARD,
        )
    )  # fmt: skip
    made.with_panel(
        chart(
            "受理能力", "各窗口业务中现在可办的比例。Share of what the windows offer that they can take.",
            Query(of_halls("hallwatch_hall_capacity_ratio"), "{{name}}"), unit="percentunit", top=1, url=SERIES_BOARD,
        )
    )  # fmt: skip
    made.with_panel(
        chart(
            "未结事件(按级别)", "尚未结束的事件数。Incidents that are not closed, by level.",
            Query(f"sum by (level) ({OPEN_INCIDENTS})", "{{level}}"), stacked=True,
        )
    )  # fmt: skip
    return made


def _add_figures(made: Dashboard) -> None:
    def in_state(state: int) -> Query:
        return Query(f"count({STATE} == {state}) or vector(0)")

    capacity = f"avg(max by (area, hall) (hallwatch_hall_capacity_ratio{{{HALLS}}}))"
    worst = f"min(max by (area, hall) (hallwatch_hall_level{{{HALLS}}}) > 0) or vector(0)"
    for panel in (
        figure("办税服务厅", "监测中的厅数。Halls.", Query(f"count({STATE})"), span=3),
        figure("营业中", "正在营业的厅数。Halls in business hours.", Query(f"sum(max by (area, hall) (hallwatch_hall_open{{{HALLS}}}))"), span=3),
        figure("有窗口停办", "有窗口什么也办不了的厅。Halls with a window that takes nothing.", in_state(3), steps=ANY_IS_BAD, span=3),
        figure("部分受限", "有窗口少办部分业务的厅。Halls with a window that lost part of its business.", in_state(2), steps=ANY_IS_POOR, span=3),
        figure("失去监测", "没有一个采集程序在线的厅。Halls without any agent connected.", in_state(4), steps=ANY_IS_BAD, span=3),
        figure("最高级别", "未结事件中最高的响应级别。The gravest level.", Query(worst), words=LEVELS, span=3),
        figure("未结事件", "尚未结束的事件。Incidents that are not closed.", Query(f"sum({OPEN_INCIDENTS}) or vector(0)"), steps=ANY_IS_POOR, span=3),
        figure(
            "平均受理能力", "各厅受理能力的平均。The mean of the halls' capacity.", Query(capacity), unit="percentunit",
            steps=[(None, BAD), (0.8, POOR), (0.95, GOOD)], span=3,
        ),
    ):  # fmt: skip
        made.with_panel(panel)


def _halls() -> PanelBuilder:
    nothing = f"0 * {STATE}"
    incidents = f"sum by (area, hall) ({OPEN_INCIDENTS}) or {nothing}"
    unseen = f"sum by (area, hall) (hallwatch_device_unknown{{{HALLS}}})"
    waiting = f'sum by (area, hall) (max by (area, hall, device) (hallwatch_reading_people_waiting{{{HALLS},part=""}}))'
    capacity = [(None, BAD), (0.8, POOR), (0.95, GOOD)]
    return listing(
        "各厅现状", "点厅名打开该厅的仪表盘或页面。A hall's name leads to its dashboard and its page.",
        {"name": "办税服务厅", "area": "地区", "hall": "代码"},
        [
            (Column("状态", words=HALL_STATES), of_halls("hallwatch_hall_state")),
            (Column("级别", words=LEVELS), of_halls("hallwatch_hall_level")),
            (Column("受理能力", "percentunit", capacity, decimals=0), of_halls("hallwatch_hall_capacity_ratio")),
            (Column("无窗口可办的业务", steps=ANY_IS_BAD), of_halls("hallwatch_hall_classes_unserved")),
            (Column("未结事件", steps=ANY_IS_POOR), named_hall(f"({incidents})")),
            (Column("排队人数"), named_hall(waiting)),
            (Column("失去监测的设备", steps=ANY_IS_POOR), named_hall(unseen)),
        ],
        urls={"name": TO_HALL["hall"], **TO_HALL}, sort="状态",
    )  # fmt: skip
