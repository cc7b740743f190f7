"""What people say an alarm was worth: that it was a false one, or that it was none after all."""

from __future__ import annotations

from hallwatch_collector.core.commands import CommandRefused, FalseAlarm, RealAlarm
from hallwatch_collector.core.events import AlarmJudged
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import list_names
from hallwatch_collector.core.orders.incidents import note_acknowledged
from hallwatch_collector.core.state import Incident


def say_false(turn: Turn, command: FalseAlarm) -> None:
    """Note that an incident was a false alarm; who says so of one that nobody has acknowledged need not be told again.

    What was raised stays raised until its reading is well: this counts in the weekly page, and cures nothing.
    """
    incident = _find(turn, command.incident)
    if incident.false_by:
        raise CommandRefused("false-already", incident=incident.id, by=incident.false_by)
    if incident.is_untaken:
        note_acknowledged(turn, incident, command.by, command.via)
    incident.false_by = command.by
    turn.events.append(AlarmJudged(at=turn.now, incident=incident.id, false=True, by=command.by, via=command.via))


def say_real(turn: Turn, command: RealAlarm) -> None:
    """Take back that it was a false alarm."""
    incident = _find(turn, command.incident)
    if not incident.false_by:
        raise CommandRefused("not-false", incident=incident.id)
    incident.false_by = ""
    turn.events.append(AlarmJudged(at=turn.now, incident=incident.id, false=False, by=command.by, via=command.via))


def _find(turn: Turn, name: str) -> Incident:
    """Return an incident, also one that is closed: what it was is often known only then."""
    incident = turn.model.incidents.get(name)
    if incident is None:
        raise CommandRefused("unknown-incident", incident=name, waiting=list_names(turn.model.incidents))
    return incident
