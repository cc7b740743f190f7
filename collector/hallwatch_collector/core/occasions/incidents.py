"""Occasions that an incident gives as a whole: it stands, has recovered, or is expected back at another time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hallwatch_collector.core.catalogue import Nature
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, Question
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.state import Incident


def _standing(nature: Nature) -> Finder:
    """An incident by this kind of trouble that has not recovered; for each of its root devices that still has it."""

    def occasion(question: Question) -> Cases:
        model, incident = question.model, question.incident
        for watch in model.watches(incident) if incident.stands else ():
            if any(watch.rules.faults[alarm.fault].nature == nature for alarm in root_faults(watch)):
                yield Case(watch.id, incident.began_at)

    return occasion


def _open(question: Question) -> Cases:
    """An incident by a failure until it closes: what its level calls for is owed though it recovered meanwhile."""
    incident = question.incident
    faults = question.model.devices[incident.device].rules.faults
    if any(fault in faults and faults[fault].nature == "failure" for fault in incident.faults):
        yield Case(incident.device, incident.began_at)


def _recovered(question: Question) -> Cases:
    incident = question.incident
    if incident.status == "recovered" and incident.recovered_at is not None:
        yield Case(incident.device, incident.recovered_at)


def _slipped(question: Question) -> Cases:
    incident = question.incident
    if incident.stands and incident.slipped_at is not None:
        yield Case(incident.device, incident.slipped_at, edition=_after(incident, incident.slipped_at))


def _changed(question: Question) -> Cases:
    incident = question.incident
    was, now, back_at = incident.was_announced_at, incident.announced_at, incident.back_at
    if not incident.stands or was is None:
        return
    after_unknown = now is not None and now <= was
    if back_at is None or back_at > was or after_unknown:
        yield Case(incident.device, incident.began_at, edition=_after(incident, now))


def _after(incident: Incident, at: float | None) -> str:
    """Name a moment by the age of the incident: that does not change when the clock is set."""
    return "" if at is None else f"{at - incident.began_at:.0f}"


FINDERS: Final[Mapping[Occasion, Finder]] = {
    "incident": _standing("failure"),
    "incident-open": _open,
    "crowded": _standing("crowding"),
    "incident-recovered": _recovered,
    "estimate-slipped": _slipped,
    "estimate-changed": _changed,
}
