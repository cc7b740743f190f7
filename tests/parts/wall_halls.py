"""A county hall whose picture is drawn, in every state that a wall screen has to show whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hallwatch_collector.core.hall import Position
from hallwatch_collector.core.readiness.views import MaintenanceView, ReadinessView
from hallwatch_collector.core.views import DeviceView, HallView, IncidentView, MeasureView, WindowView
from parts.hall_views import NOW, agent, device, fault, hall, incident, measure, window
from parts.screen_halls import notice

CLASSES: Final = ("filing", "certificates")
PLACES: Final = {"corner": "自助办税区", "guide-desk": "导税台", "hall": "等候大厅", "machine-room": "机房"}
SPOTS: Final = {
    **{f"w{number}": Position(x=2 * number - 1, y=1, w=2, h=3) for number in range(1, 9)},
    "corner": Position(x=1, y=4, w=4, h=3), "guide-desk": Position(x=5, y=4, w=3, h=3),
    "hall": Position(x=8, y=4, w=5, h=3), "machine-room": Position(x=13, y=4, w=4, h=3),
}  # fmt: skip
LONG_STEP: Final = (
    "请信息中心值班(0571-000002)检修{name}(报障:有危险),第一步:先断电、拦住人群,再到现场查看。备用:无备用设备。"
)
LONG_NOTICE: Final = "因核心征管系统升级,本厅自3月14日18时至3月15日8时暂停办理各项业务,请到电子税务局办理。" * 6
FAULTS: Final = (
    ("unreachable", "业务系统无法访问", "cannot be reached"),
    ("reported-bad", "报障:使用不正常", "reported: does not work well"),
    ("jam", "卡纸", "paper jam"),
)


def county(windows: int = 8, *, drawn: bool = True, **changes: Any) -> HallView:
    """Return a hall of eight windows (or more, not drawn) with forty devices, in which all is well."""
    at_windows = [
        device(f"{kind}-{number}", kind, f"{number}号窗口{name}", f"w{number}")
        for number in range(1, windows + 1)
        for kind, name in (("pc", "电脑"), ("prn", "打印机"), *((("tax", "抄报税设备"),) if number > 6 else ()))
    ]
    elsewhere = [
        *(device(f"kiosk-{n}", "kiosk", f"自助办税终端{n}", "corner") for n in (1, 2, 3)),
        device("pc-guide", "pc", "导税台电脑", "guide-desk"),
        device("prn-guide", "printer", "导税台打印机", "guide-desk"),
        device("led", "display", "LED显示屏", "hall"), device("prn-spare", "printer", "备用打印机"),
        device("queue-1", "queue-machine", "叫号机", "hall",
               metrics={"people_waiting": 12.0, "longest_wait_s": 300.0, "people_waiting[filing]": 12.0}),
        *(device(f"cam-{n}", "camera", f"等候大厅摄像机{n}", "hall") for n in (1, 2, 3)),
        device("ups", "ups", "机房UPS", "machine-room"), device("sw", "switch", "核心交换机", "machine-room"),
        device("uplink", "router", "上联光纤(市局网关)", "machine-room"),
        *(device(id_, "system", name) for id_, name in (("core", "核心征管系统"), ("etax", "网上税务局"))),
    ]  # fmt: skip
    values: dict[str, Any] = {
        "name": "模拟县办税服务厅", "simulated": True, "place_names": PLACES, "positions": SPOTS if drawn else {},
        "devices": (*at_windows, *elsewhere), "agents": (agent("gw", "导税台电脑"),),
        "windows": tuple(window(number, CLASSES) for number in range(1, windows + 1)),
    }  # fmt: skip
    return hall(**(values | changes))


def broken(count: int, *, state: str = "unusable", view: HallView | None = None, **changes: Any) -> HallView:
    """Return the hall with so many troubles, the gravest with a long step, and its windows hit by them."""
    view = view or county()
    ill = [each.id for each in view.devices][:count]
    windows = tuple(_hit(each, ill) for each in view.windows)
    values = {name: getattr(view, name) for name in view.__struct_fields__}
    values |= {
        "devices": tuple(_break(each, state if each.id == ill[0] else "unusable", ill) for each in view.devices),
        "windows": windows,
        "incidents": tuple(_incident(number, each, view) for number, each in enumerate(ill)),
        "measures": tuple(_measure(number, each, view) for number, each in enumerate(ill)),
    }
    return HallView(**(values | changes))


def blind(view: HallView) -> HallView:
    """Return the hall when nothing is heard of it any more."""
    values = {name: getattr(view, name) for name in view.__struct_fields__}
    silent = agent("gw", "导税台电脑", alive=False, last_report_at=NOW - 1500, since=NOW - 1400)
    return HallView(**(values | {"agents": (silent,)}))


def notices(count: int) -> tuple[Any, ...]:
    """Return public texts in force, the first of them long."""
    return tuple(notice(f"n{n}", "3号窗口暂停办理。" if n else LONG_NOTICE) for n in range(count))


def works(count: int) -> ReadinessView:
    """Return maintenance under way."""
    return ReadinessView(
        maintenance=tuple(
            MaintenanceView(
                id=f"m{n}", devices=(f"prn-{n + 1}",), text="换滚筒,清洁定影组件并打印测试页" if n else "换滚筒",
                status="running", begins_at=NOW - 600, ends_at=NOW + 960, by="李工",
            )
            for n in range(count)
        )
    )  # fmt: skip


STATES: Final[dict[str, Callable[[], HallView]]] = {
    "well": county,
    "one": lambda: broken(1),
    "two-long-notice": lambda: broken(2, notices=notices(1), readiness=works(1)),
    "three": lambda: broken(3),
    "many": lambda: broken(19, notices=notices(3), readiness=works(1)),
    "hazard": lambda: broken(4, state="hazard", readiness=works(1)),
    "maintenance": lambda: county(readiness=works(5), notices=notices(2)),
    "blind": lambda: blind(county()),
    "blind-broken": lambda: blind(broken(4, state="hazard", notices=notices(1))),
    "steps": lambda: blind(county(measures=_steps(), incidents=_ended())),
    "big-well": lambda: county(60, drawn=False),
    "big-many": lambda: broken(70, view=county(60, drawn=False), notices=notices(2)),
    "big-blind": lambda: blind(county(60, drawn=False)),
    "rows": lambda: broken(9, view=county(14, drawn=False)),
    "narrow-tiles": lambda: broken(9, view=_narrow()),
}
"""Name → the hall."""


def _narrow() -> HallView:
    """Return a hall that is drawn forty cells wide: too narrow for words."""
    spots = {f"w{n}": Position(x=2 * n - 1, y=1, w=1, h=2) for n in range(1, 21)}
    return county(20, positions=spots | {"hall": Position(x=1, y=4, w=40, h=2)})


def _break(each: DeviceView, state: str, ill: list[str]) -> DeviceView:
    if each.id not in ill:
        return each
    name, zh, en = FAULTS[ill.index(each.id) % len(FAULTS)]
    wrong = fault(each.id, name, zh, en, effect=state, since=NOW - 300 * (len(ill) - ill.index(each.id)))
    return device(each.id, each.kind, each.name, each.place, state=state, faults=(wrong,))


def _hit(each: WindowView, ill: list[str]) -> WindowView:
    pc, printer = f"pc-{each.number}" in ill, f"prn-{each.number}" in ill
    lost = CLASSES if pc else CLASSES[1:] if printer else ()
    return window(each.number, CLASSES, lost=lost)


def _incident(number: int, id_: str, view: HallView) -> IncidentView:
    found = next(each for each in view.devices if each.id == id_)
    name, zh, en = FAULTS[number % len(FAULTS)]
    windows = (found.place,) if found.place.startswith("w") else ()
    back_at = NOW + 1800 if number % 2 else None
    return incident(
        f"i{number}", id_, found.name, fault_id=name, zh=zh, en=en, level="Ⅲ", windows=windows, back_at=back_at
    )


def _measure(number: int, id_: str, view: HallView) -> MeasureView:
    name = next(each.name for each in view.devices if each.id == id_)
    text = LONG_STEP.format(name=name) if number == 0 else f"请检修{name}。"
    return measure(f"m{number}", "H2", "show", name, text=text, text_en=text, incident=f"i{number}", owner="technician")


def _steps() -> tuple[MeasureView, ...]:
    long = "【演练】Ⅲ级事件:请向县局领导小组报告(上联光纤(市局网关):故障已消除),报告后勾选。(演练:不真的上报。)"
    return tuple(
        measure(f"s{n}", "R1", "show", "大厅", text=long, text_en=long, incident="e1", owner=owner, due_at=NOW + 1600)
        for n, owner in enumerate(("head", "staff", "guide", "technician", "head", "staff"))
    )


def _ended() -> tuple[IncidentView, ...]:
    over = {"status": "recovered", "recovered_at": NOW - 300}
    return (incident("e1", "uplink", "上联光纤(市局网关)", fault_id="unreachable", zh="中断", en="down", **over),)
