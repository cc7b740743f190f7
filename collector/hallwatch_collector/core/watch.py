"""What the collector follows while it runs: the probes of a device, the device with its alarms, an agent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hallwatch_agent.wire import ReadError, Reading
from hallwatch_collector.core.alarms import is_raised
from hallwatch_collector.core.catalogue import DeviceRules, Fault
from hallwatch_collector.core.hall import Device
from hallwatch_collector.core.intake import ClockOffset, Sequences, late_after_s
from hallwatch_collector.core.state import AgentState, Alarm
from hallwatch_collector.core.trace import NO_PAST, Past

UNANSWERED = (ReadError.TIMEOUT, ReadError.UNREACHABLE)
ANSWERED = (ReadError.REFUSED, ReadError.DENIED, ReadError.GARBAGE, ReadError.MUTE)


class ProbeWatch:
    """One probe of a device, as the collector sees it."""

    __slots__ = (
        "agent",
        "arrived_at",
        "asks_device",
        "awaited",
        "fresh",
        "kind",
        "late_after_s",
        "look_at",
        "name",
        "options",
        "own",
        "past",
        "read_at",
        "reading",
        "sample_at",
        "seen_at",
        "steady",
        "steady_since",
        "taken_at",
        "timed",
    )

    def __init__(self, agent: str, name: str, kind: str, interval_s: float, timeout_s: float) -> None:
        self.agent = agent
        self.own = False
        """Whether its agent runs on the device itself."""
        self.name = name
        self.kind = kind
        self.late_after_s = late_after_s(interval_s, timeout_s)
        self.reading: Reading | None = None
        self.taken_at = float("-inf")
        """``at`` of the last reading, by the agent's clock: older ones are history."""
        self.seen_at = float("-inf")
        """The same moment by the collector's clock."""
        self.arrived_at = float("-inf")
        """When it was processed."""
        self.read_at = float("-inf")
        """When it last could read its device, by the collector's clock."""
        self.fresh = False
        """Whether the last reading still speaks for the present."""
        self.steady = False
        """Whether it is fresh and its last reading was no failure: its device is then seen, without a look."""
        self.steady_since = float("-inf")
        """Since when that is so, by the collector's clock."""
        self.awaited = False
        """Whether it reported before a restart and since then was neither heard nor overdue: its word still counts."""
        self.timed = False
        """Whether a timer runs that will ask whether it still does."""
        self.look_at = float("inf")
        """When its last reading is to be judged anew, because time alone will have changed what it means."""
        self.sample_at = float("-inf")
        """When the next reading is also to be remembered."""
        self.past: Past = NO_PAST
        """What is remembered of its metrics, for the rules that ask for it."""
        self.options: Any = None
        """As they stand in the hall file."""
        self.asks_device = True
        """Whether it is the device that answers, not a queue or a file of another machine."""

    def contact(self) -> bool | None:
        """Tell whether the device answered this probe; None: cannot say.

        An agent that reports from the device itself proves that it lives, whatever its probe ran into.
        """
        if not self.fresh or self.reading is None:
            return None
        if self.own:
            return True
        return contact_of(self.reading) if self.asks_device else None

    def may_yet_read(self, at: float) -> bool:
        """Tell whether it could read its device shortly before a restart, and has had no time to say so again."""
        return self.awaited and self.read_at > at - self.late_after_s


def brings_along(alarm: Alarm, fault: Fault, part: str) -> bool:
    """Tell whether an alarm brings this fault along; that of one part brings nothing along for another."""
    apart = bool(part and alarm.part) and alarm.part != part
    return alarm.fault in fault.implied_by and not apart


def contact_of(reading: Reading) -> bool | None:
    """Tell whether a reading shows that its device answers; None when it shows neither."""
    if reading.error is None:
        return reading.conditions.get("reachable", True)
    if reading.error in UNANSWERED:
        return False
    return True if reading.error in ANSWERED else None


class DeviceWatch:
    """One device of the hall."""

    __slots__ = ("_here", "agent_view", "alarms", "clock_view", "device", "hosts", "id", "probes", "rules")

    def __init__(self, device: Device, rules: DeviceRules, probes: dict[str, ProbeWatch], hosts: str) -> None:
        self.id = device.id
        self.device = device
        self.rules = rules
        self.probes = probes
        self.hosts = hosts
        """The agent that runs on it, or empty."""
        self.agent_view = ProbeWatch(hosts, "agent", "agent", 0, 0)
        self.clock_view = ProbeWatch(hosts, "clock", "agent", 0, 0)
        """Stand for the life and the clock of that agent where a rule asks for them."""
        for probe in probes.values():
            probe.own = bool(hosts) and probe.agent == hosts
        self.alarms: dict[str, Alarm] = {}
        """Fault id, or ``fault[part]`` → alarm; clear ones with nothing to remember are not kept."""
        self._here: dict[tuple[str, str], Fault] = {}

    def raised(self) -> Iterator[tuple[Alarm, Fault]]:
        """Yield the faults that stand, each as it is on this device and the part that has it."""
        for alarm in self.alarms.values():
            if is_raised(alarm):
                yield alarm, self.as_here(alarm)

    def as_here(self, alarm: Alarm) -> Fault:
        """Return an alarm's fault as it is on this device; worked out once, for it is asked many times a decision."""
        key = alarm.fault, alarm.part
        fault = self._here.get(key)
        if fault is None:
            fault = self._here[key] = self.rules.faults[alarm.fault].on(self.device, alarm.part)
        return fault

    def foremost(self) -> Iterator[tuple[Alarm, Fault]]:
        """Yield those of the faults that stand which no other one that stands brings along."""
        standing = [alarm for alarm in self.alarms.values() if is_raised(alarm)]
        for alarm, fault in self.raised():
            if not any(brings_along(other, fault, alarm.part) for other in standing):
                yield alarm, fault

    def fresh_probes(self) -> Iterator[ProbeWatch]:
        """Yield the probes whose last reading speaks for the present."""
        return (probe for probe in self.probes.values() if probe.fresh)

    def answers(self) -> bool | None:
        """Tell whether the device answers anybody: one answer is enough; None when nobody can say."""
        contacts = {probe.contact() for probe in self.fresh_probes()} - {None}
        return True in contacts if contacts else None

    def takers(self) -> dict[str, set[str]]:
        """Return the capabilities that faults take from it now, with the root devices of these faults."""
        takers: dict[str, set[str]] = {}
        for alarm, fault in self.raised():
            for capability in fault.taken(self.device.gives):
                takers.setdefault(capability, set()).add(alarm.cause or self.id)
        return takers


class AgentWatch:
    """One agent of the hall."""

    __slots__ = ("clock", "host", "probes", "routes", "sequences", "state")

    def __init__(self, state: AgentState) -> None:
        self.state = state
        self.host: DeviceWatch | None = None
        """The device it runs on, when that is in the hall file."""
        self.clock = ClockOffset(state.clock_offset_s)
        self.sequences = Sequences()
        self.probes: list[tuple[DeviceWatch, ProbeWatch]] = []
        self.routes: dict[str, tuple[tuple[str, DeviceWatch, ProbeWatch], ...]] = {}
        """Device → its probes by name, for those that this agent is to report: one or two, rarely more."""

    def watch(self, device: DeviceWatch, probe: ProbeWatch) -> None:
        """Have a probe reported by this agent."""
        self.probes.append((device, probe))
        self.routes[device.id] = (*self.routes.get(device.id, ()), (probe.name, device, probe))
