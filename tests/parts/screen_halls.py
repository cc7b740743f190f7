"""Halls for the tests of screens: with few and many windows, with signs, with paired screens."""

from __future__ import annotations

from typing import Any

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.public_state import NoticeVersion
from hallwatch_collector.core.views import HallView, NoticeView, ScreenView, WindowView
from parts.hall_views import NOW, agent, device, hall, window

FULL = ("filing", "certificates", "invoices", "registration")


def sign(place: str, text: str, **changes: Any) -> Sign:
    """Return a sign; *changes* replace its ordinary values."""
    values: dict[str, Any] = {
        "about": place, "since": NOW - 600, "clause": "H2", "text_en": "Out of use",
        "instead": "自助办税终端2、自助办税终端3", "instead_en": "自助办税终端2, 自助办税终端3",
    }  # fmt: skip
    return Sign(place=place, text=text, **(values | changes))


def notice(id_: str, text: str, **changes: Any) -> NoticeView:
    """Return a public text that is out on the displays."""
    version = NoticeVersion(number=1, text=text, text_en=changes.pop("text_en", ""), by="王主任", at=NOW - 300)
    values: dict[str, Any] = {
        "name": "公告", "incident": "i1", "clause": "R6", "outlets": ("hall-display",), "versions": (version,),
        "in_force": True,
    }  # fmt: skip
    return NoticeView(id=id_, **(values | changes))


def screen(number: int, place: str, **changes: Any) -> ScreenView:
    """Return a paired sign screen that is well."""
    values: dict[str, Any] = {"use": "sign", "by": "李工", "paired_at": NOW - 90_000, "since": NOW - 600}
    return ScreenView(id=f"screen-{number}", place=place, **(values | changes))


def public_hall(windows: int = 12, **changes: Any) -> HallView:
    """Return a hall as the public meets it: most windows open, some partly, some closed, one nobody sees."""
    values: dict[str, Any] = {
        "windows": tuple(_window(number) for number in range(1, windows + 1)),
        "devices": (
            device("kiosk-1", "kiosk", "自助办税终端1", state="unusable"),
            device("kiosk-2", "kiosk", "自助办税终端2"),
            device("ups-1", "ups", "配电间不间断电源", state="hazard"),
            device(
                "queue-1", "queue-machine", "叫号机",
                metrics={"people_waiting": 23.0, "longest_wait_s": 1260.0, "people_waiting[filing]": 14.0},
            ),
        ),
        "agents": (agent("gw", "导税台电脑"),),
        "signs": (
            sign("kiosk-1", "暂停使用", about="自助办税终端1", instead="自助办税终端2", instead_en="自助办税终端2"),
            sign("ups-1", "危险!请勿触摸", about="配电间不间断电源", hazard=True, text_en="Danger! Do not touch",
                 instead="", instead_en=""),
            sign("w3", "暂停服务", about="3号窗口", clause="W2", text_en="Closed",
                 instead="1号窗口、2号窗口(申报、证明开具)", instead_en="1号窗口, 2号窗口 (filing, certificates)"),
        ),
        "signs_due": ("ups-1", "w3"),
        "notices": (
            notice("n1", "因打印机故障,3号窗口暂停开具证明,请到2号、4号窗口办理,给您带来不便,敬请谅解。",
                   text_en="Window 3 issues no certificates at present; please go to windows 2 and 4."),
        ),
        "screens": (
            screen(1, "kiosk-1"),
            screen(2, "w3", lost="silent"),
            screen(3, "", use="display"),
        ),
    }  # fmt: skip
    return hall(**(values | changes))


def _window(number: int) -> WindowView:
    if number % 7 == 3:
        return window(number, FULL, open=False)
    if number % 11 == 5:
        return window(number, FULL, lost=("certificates", "invoices"))
    if number % 13 == 6:
        return window(number, FULL, unknown=FULL)
    return window(number, FULL if number % 2 else FULL[:2])
