"""Readiness: work covers what comes of it and nothing else; spares come back; a round is one at a time (S9, H1, A4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.model import Model
from parts.upright.asking import covered, is_answered, is_asked


def _maintenance(model: Model, _: float) -> Iterator[str]:
    """Nothing is raised for a device that is worked on, and what is left when the work is over is a fault again."""
    quiet = covered(model)
    for watch in model.devices.values():
        for alarm, fault in watch.raised():
            behind = alarm.cause or watch.id
            ours = watch.device.kind != "class" and fault.effect != "hazard" and alarm.fault != "maintenance-too-long"
            if ours and alarm.planned is not (behind in quiet):
                yield f"{watch.id} has {alarm.key}, {'planned' if alarm.planned else 'not planned'}, behind it {behind}"
    for work in model.readiness.maintenance.values():
        overdue = is_answered(model, "maintenance-overdue", work.id)
        if work.status == "overdue" and not overdue:
            yield f"{work.id} lasts too long, and nobody is told"
        if work.status == "planned" and is_asked(model, "maintenance-overdue", work.id):
            yield f"{work.id} has not begun, and somebody is asked to end it"


def _spares(model: Model, _: float) -> Iterator[str]:
    """A spare that is lent for a device which is well again is asked back; for one that is not, nobody asks."""
    worked_on = {
        device for work in model.readiness.maintenance.values() if work.status == "running" for device in work.devices
    }
    for spare, loan in model.readiness.loans.items():
        faults = [alarm for alarm, fault in model.devices[loan.device].raised() if fault.severity == "fault"]
        is_well = not faults and loan.device not in worked_on
        if is_well and loan.needed and not is_answered(model, "spare-returnable", spare):
            yield f"{spare} is lent for {loan.device}, which is well again, and nobody is asked to take it back"
        if not is_well and is_asked(model, "spare-returnable", spare):
            yield f"{spare} is asked back from {loan.device}, which has {[alarm.fault for alarm in faults]}"


def _rounds(model: Model, now: float) -> Iterator[str]:
    """A round is open on its own day only, one at a time, and somebody is asked to do it."""
    rounds = [each for each in model.readiness.rounds if each.ended_at is None]
    if len(rounds) > 1:
        yield f"{[each.id for each in rounds]} are open at once"
    for each in rounds:
        if model.hours.day_of(each.due_at) != model.hours.day_of(now):
            yield f"{each.id} is of another day, and open"
        if not is_asked(model, "round-due", each.id):
            yield f"{each.id} is open, and nobody is asked to do it"


CHECKS: Final = (_maintenance, _spares, _rounds)
