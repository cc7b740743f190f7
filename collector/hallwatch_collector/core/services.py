"""The services that business systems give the hall as a whole, and which of them it lacks (clauses S1, S2, O3, O4)."""

from __future__ import annotations

from hallwatch_collector.core.hall import Device, Reach
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.plan.notices import BEYOND
from hallwatch_collector.core.state import Incident
from hallwatch_collector.core.watch import DeviceWatch


def assess_services(turn: Turn) -> None:
    """Find the services that no system gives now, and whose fault that is."""
    model = turn.model
    givers: dict[str, list[str]] = {}
    for watch in model.systems:
        for service in watch.device.gives:
            givers.setdefault(service, []).append(watch.id)
    model.services = {}
    for service, systems in givers.items():
        roots = [frozenset(model.takers(system).get(service, ())) for system in systems]
        if all(roots):
            model.services[service] = frozenset().union(*roots)


def systems_of(model: Model, incident: Incident) -> list[Device]:
    """Return the business systems that an incident keeps the hall from: down themselves, or out of reach.

    What only carries notices to people is none (S7): nobody's business waits for it.
    """
    return [watch.device for watch in model.systems if not _is_channel(watch) and _is_kept_from(watch, incident)]


def _is_channel(system: DeviceWatch) -> bool:
    return bool(system.device.gives) and BEYOND.issuperset(system.device.gives)


def _is_kept_from(system: DeviceWatch, incident: Incident) -> bool:
    roots = [alarm.cause or system.id for alarm, fault in system.raised() if fault.severity == "fault"]
    return any(root in incident.roots for root in roots)


def reach_of(model: Model, incident: Incident) -> Reach:
    """Return how far an incident reaches: the county where one of its root devices does, else this hall.

    When only this hall cannot get to a system, because its own uplink is cut, the system may work for everybody else.
    """
    return "county" if any(watch.device.reaches == "county" for watch in model.watches(incident)) else "hall"
