"""What people's commands do: confirm, decline, tick, acknowledge. Of two answers to one question the first wins."""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.commands import Acknowledge, AnyCommand, CommandRefused, Confirm, Decline, Tick
from hallwatch_collector.core.events import IncidentMoved
from hallwatch_collector.core.measures import carry_out, decide_measure
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.state import Measure


def obey(turn: Turn, command: AnyCommand) -> None:
    """Carry out a command; raise :class:`CommandRefused` when its question is not, or no longer, open."""
    match command:
        case Confirm():
            measure = _open_measure(turn, command.measure, "ask")
            decide_measure(turn, measure, "confirmed", command.by)
            carry_out(turn, measure, command.by)
        case Decline():
            decide_measure(turn, _open_measure(turn, command.measure, "ask"), "declined", command.by, command.reason)
        case Tick():
            _tick(turn, _open_measure(turn, command.measure, "show"), command.by)
        case Acknowledge():
            _acknowledge(turn, command)


def _tick(turn: Turn, step: Measure, by: str) -> None:
    """Tick a step, and with it the same step that another incident asks of the same window or device."""
    for each in list(turn.model.measures.values()):
        if each.status == "open" and (each.template, each.subject) == (step.template, step.subject):
            decide_measure(turn, each, "done", by)


def _open_measure(turn: Turn, name: str, mode: Literal["ask", "show"]) -> Measure:
    model = turn.model
    measure = model.measures.get(name)
    if measure is None:
        waiting = [each.id for each in model.measures.values() if each.status == "open" and each.mode == mode]
        raise CommandRefused(f"there is no measure {name}; open for this are: {', '.join(waiting) or 'none'}")
    if measure.mode != mode:
        what = {"ask": "confirmed or declined", "show": "ticked", "auto": "left to Hallwatch"}[measure.mode]
        raise CommandRefused(f"{name} is to be {what}")
    if measure.status == "undone":
        raise CommandRefused(f"{name} is no longer needed: its cause is gone")
    if measure.status != "open":
        raise CommandRefused(f"{name} was decided by {measure.decided_by} already")
    return measure


def _acknowledge(turn: Turn, command: Acknowledge) -> None:
    model, now = turn.model, turn.now
    incident = model.incidents.get(command.incident)
    if incident is None:
        waiting = [each.id for each in model.incidents.values() if each.status == "detected"]
        raise CommandRefused(
            f"there is no incident {command.incident}; to be acknowledged are: {', '.join(waiting) or 'none'}"
        )
    if incident.status != "detected":
        raise CommandRefused(f"{incident.id} is {incident.status} already")
    incident.status, incident.acknowledged_at, incident.acknowledged_by = "acknowledged", now, command.by
    turn.events.append(IncidentMoved(at=now, incident=incident.id, status="acknowledged", by=command.by))
