"""The conditions under which a measure of the plan is for an incident and what it is about: a table of questions.

Each condition stands under the name that it has in the plan file, so that ``hallwatch plan explain`` can say which of
them held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from hallwatch_collector.core.filing import near_filings
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import Template
from hallwatch_collector.core.readiness.store import working_kiosks
from hallwatch_collector.core.repairs import lasts_s
from hallwatch_collector.core.services import reach_of, systems_of
from hallwatch_collector.core.state import Incident


class Circumstance(NamedTuple):
    """What a condition is asked about."""

    model: Model
    template: Template
    incident: Incident | None
    """None: an occasion of the hall itself."""
    subject: str
    now: float


Condition = Callable[[Circumstance], bool]


def weigh(circumstance: Circumstance) -> Iterator[tuple[str, bool]]:
    """Yield each condition that the plan names for a measure, and whether it holds now."""
    for name in named(circumstance.template):
        yield name, CONDITIONS[name](circumstance)


def named(template: Template) -> Iterator[str]:
    """Yield the conditions that the plan names for a measure."""
    for name in CONDITIONS:
        said = getattr(template, name)
        if said is not None and (said or name in ("display", "kiosks")):
            yield name


def in_time(template: Template, incident: Incident, now: float) -> bool:
    """Tell whether the measure is for incidents that are expected to last so long."""
    lasts = lasts_s(incident, now)
    if template.repair_longer_than_s is not None and lasts < template.repair_longer_than_s:
        return False
    return template.repair_up_to_s is None or lasts < template.repair_up_to_s


def _kinds(circumstance: Circumstance) -> bool:
    watch = circumstance.model.devices.get(circumstance.subject)
    return watch is None or watch.device.kind in circumstance.template.kinds


def _faults(circumstance: Circumstance) -> bool:
    watch = circumstance.model.devices.get(circumstance.subject)
    standing = {alarm.fault for alarm, _ in watch.raised()} if watch else set()
    return bool(standing.intersection(circumstance.template.faults))


def _levels(circumstance: Circumstance) -> bool:
    return circumstance.incident is not None and circumstance.incident.level in circumstance.template.levels


def _lost(circumstance: Circumstance) -> bool:
    """All of the services are lost, and of the incidents that take one of them this is the oldest."""
    model, wanted = circumstance.model, circumstance.template.lost
    if circumstance.incident is None or not model.services.keys() >= set(wanted):
        return False
    takers = frozenset().union(*(model.services[name] for name in wanted))
    parts = [each for each in model.incidents.values() if each.stands and takers.intersection(each.roots)]
    reach = circumstance.template.reach
    parts = [each for each in parts if reach in (None, reach_of(model, each))]
    return bool(parts) and min(parts, key=lambda each: (each.began_at, each.id)) is circumstance.incident


def _kept(circumstance: Circumstance) -> bool:
    return not circumstance.model.services.keys() & set(circumstance.template.kept)


def _repair(circumstance: Circumstance) -> bool:
    incident = circumstance.incident
    return incident is not None and in_time(circumstance.template, incident, circumstance.now)


def _windows_at_least(circumstance: Circumstance) -> bool:
    incident = circumstance.incident
    return incident is not None and len(circumstance.model.losses(incident)) >= circumstance.template.windows_at_least


def _systems_at_least(circumstance: Circumstance) -> bool:
    incident = circumstance.incident
    least = circumstance.template.systems_at_least
    return incident is not None and len(systems_of(circumstance.model, incident)) >= least


def _reach(circumstance: Circumstance) -> bool:
    incident = circumstance.incident
    return incident is not None and reach_of(circumstance.model, incident) == circumstance.template.reach


def _near_deadline(circumstance: Circumstance) -> bool:
    return bool(near_filings(circumstance.model, circumstance.now))


def _display(circumstance: Circumstance) -> bool:
    return circumstance.model.shows_signs(circumstance.subject) == circumstance.template.display


def _kiosks(circumstance: Circumstance) -> bool:
    return bool(working_kiosks(circumstance.model)) == circumstance.template.kiosks


CONDITIONS: Final[Mapping[str, Condition]] = {
    "kinds": _kinds,
    "faults": _faults,
    "levels": _levels,
    "lost": _lost,
    "kept": _kept,
    "repair_longer_than_s": _repair,
    "repair_up_to_s": _repair,
    "windows_at_least": _windows_at_least,
    "systems_at_least": _systems_at_least,
    "reach": _reach,
    "near_deadline": _near_deadline,
    "display": _display,
    "kiosks": _kiosks,
}
"""Key of the plan file → whether it holds. If a new one looks at something of the hall that no other does, that goes
into :mod:`hallwatch_collector.core.footing` too."""
