"""What people's commands do: confirm, decline, tick, acknowledge. Of two answers to one question the first wins."""

from __future__ import annotations

from typing import Final, Literal

from hallwatch_collector.core.commands import Acknowledge, AnyCommand, CommandRefused, Confirm, Decline, Refusal, Tick
from hallwatch_collector.core.events import IncidentMoved
from hallwatch_collector.core.measures import carry_out, decide_measure
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.state import Measure, Mode

ASKED_FOR: Final[dict[Mode, Refusal]] = {"ask": "to-be-decided", "show": "to-be-ticked", "auto": "automatic"}
"""What a measure of another mode than the command's is for."""


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
    """Tick a step. A window's last transaction is checked once for all incidents that had a part in its loss."""
    decide_measure(turn, step, "done", by)
    if turn.model.templates[step.template].on != "window-recovered":
        return
    for other in turn.model.incidents.values():
        if other.id != step.incident and step.subject in other.windows:
            other.checked = sorted({*other.checked, step.subject})


def _open_measure(turn: Turn, name: str, mode: Literal["ask", "show"]) -> Measure:
    model = turn.model
    measure = model.measures.get(name)
    if measure is None:
        waiting = [each.id for each in model.measures.values() if each.status == "open" and each.mode == mode]
        raise CommandRefused("unknown-measure", measure=name, waiting=_listed(waiting))
    if measure.mode != mode:
        raise CommandRefused(ASKED_FOR[measure.mode], measure=name)
    if measure.status == "undone":
        raise CommandRefused(measure.undone_because or "cause-gone", measure=name)
    if measure.status != "open":
        raise CommandRefused("already-decided", measure=name, by=measure.decided_by)
    return measure


def _acknowledge(turn: Turn, command: Acknowledge) -> None:
    model, now = turn.model, turn.now
    incident = model.incidents.get(command.incident)
    if incident is None:
        waiting = [each.id for each in model.incidents.values() if each.status == "detected"]
        raise CommandRefused("unknown-incident", incident=command.incident, waiting=_listed(waiting))
    if incident.status != "detected":
        raise CommandRefused("already-taken-on", incident=incident.id)
    incident.status, incident.acknowledged_at, incident.acknowledged_by = "acknowledged", now, command.by
    turn.events.append(IncidentMoved(at=now, incident=incident.id, status="acknowledged", by=command.by))


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "–"
