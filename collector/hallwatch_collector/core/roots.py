"""Which faults of a device are root causes."""

from __future__ import annotations

from hallwatch_collector.core.alarms import is_raised
from hallwatch_collector.core.state import Alarm
from hallwatch_collector.core.watch import DeviceWatch


def root_faults(watch: DeviceWatch) -> list[Alarm]:
    """Return the faults of a device that are worth an incident: no warning, not explained, not planned, not waiting."""
    if not watch.alarms:
        return []
    return [
        alarm
        for alarm in watch.alarms.values()
        if not (alarm.cause or alarm.awaiting or alarm.planned)
        if is_raised(alarm) and watch.as_here(alarm).severity == "fault"
    ]
