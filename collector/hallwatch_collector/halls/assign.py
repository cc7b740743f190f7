"""Turns a hall file into what each of its agents is to probe."""

from __future__ import annotations

import hashlib

import msgspec

from hallwatch_agent.probes import kind_of
from hallwatch_agent.probes.probe import Probe
from hallwatch_agent.wire import Assignment, ProbeOrder, encode
from hallwatch_collector.core.hall import Device, Hall, agent_of, name_of_probe

COMMON = frozenset({"kind", "agent", "name", "interval_s", "timeout_s"})
"""Keys of a probe that the order carries itself."""


def assignments(hall: Hall) -> list[Assignment]:
    """Return one assignment for each agent of the hall, also for one that has nothing to probe."""
    orders: dict[str, list[ProbeOrder]] = {agent.id: [] for agent in hall.agents}
    for device in (*hall.devices, *hall.systems):
        for probe in device.probes:
            orders[agent_of(hall, probe)].append(_order(device, probe))
    return [Assignment(agent, _digest(probes), probes) for agent, probes in orders.items()]


def _order(device: Device, probe: Probe) -> ProbeOrder:
    options = {key: value for key, value in msgspec.to_builtins(probe).items() if key not in COMMON}
    return ProbeOrder(device.id, name_of_probe(probe), kind_of(probe), probe.interval_s, probe.timeout_s, options)


def _digest(probes: list[ProbeOrder]) -> str:
    return hashlib.sha256(encode(probes)).hexdigest()[:16]
