"""Words that texts fill in about spares, supplies, and who is on duty: (Chinese, English)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.readiness.duty import who_is_on_duty
from hallwatch_collector.core.readiness.store import is_due, is_offered, place_of, say_count, supplies_for

IF_USABLE: Final = "{}(如可用)"
IF_USABLE_EN: Final = "{} (if it works)"
"""How something is named that may stand in for another, and that nobody sees now."""


def name_ready(model: Model, subject: str) -> str:
    """Return the name of some maintenance, a supply, or a round; empty when it is none of these."""
    work, supply = model.readiness.maintenance.get(subject), model.store.get(subject)
    if work is not None:
        return "、".join(model.devices[device].device.name for device in work.devices)
    if supply is not None:
        return supply.name
    due = next((each.due_at for each in model.readiness.rounds if each.id == subject), None)
    return "" if due is None else f"{model.hours.local(due):%H:%M}巡查"


def say_standins(model: Model, device: str, faults: Collection[str]) -> tuple[str, str]:
    """Name the spare of a device, if it can be offered, and what the store has that mends these faults."""
    spare = model.devices[device].device.spare
    zh, en = [], []
    if spare is not None and is_offered(model, spare, device):
        name, is_unseen = model.devices[spare].device.name, model.is_unknown(spare)
        if spare in model.readiness.loans:
            zh.append(f"{name}(已换上)")
            en.append(f"{name} (in use already)")
        else:
            zh.append(IF_USABLE.format(name) if is_unseen else name)
            en.append(IF_USABLE_EN.format(name) if is_unseen else name)
    for supply in supplies_for(model, device, {*faults}):
        where = f"{place_of(model, supply)}," if supply.place else ""
        zh.append(f"{supply.name}({where}{say_count(model, supply)})")
        en.append(f"{supply.name} ({where.replace(',', ', ')}{say_count(model, supply)})")
    return ("、".join(zh), ", ".join(en)) if zh else ("无备用设备", "none")


def say_on_duty(model: Model, role: str, now: float) -> tuple[str, str]:
    """Name who is on duty in a role, with the phone number."""
    person = who_is_on_duty(model.hall, model.hours, role, now)
    phone = f"({person.phone})" if person and person.phone else ""
    said = f"{person.name}{phone}" if person else ""
    return said or "技术人员", said or "a technician"


def say_stock(model: Model, subject: str, now: float) -> tuple[str, str]:
    """Say how much of a supply is there or, of the hall, which supplies are to be counted."""
    supply = model.store.get(subject)
    if supply is None:
        names = [each.name for each in model.hall.supplies if is_due(model, each.id, now)]
        return "、".join(names), ", ".join(names)
    unit, there = supply.unit, say_count(model, supply)
    return f"现有{there},应有{supply.minimum:g}{unit}", f"{there} left, should be {supply.minimum:g}{unit}"
