"""What the dashboards of the device classes have in common: how many work, which do not, and the faults."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from dashboards.frame import HALLS, annotate_incidents, area_variable, device_variable, frame, hall_variable
from dashboards.panels import ANY_IS_BAD, ANY_IS_POOR, Column, Query, figure, listing, timeline
from dashboards.words import HALL_PAGE, SERIES_PAGE, USABLE, faults, usable


def begin(title: str, uid: str, about: str, address: str, kinds: str) -> Dashboard:
    """Return the dashboard of the devices of some kinds (a regular expression), its first panels on it."""
    made = frame(title, uid, about, address, [area_variable(), hall_variable(), device_variable(kinds)])
    annotate_incidents(made)
    picked = f'{HALLS},kind=~"{kinds}",device=~"$device"'
    per_device = "max by (area, hall, device)"
    for panel in (
        figure("设备", "这类设备的总数。Devices of this class.", Query(f"count({per_device} (hallwatch_device_info{{{picked}}}))"), span=6),
        figure(
            "不能用", "现在不能用的设备。Devices that cannot be used.",
            Query(f"count({per_device} (hallwatch_device_usable{{{picked}}}) == 0) or vector(0)"), steps=ANY_IS_BAD, span=6,
        ),
        figure(
            "失去监测", "没有人看得见的设备。Devices that nobody sees.",
            Query(f"sum({per_device} (hallwatch_device_unknown{{{picked}}}))"), steps=ANY_IS_POOR, span=6,
        ),
        figure(
            "当前故障", "正在发生的故障。Faults that hold now.",
            Query(f"count(max by (area, hall, device, fault, part) (hallwatch_fault_active{{{picked}}})) or vector(0)"),
            steps=ANY_IS_POOR, span=6,
        ),
    ):  # fmt: skip
        made.with_panel(panel)
    made.with_panel(
        timeline(
            "状态", "每台设备是否可用。Whether each device can be used.", Query(usable(kinds), "{{name}}"), USABLE,
            span=14, height=10, url=SERIES_PAGE,
        )
    )  # fmt: skip
    made.with_panel(
        listing(
            "当前故障", "正在发生的故障。Faults that hold now.",
            {"name": "设备", "fault": "故障", "part": "部件", "effect": "影响", "explained": "由上级引起", "device": "代码", "area": "地区", "hall": "厅"},
            [(Column("数"), faults(kinds, 'device=~"$device"'))],
            span=10, urls={"name": [("页面 page", HALL_PAGE)]},
        )
    )  # fmt: skip
    return made
