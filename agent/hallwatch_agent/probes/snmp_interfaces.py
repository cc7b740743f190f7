"""Ports of a switch, router or firewall over SNMP: IF-MIB (RFC 2863), only the ports that matter.

On a real switch most ports are idle, so a port counts only when the hall file names it. Rates are differences between
two readings: they start anew when the device restarts, and are absent wherever a counter may have wrapped unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from hallwatch_agent.probes.probe import Context, CouldNotRead, Seconds, Told
from hallwatch_agent.probes.snmp_probe import (
    MIB_2,
    SYS_DESCR,
    SYS_NAME,
    SYS_UPTIME,
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

IF_ENTRY: Final[Oid] = (*MIB_2, 2, 2, 1)
IF_X_ENTRY: Final[Oid] = (*MIB_2, 31, 1, 1, 1)
MAX_PORTS: Final = 80
"""One probe watches: each has six metrics, and a reading has room for 500."""
WRAP_32: Final = 2**32
SPEED_BEYOND: Final = 4_294_967_295
"""ifSpeed of a port that is faster than it can say."""

PORT_OBJECTS: Final[dict[str, Oid]] = {
    "descr": (*IF_ENTRY, 2), "speed": (*IF_ENTRY, 5), "admin": (*IF_ENTRY, 7), "oper": (*IF_ENTRY, 8),
    "in_octets": (*IF_ENTRY, 10), "in_discards": (*IF_ENTRY, 13), "in_errors": (*IF_ENTRY, 14),
    "out_octets": (*IF_ENTRY, 16), "out_discards": (*IF_ENTRY, 19), "out_errors": (*IF_ENTRY, 20),
    "in_octets_64": (*IF_X_ENTRY, 6), "out_octets_64": (*IF_X_ENTRY, 10), "speed_mbit": (*IF_X_ENTRY, 15),
}  # fmt: skip
UP, DOWN, NOT_PRESENT, LOWER_LAYER_DOWN = 1, 2, 6, 7


class Port(Struct, frozen=True):
    """A port of the device that the hall file names."""

    index: int
    descr: str
    part: str


class Counters(Struct, frozen=True):
    """What one port said at one moment; None: it does not count that."""

    at_s: float
    uptime_ticks: int | None
    speed_bits_per_s: float | None
    receive_octets: int | None
    transmit_octets: int | None
    wide: bool
    """Whether the octets are counted with 64 bits."""
    packets: dict[str, int] = {}
    """Errors and discards, always counted with 32 bits."""


class Memory(Struct):
    """What is kept of a device between two readings."""

    ports: list[Port] = []
    missing: list[str] = []
    offered: str = ""
    """What ports there are, for whoever named one that there is not."""
    names_read_at_s: float | None = None
    facts: dict[str, str] = {}
    counters: dict[int, Counters] = {}


class SnmpInterfacesProbe(SnmpProbe, tag="snmp-interfaces", frozen=True, kw_only=True):
    """Watches the named ports; without any it tells only that the device answers and since when it runs."""

    ports: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(max_length=MAX_PORTS)] = ()
    """Ports that matter, by ifName, ifDescr or ifAlias, for example ``GigabitEthernet0/0/1``."""
    names_interval_s: Seconds = 3600.0
    """How often ports are looked up by name again; with the next reading when they seem renumbered."""

    async def read(self, context: Context) -> Told:
        """Tell which ports are down and their rates; raise :class:`CouldNotRead` when the device is silent."""
        memory: Memory = context.memory.setdefault("interfaces", Memory())
        async with self.session(context) as session:
            read_at_s = memory.names_read_at_s
            if read_at_s is None or context.monotonic - read_at_s >= self.names_interval_s:
                await self._look_up(session, memory)
                memory.names_read_at_s = context.monotonic
            if self.ports and not memory.ports:
                raise CouldNotRead(ReadError.UNSUPPORTED, f"no port {', '.join(memory.missing)}; {memory.offered}")
            said = await session.get(SYS_UPTIME, *(oid for port in memory.ports for oid in port_oids(port).values()))
        return self._tell(memory, said, context.monotonic)

    async def _look_up(self, session: Session, memory: Memory) -> None:
        """Find the named ports and who the device is."""
        who = await session.get(SYS_DESCR, SYS_NAME)
        memory.facts = {"model": text(who.get(SYS_DESCR))[:120], "hostname": text(who.get(SYS_NAME))}
        if self.ports:
            names = await session.walk(IF_X_ENTRY, [1, 18])
            descrs = await session.walk(IF_ENTRY, [2])
            memory.ports, memory.missing = find_ports(self.ports, names[1], descrs[2], names[18])
            there_are = [text(cell) for cell in (names[1] or descrs[2]).values()]
            memory.offered = f"there are: {', '.join(there_are[:40])}" if there_are else "the device names no ports"

    def _tell(self, memory: Memory, said: Mapping[Oid, Value], now_s: float) -> Told:
        metrics: dict[str, float] = {}
        conditions = {"reachable": True}
        facts = {key: words for key, words in memory.facts.items() if words}
        if memory.missing:
            facts["ports-missing"] = ", ".join(memory.missing)
        uptime = number(said.get(SYS_UPTIME))
        if uptime is not None:
            metrics["uptime_s"] = uptime / 100
        for port in memory.ports:
            cells = {key: said[oid] for key, oid in port_oids(port).items() if oid in said}
            if text(cells.get("descr")) != port.descr:
                memory.names_read_at_s = None  # gone or renumbered: look the names up again
                continue
            conditions |= parse_state(port, number(cells.get("admin")), number(cells.get("oper")))
            counters = parse_counters(cells, uptime, now_s)
            metrics |= parse_rates(port, memory.counters.get(port.index), counters)
            memory.counters[port.index] = counters
        return Told(metrics, conditions, facts)


def port_oids(port: Port) -> dict[str, Oid]:
    """Return the OIDs that are read of a port."""
    return {key: (*column, port.index) for key, column in PORT_OBJECTS.items()}


_SHORT: Final = (
    (r"^ten-?gigabitethernet|^xgigabitethernet", "te"),
    (r"^gigabitethernet", "gi"),
    (r"^fastethernet", "fa"),
)
_GAP: Final = re.compile(r"(?<=[a-z])\s+(?=\d)")
_CHARACTERS: Final = re.compile(r"[^a-z0-9]+")


def port_part(said: str, index: int) -> str:
    """Name a port in a key: ``GigabitEthernet0/0/1`` gives ``gi0-0-1``."""
    return _CHARACTERS.sub("-", short_form(said)).strip("-")[:40].strip("-") or f"port-{index}"


def short_form(said: str) -> str:
    """Return a port's name as technicians shorten it, for comparing: ``gi0/0/1``."""
    name = _GAP.sub("", said.strip().casefold())
    for pattern, short in _SHORT:
        name = re.sub(pattern, short, name)
    return name


