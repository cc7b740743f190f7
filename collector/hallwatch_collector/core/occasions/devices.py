"""Occasions that devices and their signs give (clause H2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions.question import Case, Cases, Finder, HallFinder, Question
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.state import Measure


def _own_effect(effect: str) -> Finder:
    def occasion(question: Question) -> Cases:
        incident = question.incident
        for watch in question.model.watches(incident) if incident.stands else ():
            effects = {fault.effect for alarm, fault in watch.raised() if not alarm.cause}
            # where touching could hurt, that is the sign to show
            if effect in effects and (effect == "hazard" or "hazard" not in effects):
                yield Case(watch.id, incident.began_at)

    return occasion


def _explained(question: Question) -> Cases:
    incident = question.incident
    for watch in question.explained if incident.stands else ():
        dangerous = any(fault.effect == "hazard" and not alarm.cause for alarm, fault in watch.raised())
        explained = any(alarm.cause in incident.roots and fault.effect == "unusable" for alarm, fault in watch.raised())
        if explained and not dangerous:  # where touching could hurt, that is the sign to show
            yield Case(watch.id, incident.began_at)


def _sign_unshown(model: Model, measures: Iterable[Measure]) -> Cases:
    for measure in measures:
        template = model.templates[measure.template]
        is_up = measure.status == "open" and measure.mode == "auto"
        if template.sign and is_up and not model.shows_signs(measure.subject) and not _hangs(model, measure):
            yield Case(measure.subject, measure.raised_at, edition=template.sign)


def _hangs(model: Model, shown: Measure) -> bool:
    """Tell whether the printed sign already hangs there, by an earlier step than the one that would ask for it now."""
    posted = model.posted.get(shown.subject)
    if posted is None or posted.text != model.templates[shown.template].sign:
        return False
    step = model.measures.get(posted.step)
    return step is None or step.status != "done" or step.incident != shown.incident


def _sign_left(model: Model, incident: str) -> Cases:
    for place, posted in model.posted.items():
        if posted.incident == incident and posted.left_at is not None:
            yield Case(place, posted.left_at)


def _unshown_in_business(model: Model, now: float) -> Cases:
    """The same for a sign of no incident; nobody is asked to post one for work at night."""
    if model.hours.is_open(now):
        yield from _sign_unshown(model, model.measures.of(""))


def _in_maintenance(model: Model, _: float) -> Cases:
    """Work on a device is under way, or it is out of use because of such work; no incident has put a sign there."""
    works = [work for work in model.readiness.maintenance.values() if work.status in ("running", "overdue")]
    begun = {device: work.begins_at for work in reversed(works) for device in work.devices}
    for watch in model.devices.values():
        if not watch.alarms and watch.id not in begun:
            continue
        down = [alarm.since for alarm, fault in watch.raised() if alarm.planned and fault.effect == "unusable"]
        since = begun.get(watch.id, min(down, default=None))
        if since is not None and not _has_sign(model, watch.id):
            yield Case(watch.id, since)


def _has_sign(model: Model, device: str) -> bool:
    """Tell whether an incident has put a sign at a device."""
    return any(
        each.subject == device and each.incident and each.status == "open" and model.templates[each.template].sign
        for each in model.measures.values()
    )


FINDERS: Final[Mapping[Occasion, Finder]] = {
    "device-unusable": _own_effect("unusable"),
    "device-hazard": _own_effect("hazard"),
    "device-explained": _explained,
    "sign-unshown": lambda question: _sign_unshown(question.model, question.measures),
    "sign-left": lambda question: _sign_left(question.model, question.incident.id),
}
HALL_FINDERS: Final[Mapping[Occasion, HallFinder]] = {
    "device-in-maintenance": _in_maintenance,
    "sign-unshown": _unshown_in_business,
    "sign-left": lambda model, _: _sign_left(model, ""),
}
