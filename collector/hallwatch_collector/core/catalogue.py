"""The fault catalogue: which faults there are, when each holds, and what each takes away. Data, made ready for use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct, structs

from hallwatch_agent.wire import Id
from hallwatch_collector.core.hall import LIMITS, Device, FaultOverride, Hall, Kind
from hallwatch_collector.core.parts import PartName
from hallwatch_collector.core.rules import AnyRule, Channel, ForecastRule
from hallwatch_collector.core.symptoms import Symptom
from hallwatch_collector.core.trace import Keeping

Severity = Literal["fault", "warning"]
Nature = Literal["failure", "crowding", "class"]
Effect = Literal["hazard", "unusable", "degraded", "warning"]
EFFECTS: tuple[Effect, ...] = ("hazard", "unusable", "degraded", "warning")
"""From the worst down."""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault of the catalogue."""

    id: Id
    kinds: list[Kind] = []
    """Kinds of device it can have; empty: all."""
    name: str
    name_en: str
    when: AnyRule
    hold_s: float = 0.0
    """How long it must hold before it is raised."""
    clear_hold_s: float = 0.0
    """How long it must be gone before it is cleared."""
    severity: Severity = "fault"
    """A ``fault`` makes an incident; a ``warning`` is only shown."""
    nature: Nature = "failure"
    """What kind of trouble it is: the plan asks for other measures when people crowd than when a printer fails."""
    indicator: bool = False
    """A warning indicator (A1): the plan's measures for a warning (A2) are owed while it stands."""
    effect: Effect
    takes: list[Id] = []
    """Capabilities it takes away; empty with effect ``unusable`` or ``hazard``: everything the device gives."""
    cuts: bool = False
    """What depends on the device cannot be reached meanwhile."""
    follows: bool = False
    """A device upstream that is down explains it."""
    implied_by: list[Id] = []
    """Faults of the same device that bring this one along: while one of them stands, this one says nothing new."""
    only_with: list[Id] = []
    """It holds only while one of these faults of the same device stands; empty: always."""
    only_open: bool = False
    """It holds only while the hall is open."""
    usual_repair_s: float = 1800.0
    role: Id = "technician"
    first_step: str = ""
    first_step_en: str = ""
    flap_count: int = 3
    """So many raises within ``flap_window_s`` are flapping: it then stays raised until quiet for ``flap_hold_s``."""
    flap_window_s: float = 600.0
    flap_hold_s: float = 300.0

    def taken(self, gives: Iterable[str]) -> set[str]:
        """Return which of the capabilities that a device gives are gone while this fault stands."""
        if self.effect not in ("unusable", "hazard"):
            return set(self.takes)
        return set(self.takes or gives)

    def on(self, device: Device, part: str) -> Fault:
        """Return the fault as it is on a device, or on a part of it that the hall file names.

        A device that still gives something is degraded; one that gives nothing any more is out of use.
        """
        if self.effect not in ("unusable", "degraded"):
            return self
        takes = device.parts.get(part, self.takes)
        if takes is self.takes and (not takes or self.effect == "degraded"):
            return self
        nothing_left = set(takes) >= set(device.gives) and bool(device.gives or self.effect == "unusable")
        effect: Effect = "unusable" if nothing_left else "degraded"
        return structs.replace(self, takes=takes, effect=effect)

    @property
    def limits(self) -> frozenset[str]:
        """What a hall file can change of its rule: limits that this kind of rule has, and that look this way."""
        sides = {name for name in ("above", "below") if getattr(self.when, name, None) is None}
        return frozenset(LIMITS).intersection(self.when.__struct_fields__) - sides


