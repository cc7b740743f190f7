"""Occasions of the hall itself: maintenance that comes or does not end, a round to do, a store that runs short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions.question import Case, Cases, HallFinder
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.readiness.store import count_of, due_at, is_low, is_well
from hallwatch_collector.core.things import HALL


def _maintenance_ahead(model: Model, now: float) -> Cases:
    for work in model.readiness.maintenance.values():
        announced_at = work.begins_at - work.announce_before_s
        if work.status == "planned" and work.announce_before_s and announced_at <= now:
            yield Case(work.id, announced_at, edition=f"{work.begins_at}-{work.ends_at}")


def _maintenance_overdue(model: Model, _: float) -> Cases:
    for work in model.readiness.maintenance.values():
        if work.status == "overdue":
            overdue_at = work.overdue_at(model.plan.longest_maintenance_s)
            yield Case(work.id, overdue_at)


def _round_due(model: Model, _: float) -> Cases:
    for each in model.readiness.rounds:
        if each.is_open:
            yield Case(each.id, each.due_at)


def _stock_low(model: Model, _: float) -> Cases:
    for supply in model.store:
        there = count_of(model, supply)
        if there is not None and is_low(model, supply):
            yield Case(supply, there.counted_at, edition=f"{there.count:g}")


def _stock_unchecked(model: Model, now: float) -> Cases:
    dues = [due for due in (due_at(model, supply) for supply in model.hall.supplies) if due is not None and due <= now]
    if dues:
        yield Case(HALL, min(dues))


def _spare_returnable(model: Model, _: float) -> Cases:
    for spare, loan in model.readiness.loans.items():
        if loan.needed and is_well(model, loan.device):
            yield Case(spare, loan.at)


HALL_FINDERS: Final[Mapping[Occasion, HallFinder]] = {
    "maintenance-ahead": _maintenance_ahead,
    "maintenance-overdue": _maintenance_overdue,
    "round-due": _round_due,
    "spare-returnable": _spare_returnable,
    "stock-low": _stock_low,
    "stock-unchecked": _stock_unchecked,
}
