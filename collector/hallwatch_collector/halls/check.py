"""Checks what a hall file says as a whole: ids, references, cycles, and whether the windows can do their work."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter

from hallwatch_agent.expectations import show_value
from hallwatch_agent.probes.probe import Probe
from hallwatch_agent.probes.queues.waiting import QueueMap
from hallwatch_agent.sentences import tell
from hallwatch_collector.core.hall import BusinessClass, Device, Hall, Window, name_of_probe
from hallwatch_collector.core.impact import Impact
from hallwatch_collector.halls.check_readiness import check_readiness
from hallwatch_collector.halls.findings import (
    NO_AGENTS,
    NO_CAPABILITIES,
    NO_CLASSES,
    NO_DEVICES,
    NO_PARTS,
    NO_PLACES,
    NO_WINDOWS,
    Finding,
    Known,
    all_devices,
    check_words,
    wrong,
)
from hallwatch_collector.halls.floor import check_floor
from hallwatch_collector.halls.opening import check_hours
from hallwatch_collector.halls.overrides import check_overrides
from hallwatch_collector.halls.service import check_service
from hallwatch_collector.problems import name_choices
from hallwatch_collector.selfwatch import SELF_KEY

__all__ = ["Known", "check_hall"]


def check_hall(hall: Hall, known: Known) -> Iterator[Finding]:
    """Yield everything that is wrong with a hall whose keys and types are right."""
    if hall.key == SELF_KEY:
        yield wrong("hall", "{hall} is where Hallwatch shows its own health; choose another id", hall=hall.key)
    if known.areas and hall.area not in known.areas:
        heard = ", ".join(sorted(known.areas))
        yield wrong(
            "area",
            "{area!r} is not listened to; the collector's file has areas = {heard}: add it there",
            area=hall.area,
            heard=heard,
        )
    yield from _check_zone(hall)
    yield from check_hours(hall)
    yield from _check_ids(hall)
    classes = {**known.classes, **{own.id: own for own in hall.classes}}
    for number, window in enumerate(hall.windows, 1):
        key = f"windows[{number}] ({window.id}).classes"
        yield from check_words(key, window.classes, classes, NO_CLASSES)
        yield from _check_borrowing(f"windows[{number}] ({window.id}).may", window, classes)
    yield from check_floor(hall)
    yield from _check_devices(hall)
    yield from _check_cycles(hall)
    yield from _check_agents(hall)
    yield from _check_mappings(hall, classes)
    yield from check_overrides(hall, known)
    yield from check_service(hall, classes, known)
    yield from _check_needs(hall, classes)
    yield from check_readiness(hall, known.faults, known.roles)


def _check_borrowing(key: str, window: Window, classes: Mapping[str, BusinessClass]) -> Iterator[Finding]:
    yield from check_words(key, window.may, classes, NO_CLASSES)
    for word in sorted({*window.may} & {*window.classes}):
        yield wrong(
            key,
            "{word!r} also stands under classes, so the window offers it anyway; take it out of one of the two",
            word=word,
        )


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()


def _check_zone(hall: Hall) -> Iterator[Finding]:
    zones = _zones()
    if hall.timezone not in zones:
        near = name_choices(hall.timezone, zones, most=3)
        yield wrong(
            "timezone",
            "{value} is no time zone, as Asia/Shanghai is one; {near}",
            value=show_value(hall.timezone),
            near=near,
        )


def _check_ids(hall: Hall) -> Iterator[Finding]:
    namespace = {
        "windows": [window.id for window in hall.windows],
        "places": [place.id for place in hall.places],
        "devices": [device.id for device in hall.devices],
        "systems": [system.id for system in hall.systems],
        "maintenance": [plan.id for plan in hall.maintenance],
        "supplies": [supply.id for supply in hall.supplies],
    }
    yield from _check_unique(namespace)
    yield from _check_unique({"agents": [agent.id for agent in hall.agents]})
    yield from _check_unique({"classes": [own.id for own in hall.classes]})
    numbers: dict[int, str] = {}
    for number, window in enumerate(hall.windows, 1):
        if (other := numbers.setdefault(window.number, window.id)) != window.id:
            yield wrong(
                f"windows[{number}] ({window.id}).number",
                "{number} is already the number of {other}",
                number=window.number,
                other=other,
            )


def _check_unique(namespace: Mapping[str, list[str]]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, ids in namespace.items():
        for number, word in enumerate(ids, 1):
            place = f"{name}[{number}]"
            if word and (first := seen.setdefault(word, place)) != place:
                yield wrong(
                    f"{place} ({word}).id",
                    "{word!r} is already the id of {first}; ids differ within one hall",
                    word=word,
                    first=first,
                )


def _check_devices(hall: Hall) -> Iterator[Finding]:
    windows = {window.id for window in hall.windows}
    places = windows | {place.id for place in hall.places}
    devices = {device.id for _, device in all_devices(hall)}
    for key, device in all_devices(hall):
        yield from check_words(f"{key}.place", [device.place or ""], places, NO_PLACES)
        yield from check_words(f"{key}.serves", device.serves or [], windows, NO_WINDOWS)
        yield from check_words(f"{key}.depends_on", parents(device), devices, NO_DEVICES)
        for name, other in (("spare", device.spare), ("substitute", device.substitute)):
            yield from check_words(f"{key}.{name}", [other or ""], devices, NO_DEVICES)
            if other == device.id:
                yield wrong(f"{key}.{name}", "a device cannot stand in for itself")
        yield from _check_parts(f"{key}.parts", device)
        if key.startswith("systems") and device.kind not in ("system", ""):
            yield wrong(
                f"{key}.kind",
                "{kind!r}: what stands under systems is of kind 'system'; move it to devices",
                kind=device.kind,
            )


def _check_parts(key: str, device: Device) -> Iterator[Finding]:
    for part, takes in device.parts.items():
        yield from check_words(f"{key}.{part}", takes, device.gives, NO_CAPABILITIES)
    named = [probe.parts if isinstance(probe, Probe) else None for probe in device.probes]
    if None not in named:
        choices = {part for parts in named for part in parts or ()}
        yield from check_words(key, device.parts, choices, NO_PARTS)


def parents(device: Device) -> list[str]:
    """Return every device it depends on, redundant ones included."""
    return [parent for item in device.depends_on for parent in ([item] if isinstance(item, str) else item)]


def _check_cycles(hall: Hall) -> Iterator[Finding]:
    graph = {device.id: parents(device) for _, device in all_devices(hall)}
    keys = {device.id: key for key, device in all_devices(hall)}
    while graph:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            links = " → ".join(circle)
            yield wrong(
                f"{keys[circle[0]]}.depends_on", "goes in a circle: {links}; take one of these links out", links=links
            )
            for device in circle:  # the other circles, if there are any, are found without this one
                graph.pop(device, None)
        else:
            return


def _check_agents(hall: Hall) -> Iterator[Finding]:
    agents = {agent.id for agent in hall.agents}
    devices = {device.id for _, device in all_devices(hall)}
    hosts: dict[str, str] = {}
    for number, agent in enumerate(hall.agents, 1):
        key = f"agents[{number}] ({agent.id}).host"
        yield from check_words(key, [agent.host or ""], devices, NO_DEVICES)
        if agent.host and (other := hosts.setdefault(agent.host, agent.id)) != agent.id:
            yield wrong(
                key,
                "{host!r} is already the host of agent {other}; one agent reads a whole machine",
                host=agent.host,
                other=other,
            )
    for key, device in all_devices(hall):
        names: set[str] = set()
        for number, probe in enumerate(device.probes, 1):
            if isinstance(probe, Probe):
                yield from _check_probe(f"{key}.probes[{number}]", probe, agents, names)


def _check_probe(key: str, probe: Probe, agents: set[str], names: set[str]) -> Iterator[Finding]:
    yield from check_words(f"{key}.agent", [probe.agent or ""], agents, NO_AGENTS)
    if probe.agent is None and len(agents) != 1:
        several = (
            tell("say which of {words}", words=", ".join(sorted(agents)))
            if agents
            else tell("the hall has no [[agents]]")
        )
        yield wrong(f"{key}.agent", "is missing; {several}", several=several)
    name = name_of_probe(probe)
    if name in names:
        yield wrong(f"{key}.name", "this device has another probe {name!r}; give each a name of its own", name=name)
    names.add(name)


def _check_mappings(hall: Hall, classes: Mapping[str, BusinessClass]) -> Iterator[Finding]:
    for key, device in all_devices(hall):
        for number, probe in enumerate(device.probes, 1):
            mapping = getattr(probe, "mapping", None)
            if isinstance(mapping, QueueMap):
                place = f"{key}.probes[{number}].mapping.classes"
                yield from check_words(place, mapping.classes.values(), classes, NO_CLASSES)


def _check_needs(hall: Hall, classes: Mapping[str, BusinessClass]) -> Iterator[Finding]:
    impact = Impact(hall.windows, [device for _, device in all_devices(hall)], classes)
    for number, window in enumerate(hall.windows, 1):
        for name, word in [("classes", word) for word in window.classes] + [("may", word) for word in window.may]:
            needs = classes[word].needs if word in classes else []
            lacking = ", ".join(repr(need) for need in needs if not impact.givers(window.id, need))
            if lacking:
                fix = tell("add it to the gives of a device that serves it")
                text = tell(
                    "{word!r} needs {lacking}, which no device gives this window; {fix}",
                    word=word,
                    lacking=lacking,
                    fix=fix,
                )
                yield f"windows[{number}] ({window.id}).{name}", text
