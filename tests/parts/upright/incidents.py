"""Incidents: every root cause has exactly one, which stands; none stands for nothing, none is closed too early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.state import Incident, Measure
from parts.upright.asking import own_faults


def _incidents(model: Model, _: float) -> Iterator[str]:
    for watch in model.devices.values():
        live = [each for each in model.incidents.values() if each.status != "closed" and watch.id in each.roots]
        if len(live) > 1:
            yield f"{watch.id} has {[each.id for each in live]}"
        roots = [alarm for alarm, fault in own_faults(model, watch) if fault.severity == "fault"]
        if watch.device.kind == "class":
            roots = [alarm for alarm in roots if not alarm.planned]  # of several devices under work
        if roots and not (live and live[0].stands):
            yield f"{watch.id} has {roots[0].fault} and no incident that stands"
    for incident in model.incidents.values():
        yield from _incident(model, incident)


def _incident(model: Model, incident: Incident) -> Iterator[str]:
    roots = [watch for watch in model.devices.values() if watch.id in incident.roots]
    explains = any(alarm.cause in incident.roots for watch in model.devices.values() for alarm, _ in watch.raised())
    if incident.stands and not explains and not any(True for watch in roots for _ in watch.raised()):
        yield f"{incident.id} stands for nothing"
    theirs = [each for each in model.measures.values() if each.incident == incident.id]
    if incident.status == "closed":
        yield from (f"{incident.id} is closed, and {each.id} open" for each in theirs if each.status == "open")
    if incident.level and incident.level not in [level.id for level in model.plan.levels]:
        yield f"{incident.id} has the level {incident.level}"
    if incident.status != "closed" and not incident.level:
        yield f"{incident.id} has no level"


def _measures(model: Model, _: float) -> Iterator[str]:
    seen: dict[tuple[str, str, str], Measure] = {}
    for measure in model.measures.values():
        key = (measure.incident, measure.template, measure.subject)
        if key in seen:
            yield f"{measure.id} is the same as {seen[key].id}"
        seen[key] = measure
        if measure.status == "open" and measure.owner not in {role.id for role in model.plan.roles}:
            yield f"{measure.id} is owed by {measure.owner!r}"
        if measure.incident and measure.incident not in model.incidents:
            yield f"{measure.id} belongs to {measure.incident}, which is forgotten"


CHECKS: Final = (_incidents, _measures)
