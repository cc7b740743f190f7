"""What planned maintenance covers: which faults are planned, and so no incident, no alert and no failure (S9, R8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import structs

from hallwatch_collector.core.catalogue import Fault
from hallwatch_collector.core.events import FaultRaised
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.state import Alarm
from hallwatch_collector.core.things import CLASS
from hallwatch_collector.core.watch import DeviceWatch

TOO_LONG: Final = "maintenance-too-long"
"""The fault of a device that was left in maintenance of which no end is known."""


def in_maintenance(model: Model, device: str) -> bool:
    """Tell whether planned work on a device is under way and has not lasted too long."""
    works = model.readiness.maintenance.values()
    return any(device in work.devices for work in works if work.status == "running")


def is_quiet(model: Model) -> Callable[[str], bool]:
    """Return what tells whether a device's faults are planned: its maintenance runs, and no incident stood before."""
    covered = {
        device for work in model.readiness.maintenance.values() if work.status == "running" for device in work.devices
    }
    for device in covered:
        live = model.live_incident(device)
        if live is not None and live.stands:
            covered = covered - {device}
    return covered.__contains__


def mark_planned(turn: Turn) -> None:
    """Keep it noted on every standing fault whether it comes of planned maintenance."""
    model, quiet = turn.model, is_quiet(turn.model)
    for watch in model.devices.values():
        for alarm, fault in watch.raised():
            planned = _is_planned(model, watch, alarm, fault, quiet)
            if planned != alarm.planned:
                alarm.planned = planned
                alarm.counts_from = 0.0 if planned else turn.at
                _note_planned(turn, alarm)


def _is_planned(model: Model, watch: DeviceWatch, alarm: Alarm, fault: Fault, quiet: Callable[[str], bool]) -> bool:
    if fault.effect == "hazard" or alarm.fault == TOO_LONG:
        return False  # what could hurt somebody is not planned by anyone
    if watch.device.kind == "class" and not alarm.cause:
        return _is_unserved_by_plan(model, watch.id.removeprefix(CLASS), quiet)
    return quiet(alarm.cause or watch.id)


def _is_unserved_by_plan(model: Model, name: str, quiet: Callable[[str], bool]) -> bool:
    """Tell whether maintenance, of several devices, is all that keeps the open windows from a class."""
    offers = [each.id for each in model.impact.windows.values() if name in each.classes and not each.reserve]
    blames = [model.blames.get(window, {}).get(name) for window in offers]
    return bool(blames) and all(blame is not None and all(map(quiet, blame.involved)) for blame in blames)


def _note_planned(turn: Turn, alarm: Alarm) -> None:
    """Say it within the raise itself, when that is part of this decision."""
    named = (alarm.device, alarm.fault, alarm.part)
    for number, event in enumerate(turn.events):
        if isinstance(event, FaultRaised) and (event.device, event.fault, event.part) == named:
            turn.events[number] = structs.replace(event, planned=alarm.planned)
