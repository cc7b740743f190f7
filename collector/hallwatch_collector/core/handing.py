"""What was told to the public for an incident goes over to another one: when a person makes two one, or parts them.

Texts that are out, deadlines that were extended, and the proposals and steps by which that came: a text does not lose
its cause, and nobody is asked again, because two incidents are one from now on.
"""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hallwatch_collector.core.events import MeasureHanded
from hallwatch_collector.core.filing import CLAUSE_OF, roots_of
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.releases import find_release
from hallwatch_collector.core.state import Incident, Measure

DEADLINES: Final[frozenset[str]] = frozenset({*CLAUSE_OF, "deadline-extended"})
OF_WHOLE: Final = DEADLINES | {"incident-open", "incident-recovered", "estimate-slipped", "estimate-changed"}
"""Occasions about an incident as a whole: they are told of its first device, whichever that is now."""


def hand_public(turn: Turn, incident: Incident, into: Incident) -> None:
    """Let an incident that takes in another one answer for all that was told to the public for that."""
    model = turn.model
    measures = [each for each in model.measures.of(incident.id) if _is_public(model, each)]
    _hand_texts(turn, measures, incident, into)
    _hand_deadlines(model, incident, into)


def part_public(turn: Turn, incident: Incident, parted: Incident, device: str) -> None:
    """Let the incident of a device that was taken out of another one answer for what was told because of that device.

    What hangs on a deadline goes with it when the online bureau is down because of that device alone.
    """
    model = turn.model
    down = roots_of(model, "online-bureau")
    moves_deadlines = down.intersection(parted.roots) and not down.intersection(incident.roots)
    measures = []
    for measure in model.measures.of(incident.id):
        its = moves_deadlines if _is_about_deadline(model, measure) else _is_about(model, measure, device)
        if its and _is_public(model, measure):
            measures.append(measure)
    _hand_texts(turn, measures, incident, parted)
    if moves_deadlines:
        _hand_deadlines(model, incident, parted)


def follow_first(turn: Turn, incident: Incident, was: str) -> None:
    """Let what was told of an incident as a whole be of the device that is its first one now, instead of *was*."""
    model = turn.model
    for measure in model.measures.of(incident.id):
        of_whole = measure.subject == was and model.templates[measure.template].on in OF_WHOLE
        if of_whole and _is_public(model, measure):
            _hand_measure(turn, measure, incident, incident.device)


def _is_public(model: Model, measure: Measure) -> bool:
    """Tell whether a public text or an extension came of a measure, or the measure is a step about such a text."""
    proposed = {release.measure for release in model.releases.values()}
    proposed |= {extension.measure for extension in model.extensions}
    return measure.id in proposed or find_release(model, measure.subject) is not None


def _is_about_deadline(model: Model, measure: Measure) -> bool:
    release = find_release(model, measure.subject)
    return model.templates[release.template if release else measure.template].on in DEADLINES


def _is_about(model: Model, measure: Measure, device: str) -> bool:
    release = find_release(model, measure.subject)
    return device == (release.subject if release else measure.subject)


def _hand_texts(turn: Turn, measures: list[Measure], incident: Incident, into: Incident) -> None:
    """Hand these measures over, with the public texts that came of them."""
    model = turn.model
    handed = {measure.id for measure in measures}
    for release in model.releases.values():
        if release.incident == incident.id and release.measure in handed:
            release.incident = into.id
    for measure in measures:
        whole = model.templates[measure.template].on in OF_WHOLE and measure.subject == incident.device
        _hand_measure(turn, measure, into, into.device if whole else measure.subject)


def _hand_measure(turn: Turn, measure: Measure, into: Incident, subject: str) -> None:
    """Let a measure be one of another incident; where that has the same already, what came of it hangs on that one."""
    model = turn.model
    same = (measure.template, subject)
    twin = next((each for each in model.measures.of(into.id) if (each.template, each.subject) == same), None)
    if twin is not None and (twin.status not in ("over", "undone") or _is_public(model, twin)):
        for release in model.releases.values():
            release.measure = twin.id if release.measure == measure.id else release.measure
        return
    if twin is not None:
        del model.measures[twin.id]
    measure.subject = subject
    model.measures.hand(measure, into.id)
    turn.events.append(MeasureHanded(at=turn.at, measure=measure.id, incident=into.id, subject=subject))


def _hand_deadlines(model: Model, incident: Incident, into: Incident) -> None:
    model.extensions = [
        structs.replace(each, incident=into.id) if each.incident == incident.id else each for each in model.extensions
    ]
    for outage in model.outages:
        outage.incident = into.id if outage.incident == incident.id else outage.incident
