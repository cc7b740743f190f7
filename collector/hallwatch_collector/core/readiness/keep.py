"""What the passing of time asks of a hall's readiness, at every decision."""

from __future__ import annotations

from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.readiness.duty import keep_duty
from hallwatch_collector.core.readiness.events import MaintenanceEnded
from hallwatch_collector.core.readiness.kept import Readiness
from hallwatch_collector.core.readiness.maintenance import keep_maintenance
from hallwatch_collector.core.readiness.rounds import keep_rounds
from hallwatch_collector.core.readiness.store import keep_store
from hallwatch_collector.core.values import HALL_FILE


def keep_readiness(turn: Turn) -> None:
    """Begin and end maintenance, open the round that is due, and ask to be woken for what comes next."""
    keep_maintenance(turn)
    keep_rounds(turn)
    keep_store(turn)
    keep_duty(turn.model, turn.at)


def take_up_readiness(saved: Readiness, turn: Turn) -> None:
    """Take up what was written down, without what the hall file no longer has."""
    model = turn.model
    for work in saved.maintenance.values():
        work.devices = [device for device in work.devices if device in model.devices]
        if not work.devices and work.status != "over":
            turn.events.append(MaintenanceEnded(at=turn.now, maintenance=work.id, by=HALL_FILE))
    works = {name: work for name, work in saved.maintenance.items() if work.devices}
    stock = {name: there for name, there in saved.stock.items() if name in model.store}
    loans = {name: loan for name, loan in saved.loans.items() if {name, loan.device} <= model.devices.keys()}
    model.readiness = Readiness(
        maintenance=works, rounds=list(saved.rounds), rounds_until=saved.rounds_until, stock=stock, loans=loans
    )


def shift_readiness(model: Model, step_s: float) -> None:
    """Let the clock be set: what was said by the calendar stays there, what was said as a span of time moves along."""
    for work in model.readiness.maintenance.values():
        if work.spans and work.ends_at is not None:
            work.ends_at += step_s
        if work.ends_at is None:
            work.begins_at += step_s
    for loan in model.readiness.loans.values():
        loan.at += step_s
    for stock in model.readiness.stock.values():
        stock.counted_at += step_s
    for each in model.readiness.rounds:
        each.ended_at = None if each.ended_at is None else each.ended_at + step_s