class Catalogue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All faults, the names of the parts that can have them, and what people see of them."""

    parts: list[PartName] = []
    symptoms: list[Symptom] = []
    faults: list[Fault]

    def __post_init__(self) -> None:
        kept: dict[str, Keeping] = {}
        for rule in (fault.when for fault in self.faults):
            keeping = rule.keeping
            if keeping is None:
                continue
            for metric in rule.remembers:
                if kept.setdefault(metric, keeping) is not keeping:
                    raise ValueError(f"{metric} is asked for by a forecast and by a baseline; its past is kept for one")


class Asked(NamedTuple):
    """A key of a reading that some rule asks, and the values that hold for none of its faults."""

    key: str
    quiet_from: float
    quiet_to: float
    faults: tuple[Fault, ...]


class Bindings(dict[tuple[str, ...], tuple[Asked, ...]]):
    """Keys of a reading → those of them that some rule asks; ``name[part]`` is asked by the rules of ``name``.

    Most keys are asked by no rule, and a probe tells the same keys each time: so the answer for a whole set of keys is
    worked out once and kept.
    """

    MOST: Final = 1024
    """Sets of keys kept at most: a device that invents new ones must not fill the memory."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__()
        self._faults: dict[str, tuple[Fault, ...]] = {}
        self._ranks: dict[str, int] = {}
        for number, fault in enumerate(faults):
            self._ranks[fault.id] = number
            self._faults[fault.when.key] = (*self._faults.get(fault.when.key, ()), fault)

    def __missing__(self, keys: tuple[str, ...]) -> tuple[Asked, ...]:
        if len(self) >= self.MOST:
            self.clear()
        # in the catalogue's order: what brings another fault along stands before it there, and is judged first
        asked = sorted((each for each in map(self._ask, keys) if each.faults), key=self._rank)
        shape = self[keys] = tuple(asked)
        return shape

    def _rank(self, asked: Asked) -> int:
        return min(self._ranks[fault.id] for fault in asked.faults)

    def _ask(self, key: str) -> Asked:
        stem, bracket, _ = key.partition("[")
        faults = self._faults.get(stem if bracket and key.endswith("]") else key, ())
        quiet = [fault.when.quiet for fault in faults]
        return Asked(
            key, max((low for low, _ in quiet), default=0), min((high for _, high in quiet), default=0), faults
        )


class DeviceRules:
    """The faults that one device can have, by the channel their rules ask."""

    __slots__ = ("agent", "conditions", "contact", "error", "faults", "forecasts", "metrics", "remembers", "turning")

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = {fault.id: fault for fault in faults}
        self.conditions = Bindings(self._on("conditions"))
        self.metrics = Bindings(self._on("metrics"))
        self.error = self._on("error")
        self.contact = self._on("contact")
        self.agent = self._on("agent")
        self.turning = any(fault.only_open or fault.when.timed for fault in self.faults.values())
        """Whether a verdict may change although nothing is told."""
        self.forecasts = [(fault, fault.when) for fault in self.faults.values() if isinstance(fault.when, ForecastRule)]
        self.remembers: dict[str, Keeping] = {}
        """Metric, without its part → how its past is kept."""
        for rule in (fault.when for fault in self.faults.values()):
            if rule.keeping is not None:
                self.remembers |= dict.fromkeys(rule.remembers, rule.keeping)

    def _on(self, channel: Channel) -> tuple[Fault, ...]:
        return tuple(fault for fault in self.faults.values() if fault.when.channel == channel)


class RuleBook:
    """Hands each device of a hall its rules: the catalogue's, changed by the hall's overrides; shared where equal."""

    def __init__(self, catalogue: Catalogue, hall: Hall) -> None:
        self._catalogue = catalogue
        self._overrides = hall.faults
        self._ready: dict[Any, DeviceRules] = {}

    def rules_for(self, device: Device) -> DeviceRules:
        """Return the rules of a device."""
        own = tuple(number for number, each in enumerate(self._overrides) if each.device in (None, device.id))
        key = (device.kind, own)
        if key not in self._ready:
            overrides = [self._overrides[number] for number in own]
            faults = [fault for fault in self._catalogue.faults if not fault.kinds or device.kind in fault.kinds]
            self._ready[key] = DeviceRules(filter(None, (override(fault, overrides) for fault in faults)))
        return self._ready[key]


def override(fault: Fault, overrides: Iterable[FaultOverride]) -> Fault | None:
    """Return a fault as a hall has it: those for one device count after those for all; None: it is switched off.

    Raises :class:`ValueError` when limits do not go together.
    """
    for each in sorted(overrides, key=lambda each: each.device is not None):
        if each.fault != fault.id:
            continue
        if not each.enabled:
            return None
        fault = _change(fault, each)
    return fault


def _change(fault: Fault, by: FaultOverride) -> Fault:
    own = ("hold_s", "clear_hold_s", "only_open", "usual_repair_s")
    changed = {name: getattr(by, name) for name in own if getattr(by, name) is not None}
    limits = {name: getattr(by, name) for name in fault.limits if getattr(by, name) is not None}
    if limits:
        changed["when"] = structs.replace(fault.when, **limits)
    return structs.replace(fault, **changed)
