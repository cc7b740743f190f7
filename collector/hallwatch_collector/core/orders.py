"""What people's commands do: confirm, decline, tick, acknowledge. Of two answers to one question the first wins."""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.commands import Acknowledge, AnyCommand, CommandRefused, Confirm, Decline, Tick
from hallwatch_collector.core.events import IncidentMoved, MeasureDecided
from hallwatch_collector.core.measures import carry_out
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.state import Measure


def obey(turn: Turn, command: AnyCommand) -> None:
    """Carry out a command; raise :class:`CommandRefused` when its question is not, or no longer, open."""
    match command:
        case Confirm():
            measure = _open_measure(turn, command.measure, "ask")
            _decide(turn, measure, "confirmed", command.by)
            carry_out(turn, measure, command.by)
        case Decline():
            _decide(turn, _open_measure(turn, command.measure, "ask"), "declined", command.by, command.reason)
        case Tick():
            _decide(turn, _open_measure(turn, command.measure, "show"), "done", command.by)
        case Acknowledge():
            _acknowledge(turn, command)


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
        raise CommandRefused(f"{name} was {measure.status} by {measure.decided_by} already")
    return measure


def _decide(
    turn: Turn, measure: Measure, decision: Literal["confirmed", "declined", "done"], by: str, reason: str = ""
) -> None:
    measure.status, measure.decided_by, measure.decided_at, measure.reason = decision, by, turn.now, reason
    turn.events.append(MeasureDecided(at=turn.now, measure=measure.id, by=by, decision=decision, reason=reason))


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
