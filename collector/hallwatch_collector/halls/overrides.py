"""Checks what a hall file changes of the fault catalogue: ``[[faults]]``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hallwatch_agent.probes import kind_of
from hallwatch_agent.probes.probe import Probe
from hallwatch_agent.sentences import reason_of, tell
from hallwatch_collector.core.catalogue import Fault, override
from hallwatch_collector.core.hall import LIMITS, Device, FaultOverride, Hall
from hallwatch_collector.halls.findings import NO_DEVICES, NO_FAULTS, Finding, Known, all_devices, check_words, wrong
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
        yield from check_words(f"{key}.fault", [each.fault], known.faults, NO_FAULTS)
        yield from check_words(f"{key}.device", [each.device or ""], devices, NO_DEVICES)
        if (first := seen.setdefault((each.fault, each.device), number)) != number:
            whose = tell("of {device}", device=each.device) if each.device else tell("of every device")
            yield wrong(
                key,
                "{fault!r} {whose} is already changed by faults[{first}]; put both into one",
                fault=each.fault,
                whose=whose,
                first=first,
            )
        if each.only_open and not hall.hours:
            yield wrong(
                f"{key}.only_open", "without [[hours]] the hall is always open; add them, or take only_open out"
            )
        if fault := known.faults.get(each.fault):
            yield from _check_limits(key, each, fault, hall)
            if device := devices.get(each.device or ""):
                yield from _check_raisable(key, fault, device, hall, known)


def _check_raisable(key: str, fault: Fault, device: Device, hall: Hall, known: Known) -> Iterator[Finding]:
    """Refuse a change of what this device never has: a change that does nothing looks like one that does."""
    if fault.kinds and device.kind not in fault.kinds:
        own = {each.id for each in known.faults.values() if not each.kinds or device.kind in each.kinds}
        near = name_choices(fault.id, own)
        yield wrong(
            f"{key}.fault",
            "{device} is a {kind}, and {fault!r} is no fault of these; {near}",
            device=device.id,
            kind=device.kind,
            fault=fault.id,
            near=near,
        )
    elif device.id in {agent.host for agent in hall.agents}:
        return  # of such a machine the collector sees more than its probes tell
    elif not device.probes:
        yield wrong(
            f"{key}.device",
            "{device} has no probes, so nothing can raise {fault!r} there; add one",
            device=device.id,
            fault=fault.id,
        )
    elif not any(_may_tell(probe, fault) for probe in device.probes):
        kinds = ", ".join(dict.fromkeys(kind_of(probe) for probe in device.probes))
        yield wrong(
            f"{key}.fault",
            "{fault!r} comes of {reading!r}, which no probe of {device} ({kinds}) tells; add one that does",
            fault=fault.id,
            reading=fault.when.key,
            device=device.id,
            kinds=kinds,
        )


def _may_tell(probe: Any, fault: Fault) -> bool:
    if not isinstance(probe, Probe) or probe.tells is None:
        return True
    return fault.when.channel not in ("conditions", "metrics") or fault.when.key in probe.tells


def _check_limits(key: str, changes: FaultOverride, fault: Fault, hall: Hall) -> Iterator[Finding]:
    for name in LIMITS:
        if getattr(changes, name) is not None and name not in fault.limits:
            has = ", ".join(sorted(fault.limits)) or tell("none")
            yield wrong(f"{key}.{name}", "{fault!r} has no such limit to change; it has {has}", fault=fault.id, has=has)
    yield from _check_values(key, changes, fault)
    try:
        override(fault, [each for each in hall.faults if each.device in (None, changes.device)])
    except ValueError as error:  # limits that do not go together, all that count for the device taken
        yield key, reason_of(error)


def _check_values(key: str, changes: FaultOverride, fault: Fault) -> Iterator[Finding]:
    """Refuse limits that the metric never gets to: such a fault would never come, or never go."""
    metric = fault.when.key
    for name in VALUES:
        value = getattr(changes, name)
        if value is None or name not in fault.limits:
            continue
        if metric.endswith("_ratio") and value > 1:
            percent, ratio = (value, value / 100) if value <= 100 else (90, 0.9)
            right = tell("for {percent:g} % write {ratio:g}", percent=percent, ratio=ratio)
            yield wrong(
                f"{key}.{name}",
                "{value:g} is never reached: {metric} goes from 0 to 1; {right}",
                value=value,
                metric=metric,
                right=right,
            )
        elif value < 0 and metric not in SIGNED:
            yield wrong(
                f"{key}.{name}",
                "{value:g}: {metric} is never below 0; give a number from 0 on",
                value=value,
                metric=metric,
            )
