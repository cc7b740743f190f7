"""Checks whether devices and windows can be what the hall file makes of them: spares, offers, probes of the right kind.

Each of these settings is right by itself; together they would mislead whoever relies on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from hallwatch_agent.probes import kind_of
from hallwatch_agent.probes.probe import Probe
from hallwatch_agent.probes.systems.transaction import TransactionProbe
from hallwatch_agent.sentences import tell
from hallwatch_collector.core.hall import BusinessClass, Device, Hall
from hallwatch_collector.core.impact import Impact
from hallwatch_collector.halls.findings import Finding, Known, all_devices, wrong
from hallwatch_collector.problems import name_choices

NOBODY: Final = frozenset({"0.0.0.0", "::", "255.255.255.255"})
"""They stand for all addresses of a machine, and for everybody at once."""
PRINTING: Final = "jam"
SUPPLYING: Final = "on-battery"
SPEAKS_OF: Final[Mapping[str, str]] = {
    "escpos-serial": PRINTING,
    "escpos-tcp": PRINTING,
    "ipp-printer": PRINTING,
    "nut-ups": SUPPLYING,
    "snmp-printer": PRINTING,
    "snmp-ups": SUPPLYING,
}
"""Kind of probe → a condition that shows which kinds of device the catalogue has faults for that it can tell. Of the
other kinds of probe, each tells something of any device."""


def check_service(hall: Hall, classes: Mapping[str, BusinessClass], known: Known) -> Iterator[Finding]:
    """Yield what does not go together in the hall's windows, devices and probes."""
    for number, window in enumerate(hall.windows, 1):
        key = f"windows[{number}] ({window.id}).classes"
        doubled = [word for word in dict.fromkeys(window.classes) if window.classes.count(word) > 1]
        for word in filter(None, doubled):
            yield wrong(
                key, "{word!r} stands there {count} times; once is enough", word=word, count=window.classes.count(word)
            )
    impact = Impact(hall.windows, [device for _, device in all_devices(hall)], classes)
    yield from _check_spares(hall, impact)
    yield from _check_gives(hall, classes, known)
    for key, device in all_devices(hall):
        yield from _check_kinds(key, device, known)
        yield from _check_hosts(key, device)


def _check_spares(hall: Hall, impact: Impact) -> Iterator[Finding]:
    devices = {device.id: device for _, device in all_devices(hall)}
    for key, device in all_devices(hall):
        spare = devices.get(device.spare or "")
        if spare is None or spare is device:
            continue
        if spare.kind and device.kind and spare.kind != device.kind:
            yield wrong(
                f"{key}.spare",
                "{spare} is a {spare_kind}, and {device} a {kind}; name one of its kind",
                spare=spare.id,
                spare_kind=spare.kind,
                device=device.id,
                kind=device.kind,
            )
        windows = impact.served_by(spare) if spare.gives else []
        if windows:
            fix = tell("take it out here, or let {spare} stand somewhere else and serve none", spare=spare.id)
            text = tell(
                "{spare} is in service itself, at {words}, and cannot be brought here; {fix}",
                spare=spare.id,
                words=", ".join(windows),
                fix=fix,
            )
            yield f"{key}.spare", text


def _check_gives(hall: Hall, classes: Mapping[str, BusinessClass], known: Known) -> Iterator[Finding]:
    """Find misspelt capabilities: words that mean nothing to anybody, and nearly one that does."""
    needed = {need for each in classes.values() for need in each.needs}
    needed |= {word for fault in known.faults.values() for word in fault.takes}
    givers: dict[str, int] = {}
    for _, device in all_devices(hall):
        for word in {*device.gives}:
            givers[word] = givers.get(word, 0) + 1
    for key, device in all_devices(hall):
        for word in dict.fromkeys(filter(None, device.gives)):
            if word in needed or givers[word] > 1:
                continue
            near = name_choices(word, needed)
            if near.startswith("did you mean"):
                yield wrong(f"{key}.gives", "{word!r} is needed by no business class; {near}", word=word, near=near)


def _check_kinds(key: str, device: Device, known: Known) -> Iterator[Finding]:
    for number, probe in enumerate(device.probes, 1):
        kinds = _told_of(kind_of(probe), known) if isinstance(probe, Probe) else frozenset()
        if kinds and device.kind not in {*kinds, "other", ""}:
            text = tell(
                "{probe!r} can tell nothing of a {kind}; it is for {listed}",
                probe=kind_of(probe),
                kind=device.kind,
                listed=_listed(kinds),
            )
            yield f"{key}.probes[{number}].kind", text


def _check_hosts(key: str, device: Device) -> Iterator[Finding]:
    for number, probe in enumerate(device.probes, 1):
        for option, host in _asked(probe) if isinstance(probe, Probe) else ():
            if host in NOBODY:
                text = tell(
                    "{host} is nobody's address alone: give the one of the device that is to be asked", host=host
                )
                yield f"{key}.probes[{number}].{option}", text


def _asked(probe: Probe) -> Iterator[tuple[str, str]]:
    """Yield every host that a probe asks, and the option in which it stands."""
    yield "host", getattr(probe, "host", "")
    for option in ("url", "counter_url"):
        yield option, _host_of(getattr(probe, option, ""))
    if isinstance(probe, TransactionProbe):
        for number, step in enumerate(probe.steps, 1):
            yield f"steps[{number}].url", _host_of(step.url)
        yield "gateway", _host_of(f"//{probe.gateway or ''}")
        for number, place in enumerate(probe.beyond, 1):
            yield f"beyond[{number}]", _host_of(f"//{place}")


def _host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


def _told_of(kind: str, known: Known) -> frozenset[str]:
    """Return the kinds of device of which such a probe can tell a fault; empty: of any."""
    bound = [fault.kinds for fault in known.faults.values() if fault.when.key == SPEAKS_OF.get(kind)]
    return frozenset() if [] in bound else frozenset(each for kinds in bound for each in kinds)


def _listed(words: Iterable[str]) -> str:
    *others, last = sorted(words)
    return tell("{first} or {second}", first=", ".join(others), second=last) if others else last
