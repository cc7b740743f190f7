"""The probes. ``AnyProbe`` is the registry: a new probe is one new file and one word in this union."""

from __future__ import annotations

from typing import Any

import msgspec

from hallwatch_agent.probes.computers.activity import ActivityProbe
from hallwatch_agent.probes.computers.backup import BackupProbe
from hallwatch_agent.probes.computers.foreground import ForegroundProbe
from hallwatch_agent.probes.computers.host import HostProbe
from hallwatch_agent.probes.computers.serial_port import SerialPortProbe
from hallwatch_agent.probes.computers.usb import UsbProbe
from hallwatch_agent.probes.network.snmp_health import SnmpHealthProbe
from hallwatch_agent.probes.network.snmp_interfaces import SnmpInterfacesProbe
from hallwatch_agent.probes.power.nut_ups import NutUpsProbe
from hallwatch_agent.probes.power.snmp_ups import SnmpUpsProbe
from hallwatch_agent.probes.printers.cups_queue import CupsQueueProbe
from hallwatch_agent.probes.printers.escpos_serial import EscposSerialProbe
from hallwatch_agent.probes.printers.escpos_tcp import EscposTcpProbe
from hallwatch_agent.probes.printers.ipp_printer import IppPrinterProbe
from hallwatch_agent.probes.printers.snmp_printer import SnmpPrinterProbe
from hallwatch_agent.probes.printers.windows_queue import WindowsQueueProbe
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.probes.queues.queue_csv import QueueCsvProbe
from hallwatch_agent.probes.queues.queue_http import QueueHttpProbe
from hallwatch_agent.probes.queues.queue_sql import QueueSqlProbe
from hallwatch_agent.probes.systems.http import HttpProbe
from hallwatch_agent.probes.systems.ping import PingProbe
from hallwatch_agent.probes.systems.tcp import TcpProbe
from hallwatch_agent.probes.systems.transaction import TransactionProbe
from hallwatch_agent.wire import ProbeOrder

AnyProbe = (
    ActivityProbe
    | BackupProbe
    | CupsQueueProbe
    | EscposSerialProbe
    | EscposTcpProbe
    | ForegroundProbe
    | HostProbe
    | HttpProbe
    | IppPrinterProbe
    | NutUpsProbe
    | PingProbe
    | QueueCsvProbe
    | QueueHttpProbe
    | QueueSqlProbe
    | SerialPortProbe
    | SnmpHealthProbe
    | SnmpInterfacesProbe
    | SnmpPrinterProbe
    | SnmpUpsProbe
    | TcpProbe
    | TransactionProbe
    | UsbProbe
    | WindowsQueueProbe
)

__all__ = ["AnyProbe", "Context", "CouldNotRead", "Probe", "Told", "kind_of", "probe_from_order"]


def kind_of(probe: Probe) -> str:
    """Return the word by which hall files call this kind of probe."""
    return str(probe.__struct_config__.tag)


def probe_from_order(order: ProbeOrder) -> Probe:
    """Build the probe that an order asks for; raise :class:`msgspec.ValidationError` when this agent cannot."""
    table: dict[str, Any] = {**order.options, "kind": order.kind}
    table |= {"interval_s": order.interval_s, "timeout_s": order.timeout_s}
    try:
        probe: Probe = msgspec.convert(table, AnyProbe)
    except msgspec.ValidationError:
        raise msgspec.ValidationError(_problems_of(table)) from None
    return probe


def _problems_of(table: dict[str, Any]) -> str:
    from hallwatch_agent.tables import TableReader  # a right order needs none

    reader = TableReader()
    reader.read_value(table, AnyProbe)
    return "; ".join(": ".join(filter(None, problem)) for problem in reader.problems)
