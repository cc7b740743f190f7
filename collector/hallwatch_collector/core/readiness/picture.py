"""Immutable pictures of a hall's readiness, made from its model."""

from __future__ import annotations

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import RoundItem
from hallwatch_collector.core.readiness.duty import on_duty_now
from hallwatch_collector.core.readiness.kept import Maintenance, Round, RoundLine
from hallwatch_collector.core.readiness.rounds import look
from hallwatch_collector.core.readiness.store import count_of, is_due, is_low, may_stand_in, place_of, spares
from hallwatch_collector.core.readiness.tables import Supply
from hallwatch_collector.core.readiness.views import (
    MaintenanceView,
    OnDutyView,
    ReadinessView,
    RoundLineView,
    RoundView,
    SpareView,
    SupplyView,
)


def picture_readiness(model: Model, now: float) -> ReadinessView:
    """Return how ready the hall is."""
    works = sorted(model.readiness.maintenance.values(), key=lambda work: work.begins_at)
    return ReadinessView(
        maintenance=tuple(_maintenance(work) for work in works if work.status != "over"),
        rounds=tuple(_round(model, each, now) for each in reversed(model.readiness.rounds)),
        supplies=tuple(_supply(model, supply, now) for supply in model.hall.supplies),
        spares=tuple(_spare(model, name) for name in spares(model)),
        on_duty=tuple(
            OnDutyView(role=each.role, name=each.name, phone=each.phone)
            for each in on_duty_now(model.hall, model.hours, now)
        ),
    )


def _maintenance(work: Maintenance) -> MaintenanceView:
    return MaintenanceView(
        id=work.id, devices=tuple(work.devices), text=work.text, status=work.status, begins_at=work.begins_at,
        ends_at=work.ends_at, by=work.by,
    )  # fmt: skip


def _round(model: Model, of: Round, now: float) -> RoundView:
    items = {item.id: item for item in model.plan.rounds.items}
    lines = tuple(_line(model, line, items.get(line.item), now if of.is_open else None) for line in of.lines)
    return RoundView(id=of.id, due_at=of.due_at, ended_at=of.ended_at, ended_by=of.ended_by, lines=lines)


def _line(model: Model, line: RoundLine, item: RoundItem | None, now: float | None) -> RoundLineView:
    seen = look(model, item, now) if item is not None and now is not None and not line.result else line
    return RoundLineView(
        item=line.item, text=item.text if item else line.item, text_en=item.text_en if item else line.item,
        watched=seen.watched, found=tuple(seen.found), result=line.result, note=line.note, by=line.by,
    )  # fmt: skip


def _supply(model: Model, supply: Supply, now: float) -> SupplyView:
    there = count_of(model, supply.id)
    return SupplyView(
        id=supply.id, name=supply.name, unit=supply.unit, minimum=supply.minimum, place=place_of(model, supply),
        count=there.count if there else None, counted_at=there.counted_at if there else None,
        counted_by=there.by if there else "", low=is_low(model, supply.id), due=is_due(model, supply.id, now),
    )  # fmt: skip


def _spare(model: Model, name: str) -> SpareView:
    loan = model.readiness.loans.get(name)
    return SpareView(
        id=name, name=model.devices[name].device.name,
        devices=tuple(watch.id for watch in model.devices.values() if watch.device.spare == name),
        lent_to=loan.device if loan else "", ready=loan is None and may_stand_in(model, name),
    )  # fmt: skip
