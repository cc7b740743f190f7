"""What figures mean in words and colours, and the expressions that several dashboards share."""

from __future__ import annotations

from typing import Final

from dashboards.frame import HALLS, REAL
from dashboards.panels import BAD, FAIR, GOOD, GREY, POOR

HALL_STATES: Final = {
    0.0: ("正常", GOOD), 1.0: ("需留意", FAIR), 2.0: ("部分受限", POOR), 3.0: ("有窗口停办", BAD), 4.0: ("失去监测", GREY),
}  # fmt: skip
LEVELS: Final = {0.0: ("无", GOOD), 1.0: ("Ⅰ级", BAD), 2.0: ("Ⅱ级", BAD), 3.0: ("Ⅲ级", POOR), 4.0: ("Ⅳ级", FAIR)}
WINDOW_STATES: Final = {0.0: ("停办", BAD), 1.0: ("部分可办", POOR), 2.0: ("可办", GOOD)}
USABLE: Final = {0.0: ("不能用", BAD), 1.0: ("可用", GOOD), 2.0: ("维护中", "blue"), 3.0: ("失去监测", GREY)}
YES: Final = {0.0: ("否", GREY), 1.0: ("是", GOOD)}
CONNECTED: Final = {0.0: ("断开", BAD), 1.0: ("连接", GOOD)}
RATIO_OF_SUPPLY: Final = [(None, BAD), (0.1, POOR), (0.25, GOOD)]
LOAD: Final = [(None, GOOD), (0.75, FAIR), (0.9, BAD)]
AVAILABILITY: Final = [(None, BAD), (0.98, POOR), (0.995, GOOD)]

HALL_PAGE: Final = "${hallwatch_url}/halls/${__data.fields.area}/${__data.fields.hall}"
HALL_BOARD: Final = (
    "/d/hallwatch-hall?var-area=${__data.fields.area}&var-hall=${__data.fields.hall}&${__url_time_range}"
)
TO_HALL: Final = {"hall": [("仪表盘 dashboard", HALL_BOARD), ("页面 page", HALL_PAGE)]}
SERIES_BOARD: Final = (
    "/d/hallwatch-hall?var-area=${__field.labels.area}&var-hall=${__field.labels.hall}&${__url_time_range}"
)
SERIES_PAGE: Final = "${hallwatch_url}/halls/${__field.labels.area}/${__field.labels.hall}"


def named_hall(expr: str) -> str:
    """Return an expression by area and hall, with the halls' names."""
    names = f"max by (area, hall, name) (hallwatch_hall_info{{{HALLS},{REAL}}})"
    return f"{expr} * on (area, hall) group_left (name) {names}"


def of_halls(metric: str) -> str:
    """Return a gauge of halls, with their names."""
    return named_hall(f"max by (area, hall) ({metric}{{{HALLS}}})")


def named_window(expr: str) -> str:
    """Return an expression by area, hall and window, with the windows' names."""
    names = f'max by (area, hall, window, name) (hallwatch_window_info{{{HALLS},window=~"$window"}})'
    return f"{expr} * on (area, hall, window) group_left (name) {names}"


def named_device(expr: str, kinds: str, *, only: str = 'device=~"$device"') -> str:
    """Return an expression by area, hall and device, for devices of some kinds, with their names.

    Readings out of the history have no label ``kind``: which kind a device is, is asked of ``hallwatch_device_info``.
    """
    marks = f'{HALLS},kind=~"{kinds}"' + (f",{only}" if only else "")
    names = f"max by (area, hall, device, name) (hallwatch_device_info{{{marks}}})"
    return f"{expr} * on (area, hall, device) group_left (name) {names}"


def of_devices(metric: str, kinds: str, *, by: str = "", only: str = 'device=~"$device"') -> str:
    """Return a gauge of devices of some kinds, with their names; *by*: it has this label too."""
    labels = ", ".join(filter(None, ("area", "hall", "device", by)))
    return named_device(f"max by ({labels}) ({metric}{{{HALLS}}})", kinds, only=only)


def usable(kinds: str) -> str:
    """Return whether devices can be used, as ``USABLE`` says: maintenance and the unknown are states of their own."""
    picked = f'{HALLS},kind=~"{kinds}"'
    state = (
        f"(max by (area, hall, device) (hallwatch_device_maintenance{{{picked}}}) == 1) * 2"
        f" or (max by (area, hall, device) (hallwatch_device_unknown{{{picked}}}) == 1) * 3"
        f" or max by (area, hall, device) (hallwatch_device_usable{{{picked}}})"
    )
    return named_device(f"({state})", kinds)


def faults(kinds: str, only: str = "") -> str:
    """Return the faults that hold on devices of some kinds, with the devices' names."""
    marks = f'{HALLS},kind=~"{kinds}"' + (f",{only}" if only else "")
    expr = f"max by (area, hall, device, fault, part, effect, explained) (hallwatch_fault_active{{{marks}}})"
    return named_device(expr, kinds, only=only)


def ratio(part: str, whole: str) -> str:
    """Return a share of something; nothing of nothing is no sample."""
    return f"{part} / ({whole} > 0)"