def find_ports(wanted: Sequence[str], names: Column, descrs: Column, aliases: Column) -> tuple[list[Port], list[str]]:
    """Find ports by ifName, ifDescr or ifAlias, in this order; case, spaces and technicians' short forms do not matter.

    Returns the ports found, and the names that the device does not know.
    """
    found: dict[int, Port] = {}
    missing: list[str] = []
    for name in wanted:
        row = next((row for column in (names, descrs, aliases) for row in _rows_called(name, column)), None)
        if row is None:
            missing.append(name)
            continue
        if row[-1] in found:  # two names of one port
            continue
        said = text(names.get(row)) or text(descrs.get(row))
        part = port_part(said, row[-1])
        taken = {port.part for port in found.values()}
        found[row[-1]] = Port(row[-1], text(descrs.get(row)), f"{part}-{row[-1]}" if part in taken else part)
    return list(found.values()), missing


def _rows_called(name: str, column: Column) -> Iterable[Oid]:
    wanted = short_form(name)
    return (row for row, cell in column.items() if row and wanted and short_form(text(cell)) == wanted)


def parse_state(port: Port, admin: int | None, oper: int | None) -> dict[str, bool]:
    """Tell ``port-down``: switched on but not up. Absent in states that say neither (testing, unknown, dormant)."""
    if oper == UP or admin == DOWN:
        return {f"port-down[{port.part}]": False}
    if admin == UP and oper in (DOWN, NOT_PRESENT, LOWER_LAYER_DOWN):
        return {f"port-down[{port.part}]": True}
    return {}


def parse_counters(cells: Mapping[str, Value], uptime_ticks: int | None, now_s: float) -> Counters:
    """Take what a port said; 64-bit counters where it has both."""
    seen = {key: amount for key, cell in cells.items() if (amount := number(cell)) is not None and amount >= 0}
    wide = "in_octets_64" in seen and "out_octets_64" in seen
    speed = seen.get("speed_mbit", 0) * 1e6 or float(seen.get("speed", 0))
    return Counters(
        at_s=now_s,
        uptime_ticks=uptime_ticks,
        speed_bits_per_s=speed if 0 < speed != SPEED_BEYOND else None,
        receive_octets=seen.get("in_octets_64" if wide else "in_octets"),
        transmit_octets=seen.get("out_octets_64" if wide else "out_octets"),
        wide=wide,
        packets={key: seen[key] for key in ("in_errors", "out_errors", "in_discards", "out_discards") if key in seen},
    )


def parse_rates(port: Port, before: Counters | None, after: Counters) -> dict[str, float]:
    """Return rates between two readings of a port; nothing across a restart of the device."""
    if before is None or after.at_s <= before.at_s or _restarted(before, after):
        return {}
    seconds = after.at_s - before.at_s
    receive = _octet_rate(before.receive_octets, after.receive_octets, before, after)
    transmit = _octet_rate(before.transmit_octets, after.transmit_octets, before, after)
    rates = {"receive_bits_per_s": receive, "transmit_bits_per_s": transmit}
    if receive is not None and transmit is not None and after.speed_bits_per_s:
        rates["utilisation_ratio"] = max(receive, transmit) / after.speed_bits_per_s
    grown = {
        key: amount - before.packets[key]
        for key, amount in after.packets.items()
        if key in before.packets and amount >= before.packets[key]
    }
    for key, parts in _PACKET_RATES.items():
        if all(part in grown for part in parts):
            rates[key] = sum(grown[part] for part in parts) / seconds
    return {f"{key}[{port.part}]": value for key, value in rates.items() if value is not None}


_PACKET_RATES: Final = {
    "receive_errors_per_s": ("in_errors",),
    "transmit_errors_per_s": ("out_errors",),
    "discards_per_s": ("in_discards", "out_discards"),
}


def _restarted(before: Counters, after: Counters) -> bool:
    if before.wide != after.wide:
        return True
    return (after.uptime_ticks or 0) < (before.uptime_ticks or 0)


def _octet_rate(old: int | None, new: int | None, before: Counters, after: Counters) -> float | None:
    """Return bits a second. A 32-bit counter counts only where it cannot have wrapped twice at the port's speed."""
    if old is None or new is None:
        return None
    seconds = after.at_s - before.at_s
    if after.wide:
        return (new - old) * 8 / seconds if new >= old else None
    if after.speed_bits_per_s is None or after.speed_bits_per_s * seconds / 8 >= WRAP_32:
        return None
    rate = (new - old) % WRAP_32 * 8 / seconds
    return rate if rate <= after.speed_bits_per_s * 1.05 else None  # more than the wire carries: it was reset
