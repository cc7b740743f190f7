"""SNMP: who a host says that it is, and which ports of a network device are up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from hallwatch_agent.discover.evidence import NetworkPort, SnmpSaid
from hallwatch_agent.discover.makers import is_computer
from hallwatch_agent.probes.probe import Context, CouldNotRead
from hallwatch_agent.probes.snmp_probe import (
    MIB_2,
    SYS_DESCR,
    SYS_NAME,
    Column,
    Oid,
    SnmpProbe,
    Value,
    number,
    text,
)
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from hallwatch_agent.snmp import Session

Access = Mapping[str, Any]
"""Options of an SNMP probe that let it in: ``version``, ``community_file``, ``user`` and the like."""
ENTERPRISES: Final[Oid] = (1, 3, 6, 1, 4, 1)
SYS_OBJECT_ID: Final[Oid] = (*MIB_2, 1, 2, 0)
SYS_SERVICES: Final[Oid] = (*MIB_2, 1, 7, 0)
IP_FORWARDING: Final[Oid] = (*MIB_2, 4, 1, 0)
BRIDGE_PORTS: Final[Oid] = (*MIB_2, 17, 1, 2, 0)
IF_ENTRY: Final[Oid] = (*MIB_2, 2, 2, 1)
IF_X_ENTRY: Final[Oid] = (*MIB_2, 31, 1, 1, 1)
HR_DEVICE: Final[Oid] = (*MIB_2, 25, 3, 2, 1)
HR_PRINTER: Final[Oid] = (*MIB_2, 25, 3, 5, 1)
PRT_GENERAL: Final[Oid] = (*MIB_2, 43, 5, 1, 1)
PRT_SUPPLIES: Final[Oid] = (*MIB_2, 43, 11, 1, 1)
ETHERNET, UP = 6, 1
MOST_PORTS: Final = 16

UPS_OBJECTS: Final[dict[Oid, str]] = {
    (*MIB_2, 33, 1, 2, 1, 0): "UPS-MIB",
    (*MIB_2, 33, 1, 4, 1, 0): "UPS-MIB",
    (*MIB_2, 33, 1, 1, 2, 0): "UPS-MIB",
    (*ENTERPRISES, 318, 1, 1, 1, 2, 1, 1, 0): "PowerNet-MIB",
    (*ENTERPRISES, 534, 1, 2, 1, 0): "XUPS-MIB",
    (*ENTERPRISES, 3808, 1, 1, 1, 2, 1, 1, 0): "CPS-MIB",
}
"""Objects that only a UPS has (battery status, run time, source of the output, model), and their MIB."""
UPS_MODELS: Final[tuple[Oid, ...]] = (
    (*MIB_2, 33, 1, 1, 2, 0),
    (*ENTERPRISES, 318, 1, 1, 1, 1, 1, 1, 0),
    (*ENTERPRISES, 534, 1, 1, 2, 0),
    (*ENTERPRISES, 3808, 1, 1, 1, 1, 1, 1, 0),
)
SYSTEM: Final = (SYS_DESCR, SYS_OBJECT_ID, SYS_NAME, SYS_SERVICES, IP_FORWARDING, BRIDGE_PORTS)


class Answers(Struct, frozen=True):
    """What a host answered, by object; empty: it has no such object, or fell silent."""

    system: Mapping[Oid, Value] = {}
    power: Mapping[Oid, Value] = {}
    general: Mapping[int, Column] = {}
    """The Printer MIB: of each printer anything at all, and under 16 its name."""
    printers: Mapping[int, Column] = {}
    """hrPrinterTable."""
    devices: Column = {}
    """hrDeviceDescr."""


class Asker(Struct, frozen=True):
    """Asks hosts over SNMP. Every method raises :class:`CouldNotRead`."""

    secrets: Path
    timeout_s: float
    port: int = 161

    async def greet(self, address: str, access: Access) -> SnmpSaid:
        """Ask a host whether it speaks SNMP."""
        async with self._session(address, access, 1) as session:
            return conclude(access, Answers(await session.get(SYS_OBJECT_ID)))

    async def ask(self, address: str, access: Access) -> SnmpSaid:
        """Ask a host who it is."""
        async with self._session(address, access, 1) as session:
            system = await session.get(*SYSTEM)
        if not system:
            raise CouldNotRead(ReadError.UNSUPPORTED, "it answers SNMP, but does not say who it is")
        try:
            async with self._session(address, access, 4) as session:
                return conclude(access, await _ask_further(session, system))
        except CouldNotRead:  # what it has said by then counts
            return conclude(access, Answers(system))

    async def ask_ports(self, address: str, access: Access) -> list[NetworkPort]:
        """Return the ports of a network device that are up."""
        async with self._session(address, access, 8) as session:
            state = await session.walk(IF_ENTRY, [2, 3, 8])
            names = await session.walk(IF_X_ENTRY, [1, 15, 18])
        return list_ports(state, names)

    def _session(self, address: str, access: Access, times: int) -> Session:
        """Return a conversation that may last so many *times* the time of one answer."""
        options = {"host": address, "port": self.port, "retries": int(times > 1), **access}
        probe = msgspec.convert({**options, "timeout_s": self.timeout_s * times}, SnmpProbe)
        return probe.session(Context(secrets=self.secrets))


async def _ask_further(session: Session, system: Mapping[Oid, Value]) -> Answers:
    power = await session.get(*UPS_OBJECTS, *UPS_MODELS)
    general = await session.walk(PRT_GENERAL, [1, 16], rows=2)
    if not any(general.values()):
        general = await session.walk(PRT_SUPPLIES, [9], rows=2)
    printers = await session.walk(HR_PRINTER, [1, 2], rows=2)
    is_printer = any(general.values()) or any(printers.values())
    devices = (await session.walk(HR_DEVICE, [3], rows=4))[3] if is_printer else {}
    return Answers(system, power, general, printers, devices)


def conclude(access: Access, answers: Answers) -> SnmpSaid:
    """Put together what a host said; values of a wrong type count as not said."""
    said = answers.system
    object_id = said.get(SYS_OBJECT_ID, ())
    object_id = object_id if isinstance(object_id, tuple) else ()
    by_mib = any(answers.general.values())
    rows = {row for column in answers.printers.values() for row in column}
    if is_computer(object_id) and not by_mib:
        rows = set()  # the queues that it has; the printers stand elsewhere
    return SnmpSaid(
        access=dict(access),
        object_id=object_id,
        descr=text(said.get(SYS_DESCR))[:200],
        name=text(said.get(SYS_NAME))[:80],
        services=number(said.get(SYS_SERVICES)) or 0,
        routes=said.get(IP_FORWARDING) == 1,
        bridge_ports=max(number(said.get(BRIDGE_PORTS)) or 0, 0),
        printer="Printer MIB" if by_mib else "printer table of the Host Resources MIB" if rows else "",
        ups=next((mib for oid, mib in UPS_OBJECTS.items() if oid in answers.power), ""),
        model=_model(answers, rows, is_printer=by_mib or bool(rows))[:80],
    )


def _model(answers: Answers, rows: AbstractSet[Oid], *, is_printer: bool) -> str:
    candidates = [text(answers.power.get(oid)) for oid in UPS_MODELS]
    if is_printer:
        devices = answers.devices
        candidates += [text(devices[row]) for row in sorted(rows) if row in devices]
        candidates += [text(cell) for cell in (*devices.values(), *answers.general.get(16, {}).values())]
    return next(filter(None, candidates), "")


def list_ports(state: Mapping[int, Column], names: Mapping[int, Column]) -> list[NetworkPort]:
    """Return the wired ports that are up: those with a description first, then the fastest."""
    descrs, types, oper = (state.get(column, {}) for column in (2, 3, 8))
    short, speed, alias = (names.get(column, {}) for column in (1, 15, 18))
    found = [
        NetworkPort(name[:80], text(alias.get(row))[:80], number(speed.get(row)) or 0)
        for row in sorted(oper)
        if oper[row] == UP
        and types.get(row, ETHERNET) == ETHERNET
        and (name := text(short.get(row)) or text(descrs.get(row)))
    ]
    return sorted(found, key=lambda port: (not port.alias or port.alias == port.name, -port.speed_mbit))[:MOST_PORTS]


def ways_in(accesses: Sequence[Access]) -> list[Access]:
    """Return the given ways and, after them, ``public``; a community is tried as v2c and then as v1."""
    ways: list[Access] = []
    for access in (*accesses, {}):
        older = [] if "version" in access else [{**access, "version": "1"}]
        ways += [way for way in (access, *older) if way not in ways]
    return ways
