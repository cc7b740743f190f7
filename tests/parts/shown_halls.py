"""Halls for the pages' tests: Hallwatch's own, one in which all is well, and a county hall on a bad morning."""

from __future__ import annotations

from typing import Any

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.views import DeviceView, HallView, IncidentView, MeasureView
from parts.hall_views import NOW, agent, device, fault, hall, incident, measure, window


def own_health(**changes: Any) -> HallView:
    """Return Hallwatch's own health, well."""
    parts = (
        device("broker", "other", "消息代理"),
        device("journal", "other", "台账"),
        device("intake", "other", "接收"),
    )
    values: dict[str, Any] = {
        "area": "hallwatch",
        "hall": "self",
        "name": "Hallwatch",
        "internal": True,
        "devices": parts,
    }
    return hall(**(values | changes))


def calm_hall(**changes: Any) -> HallView:
    """Return a hall in which all is well."""
    values: dict[str, Any] = {
        "devices": tuple(_window_devices()),
        "windows": tuple(window(n, _classes(n)) for n in range(1, 7)),
        "agents": (agent("gw", "导税台电脑"),),
    }
    return hall(**(values | changes))


def bad_morning(**changes: Any) -> HallView:
    """Return a hall with a jammed printer, the second line down with what hangs on it, and a PC nobody sees."""
    devices = {d.id: d for d in (*_window_devices(), *_hall_devices())} | {d.id: d for d in _faulty_devices()}
    windows = (
        window(1, _classes(1)),
        window(2, _classes(2)),
        window(3, _classes(3), lost=("certificates", "invoices")),
        window(4, _classes(4), unknown=_classes(4)),
        window(5, _classes(5)),
        window(6, _classes(6), open=False, lost=_classes(6)),
    )
    values: dict[str, Any] = {
        "version": 7,
        "devices": tuple(devices.values()),
        "windows": windows,
        "incidents": _incidents(),
        "measures": _measures(),
        "signs": _signs(),
        "agents": (
            agent("gw", "导税台电脑"),
            agent("pc-4", "4号窗口电脑", alive=False, last_report_at=NOW - 1500, since=NOW - 1480, spooled=12),
        ),
        "contacts": (
            ("head", "王主任", "0571-87654321"),
            ("technician", "李工", "13800000000"),
            ("guide", "导税台", "8001"),
        ),
    }
    return hall(**(values | changes))


def _classes(number: int) -> tuple[str, ...]:
    return ("filing", "certificates", "invoices") if number < 6 else ("filing", "registration")


def _window_devices() -> list[DeviceView]:
    devices = []
    for n in range(1, 7):
        load = {"cpu_used_ratio": 0.07 * n, "memory_used_ratio": 0.41, "disk_free_bytes": 81e9, "boot_at_s": NOW - 9000}
        toner = {"toner_ratio[black]": 0.9 - 0.1 * n, "input_ratio[tray-1]": 0.6, "pages_total": 18_230.0 + n}
        facts = {"model": "HP LaserJet M252dw", "serial": f"VNB3K0{n}"}
        devices.append(device(f"pc-{n}", "pc", f"{n}号窗口电脑", f"w{n}", metrics=load))
        devices.append(device(f"prn-{n}", "printer", f"{n}号窗口打印机", f"w{n}", metrics=toner, facts=facts))
    return devices


def _hall_devices() -> list[DeviceView]:
    return [
        device("prn-spare-1", "printer", "1号备用打印机"),
        device("sw-1", "switch", "大厅交换机", metrics={"receive_bits_per_s[gi0-0-1]": 48.2e6}),
        device("rt-1", "router", "出口路由器"),
        device("rt-2", "router", "自助区路由器"),
        device("kiosk-1", "kiosk", "自助终端1"),
        device("kiosk-2", "kiosk", "自助终端2"),
        device("kiosk-3", "kiosk", "自助终端3"),
        device("queue-1", "queue-machine", "叫号机", metrics={"uptime_s": 7300.0}),
        device("led-1", "display", "LED显示屏"),
        device("ups-1", "ups", "机房不间断电源", metrics={"charge_ratio": 1.0, "runtime_s": 2400.0, "input_v": 231.0}),
        device("core-system", "system", "核心征管系统", metrics={"http_response_s": 0.182, "http_status": 200.0}),
        device("cert-6", "certification", "6号窗口认证设备", "w6"),
    ]


