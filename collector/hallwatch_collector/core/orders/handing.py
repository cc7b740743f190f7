"""What people do with an incident that they were told of: hand it to somebody else, be told again later."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.alerts.events import ReminderAsked
from hallwatch_collector.core.alerts.keep import tell_handed_over
from hallwatch_collector.core.alerts.people import Recipient
from hallwatch_collector.core.alerts.state import Alert
from hallwatch_collector.core.commands import CommandRefused, HandOver, RemindMe
from hallwatch_collector.core.events import IncidentAssigned, NoteTaken
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import find_incident, list_names
from hallwatch_collector.core.state import Incident, Note

MINUTE_S: Final = 60


def hand_over(turn: Turn, command: HandOver) -> None:
    """Give an incident to somebody else and tell them; it is not thereby acknowledged: that is theirs to do."""
    incident = find_incident(turn, command.incident, standing=True)
    if command.person in (incident.owner, command.by):
        raise CommandRefused("has-it-already", incident=incident.id, person=command.person)
    if command.via == "link" and incident.owner not in ("", command.by):
        raise CommandRefused("not-in-charge", incident=incident.id, owner=incident.owner, by=command.by)
    alert, person = _find_reachable(turn, incident, command.person)
    incident.owner, incident.handed_by, incident.handed_note = person.name, command.by, command.note
    incident.offered_at = turn.now
    note = Note(at=turn.now, by=command.by, text=command.note, what="hand-over", to=person.name)
    incident.notes = [*incident.notes, note]
    turn.events.append(
        IncidentAssigned(at=turn.now, incident=incident.id, owner=person.name, by=command.by, via=command.via)
    )
    if command.note:
        turn.events.append(NoteTaken(at=turn.now, incident=incident.id, by=command.by, text=command.note))
    tell_handed_over(turn, incident, alert, person)


def remind_me(turn: Turn, command: RemindMe) -> None:
    """Note when somebody wants to be told again; a moment that they asked for before no longer counts."""
    incident = find_incident(turn, command.incident, standing=True)
    alert, person = _find_reachable(turn, incident, command.by)
    remind_at = turn.now + command.in_minutes * MINUTE_S
    alert.reminders[person.name] = remind_at
    turn.model.set_step(remind_at)
    asked = ReminderAsked(at=turn.now, incident=incident.id, by=person.name, remind_at=remind_at, via=command.via)
    turn.events.append(asked)


def _find_reachable(turn: Turn, incident: Incident, name: str) -> tuple[Alert, Recipient]:
    """Return the alert of an incident and a person who can be told of it; raise :class:`CommandRefused`."""
    model = turn.model
    person, alert = model.alerting.recipient(name), model.alerts.get(incident.id)
    if person is None or alert is None or not person.is_of(model.hall.key):
        others = [each.name for each in model.alerting.recipients if each.is_of(model.hall.key)]
        raise CommandRefused("not-reachable", person=name, waiting=list_names(others))
    return alert, person
