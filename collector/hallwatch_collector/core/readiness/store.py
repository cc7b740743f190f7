"""The store (备用设备, 耗材, 登记簿, 标识牌; clause B1): what is there, what is short, what is to be counted."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.readiness.cover import in_maintenance
from hallwatch_collector.core.readiness.events import SpareLent, SpareReturned
from hallwatch_collector.core.readiness.kept import Loan, Stock
from hallwatch_collector.core.readiness.tables import DAY_S, Supply
from hallwatch_collector.core.watch import DeviceWatch


def count_of(model: Model, supply: str) -> Stock | None:
    """Return how much of a supply is there; None: nobody ever counted it."""
    return model.readiness.stock.get(supply)


def is_low(model: Model, supply: str) -> bool:
    """Tell whether less of a supply is there than should be; what was never counted is not known to be short."""
    wanted, there = model.store.get(supply), count_of(model, supply)
    return wanted is not None and there is not None and there.count < wanted.minimum


def due_at(model: Model, supply: Supply) -> float | None:
    """Return when a supply is to be counted again: at once when it never was; None: it need not be."""
    if supply.check_every_days is None:
        return None
    there = count_of(model, supply.id)
    return float("-inf") if there is None else there.counted_at + supply.check_every_days * DAY_S


def is_due(model: Model, supply: str, now: float) -> bool:
    """Tell whether a supply is to be counted now."""
    known = model.store.get(supply)
    due = due_at(model, known) if known is not None else None
    return due is not None and due <= now


def place_of(model: Model, supply: Supply) -> str:
    """Return where a supply is kept, by the name that people know, be it a place of the hall file or any words."""
    known = {place.id: place.name for place in model.hall.places}
    known |= {window.id: window.name for window in model.hall.windows}
    return known.get(supply.place, supply.place)


def say_count(model: Model, supply: Supply) -> str:
    """Say how much of a supply is there: 「2支」."""
    there = count_of(model, supply.id)
    return "?" if there is None else f"{there.count:g}{supply.unit}"


def lend(turn: Turn, spare: str, device: str, by: str) -> None:
    """Let a spare stand in for a device from now on (H1)."""
    turn.model.readiness.loans[spare] = Loan(device=device, by=by, at=turn.now)
    turn.events.append(SpareLent(at=turn.now, spare=spare, device=device, by=by))


def take_back(turn: Turn, spare: str, by: str) -> None:
    """Take a spare that is lent back into the store."""
    loan = turn.model.readiness.loans.pop(spare)
    turn.events.append(SpareReturned(at=turn.now, spare=spare, device=loan.device, by=by))


def is_well(model: Model, device: str) -> bool:
    """Tell whether a device has nothing but warnings, and nobody works on it."""
    ill = any(fault.severity == "fault" for _, fault in model.devices[device].raised())
    return not (ill or in_maintenance(model, device))


def keep_store(turn: Turn) -> None:
    """Note which loans are needed, and ask to be woken when a supply is next to be counted."""
    for loan in turn.model.readiness.loans.values():
        loan.needed = loan.needed or not is_well(turn.model, loan.device)
    for supply in turn.model.hall.supplies:
        due = due_at(turn.model, supply)
        if due is not None and due > turn.at:
            turn.model.set_step(due)


def spares(model: Model) -> Iterator[str]:
    """Yield the spares of the hall's devices, each once."""
    named = (watch.device.spare for watch in model.devices.values())
    yield from dict.fromkeys(name for name in named if name is not None and name in model.devices)


def may_stand_in(model: Model, device: str | None) -> bool:
    """Tell whether a device could stand in for another: no fault makes it unusable, nobody works on it."""
    watch = model.devices.get(device or "")
    if watch is None or in_maintenance(model, watch.id):
        return False
    return not any(fault.effect in ("unusable", "hazard") for _, fault in watch.raised())


def working_kiosks(model: Model) -> list[DeviceWatch]:
    """Return the self-service terminals to which people may be led (P3): seen, and good for something."""
    kiosks = [watch for watch in model.devices.values() if watch.device.kind == "kiosk"]
    return [watch for watch in kiosks if may_stand_in(model, watch.id) and not model.is_unknown(watch.id)]


def lend_spares(model: Model) -> dict[str, str]:
    """Return which device each spare is for (H1): spare → the one that somebody lent it to, else, of the devices
    that share it, the one broken longest. What merely wants attention needs none."""
    lent = {spare: loan.device for spare, loan in model.readiness.loans.items()}
    for incident in sorted(model.incidents.values(), key=lambda each: each.began_at):
        for watch in model.watches(incident) if incident.stands else ():
            if watch.device.spare and any(fault.effect != "warning" for _, fault in watch.raised()):
                lent.setdefault(watch.device.spare, watch.id)
    return lent


def is_offered(model: Model, spare: str, device: str) -> bool:
    """Tell whether a spare can be offered for a device: it works, and does not replace another already."""
    return may_stand_in(model, spare) and lend_spares(model).get(spare, device) == device


def supplies_for(model: Model, device: str, faults: set[str]) -> list[Supply]:
    """Return the supplies that mend one of these faults of a device."""
    return [
        each for each in model.hall.supplies if device in each.devices and (not each.faults or faults & {*each.faults})
    ]
