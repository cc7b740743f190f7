"""What is asked of people now, and what work covers."""

from __future__ import annotations

from collections.abc import Iterator

from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.state import Alarm, Measure
from hallwatch_collector.core.watch import DeviceWatch


def measures_on(model: Model, occasion: str, subject: str) -> Iterator[Measure]:
    """Yield the measures for an occasion of a subject, whatever became of them."""
    for measure in model.measures.values():
        if measure.subject == subject and model.templates[measure.template].on == occasion:
            yield measure


def is_asked(model: Model, occasion: str, subject: str, edition: str = "") -> bool:
    """Tell whether somebody is asked now."""
    found = measures_on(model, occasion, subject)
    return any(each.status == "open" and edition in ("", each.edition) for each in found)


def is_answered(model: Model, occasion: str, subject: str) -> bool:
    """Tell whether somebody is asked, or has answered."""
    return any(
        each.status in ("open", "done", "confirmed", "declined") for each in measures_on(model, occasion, subject)
    )


def is_pending(model: Model, occasion: str, subject: str) -> bool:
    """Tell whether somebody is asked, or said no and will be asked again."""
    return any(
        each.status == "open" or (each.status == "declined" and each.again_at is not None)
        for each in measures_on(model, occasion, subject)
    )


def worked_on(model: Model) -> set[str]:
    """Return the devices on which work is under way that has not lasted too long."""
    works = model.readiness.maintenance.values()
    return {device for work in works if work.status == "running" for device in work.devices}


def covered(model: Model) -> set[str]:
    """Return those whose faults come of such work: they had no incident before it."""
    standing = {root for each in model.incidents.values() if each.stands for root in each.roots}
    return worked_on(model) - standing


def own_faults(model: Model, watch: DeviceWatch) -> Iterator[tuple[Alarm, Fault]]:
    """Yield the faults of a device that stand, follow no other, wait for nothing and come of no work."""
    planned = watch.id in covered(model)
    for alarm, fault in watch.raised():
        excused = planned and fault.effect != "hazard" and alarm.fault != "maintenance-too-long"
        if not (alarm.cause or alarm.awaiting or excused):
            yield alarm, fault
