"""The faults that can be put into a simulated hall, as data: ``faults.toml`` beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

from hallwatch_agent.probes import kind_of
from hallwatch_agent.wire import Id, ReadError
from hallwatch_collector.core.hall import Device, Kind
from hallwatch_collector.core.values import Name


class ProbeEffect(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a fault changes in the readings of one kind of probe. ``key[*]`` stands for every part the device has."""

    conditions: dict[str, bool] = {}
    metrics: dict[str, float] = {}
    totals: dict[str, int] = {}
    """A count that the parts make up together: each part told gets its share, and the whole is their sum."""
    rates: dict[str, float] = {}
    """Change per second since the fault began, added to the value and never below 0: a battery that empties."""
    error: ReadError | None = None
    """The probe cannot read the device at all."""
    note: str = ""


class FaultKind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way in which a device or an agent of a simulated hall can fail."""

    id: Id
    name: Name
    name_en: Name
    on: Literal["device", "agent"] = "device"
    kinds: list[Kind] = []
    """Only devices of these kinds can have it; empty: any."""
    silent: bool = False
    """The device answers nobody, and nothing behind it is reached."""
    blocks: bool = False
    """The device answers, but nothing behind it is reached."""
    stops_agent: bool = False
    """The agent on this device (or this agent) does not run; after it, the agent starts anew."""
    offline: bool = False
    """The agent runs and reads but cannot reach the broker: its reports wait in its spool."""
    clock_offset_s: float = 0.0
    """Agent's clock minus true time."""
    probes: dict[str, ProbeEffect] = {}
    """Probe kind → what it reads instead."""

    def fits(self, device: Device) -> bool:
        """Tell whether the fault can happen to *device* and would make a difference there."""
        if self.on != "device" or (self.kinds and device.kind not in self.kinds):
            return False
        if (self.silent or self.blocks) and (not device.probes or any(probe.asks_device for probe in device.probes)):
            return True
        return any(kind_of(probe) in self.probes for probe in device.probes)


class _FaultFile(Struct, frozen=True, forbid_unknown_fields=True):
    faults: list[FaultKind]


FaultKinds = Mapping[str, FaultKind]


@cache
def load_fault_kinds() -> FaultKinds:
    """Return the shipped faults by id, in the file's order."""
    source = files(__package__).joinpath("faults.toml").read_bytes()
    return {kind.id: kind for kind in msgspec.toml.decode(source, type=_FaultFile).faults}
