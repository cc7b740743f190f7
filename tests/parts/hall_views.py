"""Builders of view structs, each with the ordinary values of something that is well."""

from __future__ import annotations

from typing import Any

from hallwatch_collector.core.availability import Present
from hallwatch_collector.core.closeup import CloseUp
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import (
    AgentView,
    DeviceView,
    FaultView,
    HallView,
    IncidentView,
    MeasureView,
    WindowView,
)

NOW = 1_763_692_800.0  # 2025-11-21 10:40 in Shanghai
KEY = HallKey("330106", "xihu")
CLASSES = {"filing": "申报", "certificates": "证明开具", "invoices": "发票领用", "registration": "税务登记"}
CLASSES_EN = {
    "filing": "filing",
    "certificates": "certificates",
    "invoices": "invoices",
    "registration": "registration",
}


def fault(device: str, name: str, zh: str, en: str, **changes: Any) -> FaultView:
    """Return a fault; *changes* replace its ordinary values."""
    values: dict[str, Any] = {
        "part": "",
        "severity": "major",
        "effect": "unusable",
        "since": NOW - 720,
        "raised_at": NOW - 710,
        "cause": "",
        "flapping": False,
        "evidence": "",
        "first_step": "",
        "first_step_en": "",
    }
    return FaultView(device=device, fault=name, name=zh, name_en=en, **(values | changes))


def device(id_: str, kind: str, name: str, place: str = "", **changes: Any) -> DeviceView:
    """Return a device that is well; *changes* make it less so."""
    values: dict[str, Any] = {
        "state": "ok",
        "unknown_because": "",
        "up": True,
        "last_seen": NOW - 8,
        "faults": (),
        "metrics": {},
        "facts": {},
        "spare": "",
        "substitute": "",
    }
    return DeviceView(id=id_, kind=kind, name=name, place=place, **(values | changes))


def window(number: int, classes: tuple[str, ...], **changes: Any) -> WindowView:
    """Return an open window that takes everything; *changes* make it less so."""
    values: dict[str, Any] = {"open": True, "lost": (), "unknown": (), "devices": ()}
    return WindowView(id=f"w{number}", number=number, name=f"{number}号窗口", classes=classes, **(values | changes))


def incident(id_: str, device_id: str, name: str, *, fault_id: str, zh: str, en: str, **changes: Any) -> IncidentView:
    """Return an incident nobody has taken on yet."""
    values: dict[str, Any] = {
        "status": "detected",
        "level": "Ⅳ",
        "opened_at": NOW - 710,
        "recovered_at": None,
        "closed_at": None,
        "windows": (),
        "explained": 0,
    }
    return IncidentView(
        id=id_,
        device=device_id,
        device_name=name,
        faults=(fault_id,),
        fault_names=(zh,),
        fault_names_en=(en,),
        **(values | changes),
    )


def measure(id_: str, clause: str, mode: str, about: str, *, text: str, text_en: str, **changes: Any) -> MeasureView:
    """Return an open measure."""
    values: dict[str, Any] = {
        "incident": "i1",
        "subject": "w3",
        "owner": "head",
        "group": "",
        "raised_at": NOW - 700,
        "due_at": None,
        "status": "open",
        "decided_by": "",
        "reason": "",
    }
    return MeasureView(
        id=id_, clause=clause, mode=mode, subject_name=about, text=text, text_en=text_en, **(values | changes)
    )


def agent(id_: str, name: str, **changes: Any) -> AgentView:
    """Return an agent that is well."""
    values: dict[str, Any] = {
        "alive": True,
        "seen": True,
        "since": NOW - 86_400,
        "last_report_at": NOW - 8,
        "version": "0.1.0",
        "host": id_,
        "spooled": 0,
        "dropped": 0,
        "gaps": 0,
        "clock_offset_s": 0.2,
        "probes": 14,
    }
    return AgentView(id=id_, name=name, **(values | changes))


def hall(**changes: Any) -> HallView:
    """Return an empty hall; *changes* fill it."""
    values: dict[str, Any] = {
        "area": KEY.area,
        "hall": KEY.hall,
        "name": "西湖区办税服务厅",
        "timezone": "Asia/Shanghai",
        "simulated": False,
        "internal": False,
        "version": 1,
        "at": NOW,
        "class_names": CLASSES,
        "place_names": {"machine-room": "机房"},
        "class_names_en": CLASSES_EN,
        "devices": (),
        "windows": (),
        "incidents": (),
        "measures": (),
        "signs": (),
        "agents": (),
        "contacts": (),
    }
    return HallView(**(values | changes))


def look_at(name: str, **changes: Any) -> CloseUp:
    """Return a device from near, of which nothing special is known; *changes* tell more."""
    present = Present(
        device=name, faults={}, effects={}, unseen=False, worked_on=frozenset(), first_read_at=NOW - 40 * 86_400
    )
    values: dict[str, Any] = {
        "probes": (),
        "values": (),
        "depends_on": (),
        "carries": (),
        "serves": (),
        "hosts": "",
        "is_askable": False,
        "present": present,
    }
    return CloseUp(device=name, **(values | changes))
