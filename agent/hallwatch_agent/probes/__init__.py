"""The probes. ``AnyProbe`` is the registry: a new probe is one new file and one word in this union."""

from __future__ import annotations

from typing import Any

import msgspec

from hallwatch_agent.probes.host import HostProbe
from hallwatch_agent.probes.http import HttpProbe
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.probes.snmp_interfaces import SnmpInterfacesProbe
from hallwatch_agent.probes.snmp_printer import SnmpPrinterProbe
from hallwatch_agent.probes.tcp import TcpProbe
from hallwatch_agent.probes.ups_mib import UpsMibProbe
from hallwatch_agent.wire import ProbeOrder

AnyProbe = HostProbe | HttpProbe | SnmpInterfacesProbe | SnmpPrinterProbe | TcpProbe | UpsMibProbe

__all__ = ["AnyProbe", "Context", "CouldNotRead", "Probe", "Told", "kind_of", "probe_from_order"]


def kind_of(probe: Probe) -> str:
    """Return the word by which hall files call this kind of probe."""
    return str(probe.__struct_config__.tag)


def probe_from_order(order: ProbeOrder) -> Probe:
    """Build the probe that an order asks for; raise :class:`msgspec.ValidationError` when this agent cannot."""
    table: dict[str, Any] = {**order.options, "kind": order.kind}
    table |= {"interval_s": order.interval_s, "timeout_s": order.timeout_s}
    probe: Probe = msgspec.convert(table, AnyProbe)
    return probe