def _faulty_devices() -> list[DeviceView]:
    jam = fault(
        "prn-3",
        "jam",
        "卡纸",
        "paper jam",
        evidence="hrPrinterDetectedErrorState: jammed",
        first_step="打开打印机前盖,顺着走纸方向取出卡住的纸,再合上前盖。",
        first_step_en="Open the front cover, pull the paper out along its path, close the cover.",
    )
    low = fault(
        "prn-5",
        "toner-low",
        "碳粉不足",
        "toner low",
        part="black",
        effect="warning",
        since=NOW - 7200,
        first_step="请备好一支新硒鼓。",
        first_step_en="Have a new cartridge ready.",
    )
    silent = fault(
        "rt-2",
        "unreachable",
        "没有应答",
        "does not answer",
        since=NOW - 1260,
        first_step="看电源灯是否亮;不亮请检查插座,亮着请联系技术组。",
        first_step_en="See whether the power light is on; if not, check the socket, else call the technical group.",
    )
    dead = fault(
        "pc-6",
        "unreachable",
        "电脑没有应答",
        "does not answer",
        since=NOW - 3900,
        first_step="看电脑是否开机;已开机请重启一次。",
        first_step_en="See whether it is switched on; if so, restart it once.",
    )
    behind = [
        device(
            id_,
            kind,
            name,
            state="unusable",
            up=False,
            last_seen=NOW - 1270,
            faults=(fault(id_, "unreachable", "没有应答", "does not answer", since=NOW - 1250, cause="rt-2"),),
        )
        for id_, kind, name in (
            ("kiosk-1", "kiosk", "自助终端1"),
            ("kiosk-2", "kiosk", "自助终端2"),
            ("led-1", "display", "LED显示屏"),
        )
    ]
    return [
        device(
            "prn-3",
            "printer",
            "3号窗口打印机",
            "w3",
            state="unusable",
            faults=(jam,),
            spare="prn-spare-1",
            metrics={"toner_ratio[black]": 0.62},
            facts={"model": "HP LaserJet M252dw"},
        ),
        device(
            "prn-5",
            "printer",
            "5号窗口打印机",
            "w5",
            state="warning",
            faults=(low,),
            metrics={"toner_ratio[black]": 0.06},
        ),
        device("rt-2", "router", "自助区路由器", state="unusable", up=False, faults=(silent,), last_seen=NOW - 1270),
        device("pc-6", "pc", "6号窗口电脑", "w6", state="unusable", up=False, faults=(dead,), last_seen=NOW - 3910),
        device(
            "pc-4",
            "pc",
            "4号窗口电脑",
            "w4",
            state="unknown",
            unknown_because="agent-lost",
            up=None,
            last_seen=NOW - 1500,
        ),
        device(
            "cert-6",
            "certification",
            "6号窗口认证设备",
            "w6",
            state="unknown",
            unknown_because="never",
            up=None,
            last_seen=None,
        ),
        *behind,
    ]


def _incidents() -> tuple[IncidentView, ...]:
    return (
        incident("i1", "prn-3", "3号窗口打印机", fault_id="jam", zh="卡纸", en="paper jam", windows=("w3",)),
        incident(
            "i2",
            "rt-2",
            "自助区路由器",
            fault_id="unreachable",
            zh="没有应答",
            en="does not answer",
            level="Ⅲ",
            status="acknowledged",
            opened_at=NOW - 1250,
            explained=3,
        ),
        incident(
            "i3",
            "pc-6",
            "6号窗口电脑",
            fault_id="unreachable",
            zh="电脑没有应答",
            en="does not answer",
            windows=("w6",),
            opened_at=NOW - 3890,
        ),
        incident(
            "i4",
            "queue-1",
            "叫号机",
            fault_id="service-needed",
            zh="需要维护",
            en="wants service",
            status="recovered",
            opened_at=NOW - 9000,
            recovered_at=NOW - 5400,
        ),
    )


def _measures() -> tuple[MeasureView, ...]:
    return (
        measure(
            "m1",
            "W1",
            "ask",
            "3号窗口",
            text="把3号窗口的证明开具、发票领用改到5号窗口办理。",
            text_en="Move certificates and invoices of window 3 to window 5.",
        ),
        measure(
            "m2",
            "W2",
            "ask",
            "4号窗口",
            text="4号窗口情况不明超过 20 分钟,建议暂停服务。",
            text_en="Window 4 has been unknown for 20 minutes: close it.",
            subject="w4",
            due_at=NOW + 600,
        ),
        measure(
            "m3",
            "D4",
            "show",
            "叫号机",
            text="核对故障前最后一笔业务是否已办成。",
            text_en="Check that the last transaction before the fault went through.",
            incident="i4",
            owner="staff",
            due_at=NOW - 300,
        ),
        measure(
            "m4",
            "H2",
            "show",
            "3号窗口打印机",
            text="引导办税人到5号窗口打印。",
            text_en="Lead people to window 5 to print.",
            owner="guide",
        ),
        measure(
            "m5",
            "H1",
            "auto",
            "3号窗口打印机",
            text="已通知技术组检修,备用设备:1号备用打印机。",
            text_en="The technical group was told; spare: 1号备用打印机.",
            owner="technician",
        ),
        measure(
            "m6",
            "W2",
            "ask",
            "6号窗口",
            text="6号窗口暂停服务。",
            text_en="Close window 6.",
            incident="i3",
            status="confirmed",
            decided_by="王主任",
        ),
    )


def _signs() -> tuple[Sign, ...]:
    return (
        Sign(place="w3", text="暂停使用", about="3号窗口打印机", since=NOW - 700, clause="H2", instead="5号窗口"),
        Sign(place="w6", text="暂停服务", about="6号窗口", since=NOW - 3600, clause="W2", instead="1号至5号窗口"),
    )
