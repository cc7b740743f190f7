"""Checks what a hall file changes of the fault catalogue: ``[[faults]]``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hallwatch_agent.probes import kind_of
from hallwatch_agent.probes.probe import Probe
from hallwatch_collector.core.catalogue import Fault, override
from hallwatch_collector.core.hall import LIMITS, Device, FaultOverride, Hall
from hallwatch_collector.halls.findings import Finding, Known, all_devices, check_words
from hallwatch_collector.problems import name_choices

SIGNED: Final = frozenset({"clock_offset_s", "temperature_c", "tls_expires_in_s"})
"""Metrics that can be below 0."""
VALUES: Final = ("above", "below", "clear_at")
"""Limits that are values of the metric itself."""


def check_overrides(hall: Hall, known: Known) -> Iterator[Finding]:
    """Yield what is wrong with the ``[[faults]]`` of a hall file."""
    devices = {device.id: device for _, device in all_devices(hall)}
    seen: dict[tuple[str, str | None], int] = {}
    for number, each in enumerate(hall.faults, 1):
        key = f"faults[{number}]"
        yield from check_words(f"{key}.fault", [each.fault], known.faults, "faults in the catalogue")
        yield from check_words(f"{key}.device", [each.device or ""], devices, "devices")
        if (first := seen.setdefault((each.fault, each.device), number)) != number:
            whose = f"of {each.device}" if each.device else "of every device"
            yield key, f"{each.fault!r} {whose} is already changed by faults[{first}]; put both into one"
        if each.only_open and not hall.hours:
            yield f"{key}.only_open", "without [[hours]] the hall is always open; add them, or take only_open out"
        if fault := known.faults.get(each.fault):
            yield from _check_limits(key, each, fault, hall)
            if device := devices.get(each.device or ""):
                yield from _check_raisable(key, fault, device, hall, known)


def _check_raisable(key: str, fault: Fault, device: Device, hall: Hall, known: Known) -> Iterator[Finding]:
    """Refuse a change of what this device never has: a change that does nothing looks like one that does."""
    if fault.kinds and device.kind not in fault.kinds:
        own = {each.id for each in known.faults.values() if not each.kinds or device.kind in each.kinds}
        near = name_choices(fault.id, own)
        yield f"{key}.fault", f"{device.id} is a {device.kind}, and {fault.id!r} is no fault of these; {near}"
    elif device.id in {agent.host for agent in hall.agents}:
        return  # of such a machine the collector sees more than its probes tell
    elif not device.probes:
        yield f"{key}.device", f"{device.id} has no probes, so nothing can raise {fault.id!r} there; add one"
    elif not any(_may_tell(probe, fault) for probe in device.probes):
        kinds = ", ".join(dict.fromkeys(kind_of(probe) for probe in device.probes))
        text = f"{fault.id!r} comes of {fault.when.key!r}, which no probe of {device.id} ({kinds}) tells"
        yield f"{key}.fault", f"{text}; add one that does"


def _may_tell(probe: Any, fault: Fault) -> bool:
    if not isinstance(probe, Probe) or probe.tells is None:
        return True
    return fault.when.channel not in ("conditions", "metrics") or fault.when.key in probe.tells


def _check_limits(key: str, changes: FaultOverride, fault: Fault, hall: Hall) -> Iterator[Finding]:
    for name in LIMITS:
        if getattr(changes, name) is not None and name not in fault.limits:
            has = ", ".join(sorted(fault.limits)) or "none"
            yield f"{key}.{name}", f"{fault.id!r} has no such limit to change; it has {has}"
    yield from _check_values(key, changes, fault)
    try:
        override(fault, [each for each in hall.faults if each.device in (None, changes.device)])
    except ValueError as error:  # limits that do not go together, all that count for the device taken
        yield key, str(error)


def _check_values(key: str, changes: FaultOverride, fault: Fault) -> Iterator[Finding]:
    """Refuse limits that the metric never gets to: such a fault would never come, or never go."""
    metric = fault.when.key
    for name in VALUES:
        value = getattr(changes, name)
        if value is None or name not in fault.limits:
            continue
        if metric.endswith("_ratio") and value > 1:
            right = f"for {value:g} % write {value / 100:g}" if value <= 100 else "write 0.9 for 90 %"
            yield f"{key}.{name}", f"{value:g} is never reached: {metric} goes from 0 to 1; {right}"
        elif value < 0 and metric not in SIGNED:
            yield f"{key}.{name}", f"{value:g}: {metric} is never below 0; give a number from 0 on"
