"""A hall file, a plan and a catalogue made ready: what is followed of devices and agents, who gives what to whom."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from hallwatch_collector.core.catalogue import Catalogue, RuleBook
from hallwatch_collector.core.deadlines import DeadlineClerk
from hallwatch_collector.core.hall import Device, Hall, agent_of, name_of_probe
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.impact import Impact
from hallwatch_collector.core.parts import PartNames
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.state import AgentState
from hallwatch_collector.core.things import things_of
from hallwatch_collector.core.topology import Topology
from hallwatch_collector.core.watch import AgentWatch, DeviceWatch, ProbeWatch


class Equipment:
    """What files say of one hall, made ready; nothing was heard of it yet, and nothing decided."""

    def __init__(self, hall: Hall, plan: Plan, catalogue: Catalogue) -> None:
        self.hall = hall
        self.plan = plan
        self.templates = {template.id: template for template in plan.measures}
        self.notices = {notice.id: notice for notice in plan.notices}
        self.clerk = DeadlineClerk.of(plan.deadlines, hall)
        self.forms = {form.id: form for form in plan.registers}
        self.digest = ""
        self.store = {supply.id: supply for supply in hall.supplies}
        self.hours = Hours.of(hall)
        classes = {each.id: each for each in (*plan.classes, *hall.classes)}
        devices = [_as_spare(device, hall) for device in hall.devices]
        equipment = [*devices, *hall.systems, *things_of(hall, classes.values())]
        self.topology = Topology(equipment)
        self.impact = Impact(hall.windows, equipment, classes)
        self.part_names = PartNames(catalogue.parts, self.impact.classes.values())
        self.agents = {agent.id: AgentWatch(AgentState()) for agent in hall.agents}
        hosts = {agent.host: agent.id for agent in hall.agents if agent.host}
        rulebook = RuleBook(catalogue, hall)
        self.first_read: dict[str, float] = {}
        """Device → when it was read for the first time: of what was before nobody knows anything."""
        self.devices: dict[str, DeviceWatch] = {}
        self.systems: list[DeviceWatch] = []
        """Of the devices, the business systems."""
        self.displays: dict[str, list[DeviceWatch]] = {}
        """Place → the displays there."""
        for device in equipment:
            probes = {probe.name: probe for probe in map(self._probe_watch, device.probes)}
            watch = DeviceWatch(device, rulebook.rules_for(device), probes, hosts.get(device.id, ""))
            self.devices[device.id] = watch
            if watch.hosts:
                self.agents[watch.hosts].host = watch
            if device.kind == "system":
                self.systems.append(watch)
            elif device.kind == "display" and device.place:
                self.displays.setdefault(device.place, []).append(watch)
            for probe in probes.values():
                self.agents.setdefault(probe.agent, AgentWatch(AgentState())).watch(watch, probe)

    def _probe_watch(self, probe: Any) -> ProbeWatch:
        kind = str(probe.__struct_config__.tag)
        agent, name = agent_of(self.hall, probe), name_of_probe(probe)
        watch = ProbeWatch(agent, name, kind, probe.interval_s, probe.timeout_s)
        watch.options, watch.asks_device = probe, probe.asks_device
        return watch


def _as_spare(device: Device, hall: Hall) -> Device:
    """Return a device that lies in the store with what it can give when it is lent: where the file does not say, what
    those can that it is the spare of."""
    serves = device.serves or device.place in {window.id for window in hall.windows}
    replaced = [each for each in hall.devices if each.spare == device.id and each.kind == device.kind]
    if device.gives or serves or not replaced:
        return device
    return structs.replace(device, gives=list(dict.fromkeys(name for each in replaced for name in each.gives)))
