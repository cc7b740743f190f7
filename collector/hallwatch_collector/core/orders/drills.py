"""What a drill does to its twin hall (B3)."""

from __future__ import annotations

from hallwatch_collector.core.commands import CommandRefused, DrillStep
from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right


def note_step(turn: Turn, command: DrillStep) -> None:
    """Note a step of the drill in the record."""
    check_right(turn.model, command, "manage")
    if not turn.model.hall.drill:
        raise CommandRefused("no-drill", hall=str(turn.model.hall.key))
    stepped = DrillStepped(
        at=turn.now, act=command.act, scenario=command.scenario, group=command.group, thing=command.thing,
        fault=command.fault, by=command.by,
    )  # fmt: skip
    turn.events.append(stepped)
