"""A hall in memory: its file made ready, what is followed of its devices and agents, and what was decided."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.catalogue import Catalogue, RuleBook
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, agent_of, name_of_probe
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.impact import Blame, Impact, Takers
from hallwatch_collector.core.parts import PartNames
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.state import AgentState, Incident, Measure
from hallwatch_collector.core.topology import Topology
from hallwatch_collector.core.watch import AgentWatch, DeviceWatch, ProbeWatch


class Model:
    """Everything the engine holds of one hall. Stations 6 and 7 are functions over it."""

    def __init__(self, hall: Hall, plan: Plan, catalogue: Catalogue) -> None:
        self.hall = hall
        self.plan = plan
        self.templates = {template.id: template for template in plan.measures}
        self.digest = ""
        self.hours = Hours.of(hall)
        equipment = [*hall.devices, *hall.systems]
        self.topology = Topology(equipment)
        self.impact = Impact(hall.windows, equipment, {each.id: each for each in (*plan.classes, *hall.classes)})
        self.part_names = PartNames(catalogue.parts, self.impact.classes.values())
        self.agents = {agent.id: AgentWatch(AgentState()) for agent in hall.agents}
        hosts = {agent.host: agent.id for agent in hall.agents if agent.host}
        rulebook = RuleBook(catalogue, hall)
        self.devices: dict[str, DeviceWatch] = {}
        for device in equipment:
            probes = {probe.name: probe for probe in map(self._probe_watch, device.probes)}
            watch = DeviceWatch(device, rulebook.rules_for(device), probes, hosts.get(device.id, ""))
            self.devices[device.id] = watch
            if watch.hosts:
                self.agents[watch.hosts].host = watch
            for probe in probes.values():
                self.agents.setdefault(probe.agent, AgentWatch(AgentState())).watch(watch, probe)
        self.incidents: dict[str, Incident] = {}
        self.measures: dict[str, Measure] = {}
        self.signs: dict[str, Sign] = {}
        self.closed_windows: dict[str, str] = {}
        self.lost: dict[str, list[str]] = {}
        self.unsure: dict[str, list[str]] = {}
        """Window → classes that hang on something nobody sees. Found anew by every decision, as what follows."""
        self.blames: dict[str, dict[str, Blame]] = {}
        """Window → class it lost → whose fault that is. Not written out: every decision finds it anew."""
        self._shares: dict[str, dict[str, list[str]]] = {}
        self.unseen: dict[str, str] = dict.fromkeys(self.devices, "never")
        self.counter = 0
        self.awaiting = False
        """Whether some fault waits for a device upstream to be looked at."""
        self.settling: dict[str, float] = {}
        """Device that recovered from cutting others off → until when these may not alert."""
        self.version = 0
        self.samples = 0
        """How often something was remembered."""
        self._timers: list[tuple[float, int, str, str]] = []
        self._timer_count = 0

    def _probe_watch(self, probe: Any) -> ProbeWatch:
        kind = str(probe.__struct_config__.tag)
        agent, name = agent_of(self.hall, probe), name_of_probe(probe)
        watch = ProbeWatch(agent, name, kind, probe.interval_s, probe.timeout_s)
        watch.options, watch.asks_device = probe, probe.asks_device
        return watch

    def watch_for_silence(self, device: DeviceWatch, probe: ProbeWatch, now: float) -> None:
        """Ask to be woken when the probe's next reading is overdue; one timer a probe is enough."""
        if not probe.timed:
            probe.timed = True
            self.set_timer(now + probe.late_after_s, device.id, f"@{probe.name}")

    def set_timer(self, due: float, device: str = "", key: str = "") -> None:
        """Ask to be woken at *due*: for an alarm (device and key), a probe, or, with neither, to look at everything."""
        self._timer_count += 1
        heapq.heappush(self._timers, (due, self._timer_count, device, key))

    def shift_timers(self, step_s: float) -> None:
        """Let every timer end by *step_s* later."""
        self._timers = [(due + step_s, number, device, key) for due, number, device, key in self._timers]

    def due_timers(self, now: float) -> Iterator[tuple[float, str, str]]:
        """Take out and yield the timers that are due, earliest first."""
        while self._timers and self._timers[0][0] <= now:
            due, _, device, key = heapq.heappop(self._timers)
            yield due, device, key

    def next_due(self) -> float:
        """Return when the next timer is due; infinity when none runs."""
        return self._timers[0][0] if self._timers else float("inf")

    def next_number(self) -> int:
        """Count incidents and measures of this hall."""
        self.counter += 1
        return self.counter

    def is_unknown(self, device: str) -> bool:
        """Tell whether nobody sees the device; one that has no probe was never meant to be seen."""
        return device in self.unseen and bool(self.devices[device].probes)

    def takers(self, device: str) -> Takers:
        """Return the capabilities that faults take from a device now, with the root devices of these faults."""
        return self.devices[device].takers()

    def shares(self, root: str) -> dict[str, list[str]]:
        """Return what a root device and the faults that it explains cost now: window → classes, alone or with others.

        What a window lost through others is not theirs to answer for.
        """
        return self._shares.get(root, {})

    def note_blames(self, blames: dict[str, dict[str, Blame]]) -> None:
        """Take in whose fault it is what each window lost."""
        self.blames, self._shares = blames, {}
        for window, lost in blames.items():
            for name, blame in lost.items():
                for root in blame.involved:
                    self._shares.setdefault(root, {}).setdefault(window, []).append(name)

    def able(self, window: str) -> set[str]:
        """Return the classes that a window takes now; none while it is closed."""
        if window in self.closed_windows:
            return set()
        return set(self.impact.windows[window].classes) - set(self.lost.get(window, ()))

    def sure(self, window: str) -> set[str]:
        """Return those of the classes that a window takes now which hang on nothing that nobody sees."""
        return self.able(window) - set(self.unsure.get(window, ()))

    def cut_since(self, device: str) -> float | None:
        """Tell since when a device is down by a fault that cuts off what depends on it; None when it is not."""
        watch = self.devices.get(device)
        moments = [alarm.raised_at or alarm.since for alarm, fault in watch.raised() if fault.cuts] if watch else []
        return min(moments) if moments else None

    def live_incident(self, device: str) -> Incident | None:
        """Return the incident of a root device that is not closed: standing, or recovered and still to be checked."""
        for incident in self.incidents.values():
            if incident.device == device and incident.status != "closed":
                return incident
        return None

    def checks(self, incident: str) -> list[Measure]:
        """Return the checks of the last transaction (D4) that an incident asked for after it recovered."""
        return [
            measure
            for measure in self.measures.values()
            if measure.incident == incident
            and measure.status not in ("undone", "over")
            and self.templates[measure.template].on == "window-recovered"
        ]


Events = list[AnyEvent]


class Turn:
    """One call of the engine on one hall: what it works on, when, and the events that come of it."""

    __slots__ = ("at", "events", "model", "now", "refused")

    def __init__(self, model: Model, now: float, at: float | None = None) -> None:
        self.model = model
        self.now = now
        """When it is worked out."""
        self.at = now if at is None else at
        """The moment to which what is found belongs: of the reading, or of the hold that ended."""
        self.events: Events = []
        self.refused: dict[str, int] = {}
        """What was not taken, by reason."""

    def refuse(self, reason: str) -> None:
        """Count something that was not taken."""
        self.refused[reason] = self.refused.get(reason, 0) + 1
