"""Ports of a switch, router or firewall over SNMP: IF-MIB (RFC 2863), only the ports that matter.

On a real switch most ports are idle, so a port counts only when the hall file names it. Rates are differences between
two readings: they start anew when the device restarts, and are absent wherever a counter may have wrapped unseen.

State and counters are read every time. What hardly changes, and what the device did not have the last time, is asked
for only now and then, and after a restart, which may give the ports other numbers (RFC 2863, section 3.1.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

from hallwatch_agent.probes.network.health.uptime import Uptime, parse_uptime
from hallwatch_agent.probes.network.port_names import Port, find_ports
from hallwatch_agent.probes.probe import Context, CouldNotRead, Seconds, Told
from hallwatch_agent.probes.snmp_probe import (
    MIB_2,
    SYS_DESCR,
    SYS_NAME,
    SYS_UPTIME,
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
ENGINE_TIME: Final[Oid] = (1, 3, 6, 1, 6, 3, 10, 2, 1, 3, 0)
DETAILS_S: Final = 300.0
"""How often everything of a port is asked for."""
DETAILS: Final = ("descr", "speed", "speed_mbit")
"""What hardly changes."""
MAX_PORTS: Final = 80
"""One probe watches: each has six metrics, and a reading has room for 500."""
WRAP_32: Final = 2**32
FASTEST_MBIT: Final = 10_000_000
"""Ports that are no wire (Null0) claim more."""
BEYOND_SPEED: Final = 1.05
"""A port used by more than that is not as fast as it says; counters are read some milliseconds apart."""
SPEED_BEYOND: Final = 4_294_967_295
"""ifSpeed of a port that is faster than it can say."""

PORT_OBJECTS: Final[dict[str, Oid]] = {
    "descr": (*IF_ENTRY, 2), "speed": (*IF_ENTRY, 5), "admin": (*IF_ENTRY, 7), "oper": (*IF_ENTRY, 8),
    "in_octets": (*IF_ENTRY, 10), "in_discards": (*IF_ENTRY, 13), "in_errors": (*IF_ENTRY, 14),
    "out_octets": (*IF_ENTRY, 16), "out_discards": (*IF_ENTRY, 19), "out_errors": (*IF_ENTRY, 20),
    "in_octets_64": (*IF_X_ENTRY, 6), "out_octets_64": (*IF_X_ENTRY, 10), "speed_mbit": (*IF_X_ENTRY, 15),
}  # fmt: skip
UP, DOWN, NOT_PRESENT, LOWER_LAYER_DOWN = 1, 2, 6, 7


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
    details_read_at_s: float | None = None
    details: dict[int, dict[str, Value]] = {}
    asked: dict[int, list[str]] = {}
    """Of each port, what is asked for in between."""
    clocks: tuple[Oid, ...] = (SYS_UPTIME,)
    uptime: Uptime | None = None
    facts: dict[str, str] = {}
    counters: dict[int, Counters] = {}


class SnmpInterfacesProbe(SnmpProbe, tag="snmp-interfaces", frozen=True, kw_only=True):
    """Watches the named ports; without any it tells only that the device answers and since when it runs."""

    ports: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(max_length=MAX_PORTS)] = ()
    """Ports that matter, by ifName, ifDescr or ifAlias, for example ``GigabitEthernet0/0/1``. A name that stands there
    twice is no mistake: some devices give several of their ports one name."""
    names_interval_s: Seconds = 3600.0
    """How often ports are looked up by name again; after 5 minutes when one is missing, with the next reading when
    they seem renumbered."""

    async def read(self, context: Context) -> Told:
        """Tell which ports are down and their rates, and ``port-missing`` when the device has not all that are named.

        Raises :class:`CouldNotRead` when the device is silent; ``unsupported`` when it has none of them.
        """
        memory: Memory = context.memory.setdefault("interfaces", Memory())
        now_s = context.monotonic
        async with self.session(context) as session:
            pause_s = min(self.names_interval_s, DETAILS_S) if memory.missing else self.names_interval_s
            if memory.names_read_at_s is None or now_s - memory.names_read_at_s >= pause_s:
                await self._look_up(session, memory, now_s)
            if self.ports and not memory.ports:
                raise CouldNotRead(ReadError.UNSUPPORTED, f"no port {', '.join(memory.missing)}; {memory.offered}")
            said = await _ask(session, memory, now_s)
            ticks, engine_s = number(said.get(SYS_UPTIME)), number(said.get(ENGINE_TIME))
            memory.uptime = parse_uptime(memory.uptime, ticks, engine_s, now_s)
            if memory.uptime is not None and memory.uptime.noticed_at_s == now_s:
                memory.counters = {}
                await self._look_up(session, memory, now_s)
                said = await _ask(session, memory, now_s)
        return _tell(memory, said, now_s)

    async def _look_up(self, session: Session, memory: Memory, now_s: float) -> None:
        """Find the named ports and who the device is."""
        who = await session.get(SYS_DESCR, SYS_NAME, ENGINE_TIME)
        memory.clocks = (SYS_UPTIME, ENGINE_TIME) if ENGINE_TIME in who else (SYS_UPTIME,)
        memory.facts = {"model": text(who.get(SYS_DESCR))[:120], "hostname": text(who.get(SYS_NAME))}
        if self.ports:
            names = await session.walk(IF_X_ENTRY, [1, 18])
            descrs = await session.walk(IF_ENTRY, [2])
            memory.ports, memory.missing = find_ports(self.ports, names[1], descrs[2], names[18])
            there_are = [text(cell) for cell in (names[1] or descrs[2]).values()]
            memory.offered = f"there are: {', '.join(there_are[:40])}" if there_are else "the device names no ports"
        memory.names_read_at_s, memory.details_read_at_s = now_s, None


async def _ask(session: Session, memory: Memory, now_s: float) -> dict[Oid, Value]:
    """Ask for the ports' state and counters, and for everything of them when that is due."""
    if memory.details_read_at_s is None or now_s - memory.details_read_at_s >= DETAILS_S:
        memory.details_read_at_s, memory.details, memory.asked = now_s, {}, {}
    return await session.get(*memory.clocks, *(oid for port in memory.ports for oid in _asked(memory, port).values()))


def _asked(memory: Memory, port: Port) -> dict[str, Oid]:
    return port_oids(port, memory.asked.get(port.index, PORT_OBJECTS))


def _tell(memory: Memory, said: Mapping[Oid, Value], now_s: float) -> Told:
    metrics: dict[str, float] = {}
    conditions = {"reachable": True}
    facts = {key: words for key, words in memory.facts.items() if words}
    if memory.ports:
        conditions["port-missing"] = bool(memory.missing)
    if memory.missing:
        facts["ports-missing"] = ", ".join(memory.missing)
    if memory.uptime is not None:
        metrics["uptime_s"] = memory.uptime.seconds
        conditions["restarted"] = memory.uptime.restarted
    for port in memory.ports:
        cells = {key: said[oid] for key, oid in _asked(memory, port).items() if oid in said}
        if port.index not in memory.asked:
            memory.details[port.index] = {key: cells[key] for key in DETAILS if key in cells}
            memory.asked[port.index] = worth_asking(cells)
        details = memory.details[port.index]
        if text(details.get("descr")) != port.descr or not {"admin", "oper"} & cells.keys():
            memory.names_read_at_s = None  # gone or renumbered: look the names up again
            continue
        conditions |= parse_state(port, number(cells.get("admin")), number(cells.get("oper")))
        counters = parse_counters(details | cells, number(said.get(SYS_UPTIME)), now_s)
        metrics |= parse_rates(port, memory.counters.get(port.index), counters)
        memory.counters[port.index] = counters
    return Told(metrics, conditions, facts)


def worth_asking(cells: Mapping[str, Value]) -> list[str]:
    """Return which objects of a port to ask for in between: its state, and what it counts.

    32-bit octets only where it has not counted with 64 bits both ways: some have such counters, but leave them at 0.
    """
    counts_64 = all(number(cells.get(key)) for key in ("in_octets_64", "out_octets_64"))
    left_out = {*DETAILS, *(("in_octets", "out_octets") if counts_64 else ())}
    return [key for key in PORT_OBJECTS if key in ("admin", "oper") or (key in cells and key not in left_out)]


def port_oids(port: Port, keys: Iterable[str] = PORT_OBJECTS) -> dict[str, Oid]:
    """Return the OIDs of a port's objects."""
    return {key: (*PORT_OBJECTS[key], port.index) for key in keys}


def parse_state(port: Port, admin: int | None, oper: int | None) -> dict[str, bool]:
    """Tell ``port-down``: switched on but not up. Absent in states that say neither (testing, unknown, dormant)."""
    if oper == UP or admin == DOWN:
        return {f"port-down[{port.part}]": False}
    if admin == UP and oper in (DOWN, NOT_PRESENT, LOWER_LAYER_DOWN):
        return {f"port-down[{port.part}]": True}
    return {}


def parse_counters(cells: Mapping[str, Value], uptime_ticks: int | None, now_s: float) -> Counters:
    """Take what a port said; 64-bit counters where it has both and counts with them."""
    seen = {key: amount for key, cell in cells.items() if (amount := number(cell)) is not None and amount >= 0}
    wide = all(_counts_64(seen, way) for way in ("in", "out"))
    mbit = seen.get("speed_mbit", 0)
    speed = mbit * 1e6 if 0 < mbit < FASTEST_MBIT else float(seen.get("speed", 0))
    return Counters(
        at_s=now_s,
        uptime_ticks=uptime_ticks,
        speed_bits_per_s=speed if 0 < speed != SPEED_BEYOND else None,
        receive_octets=seen.get("in_octets_64" if wide else "in_octets"),
        transmit_octets=seen.get("out_octets_64" if wide else "out_octets"),
        wide=wide,
        packets={key: seen[key] for key in ("in_errors", "out_errors", "in_discards", "out_discards") if key in seen},
    )


def _counts_64(seen: Mapping[str, int], way: str) -> bool:
    """Tell whether a 64-bit counter counts: some firmware has it and leaves it 0 for ever (D-Link DES, Maipu)."""
    wide = seen.get(f"{way}_octets_64")
    return wide is not None and not (wide == 0 and seen.get(f"{way}_octets", 0) > 0)


def parse_rates(port: Port, before: Counters | None, after: Counters) -> dict[str, float]:
    """Return rates between two readings of a port; nothing across a restart of the device."""
    if before is None or after.at_s <= before.at_s or _restarted(before, after):
        return {}
    seconds = after.at_s - before.at_s
    receive = _octet_rate(before.receive_octets, after.receive_octets, before, after)
    transmit = _octet_rate(before.transmit_octets, after.transmit_octets, before, after)
    rates: dict[str, float | None] = {"receive_bits_per_s": receive, "transmit_bits_per_s": transmit}
    if receive is not None and transmit is not None and after.speed_bits_per_s:
        used = max(receive, transmit) / after.speed_bits_per_s
        rates["utilisation_ratio"] = used if used <= BEYOND_SPEED else None  # a speed that is not the wire's
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
    return rate if rate <= after.speed_bits_per_s * BEYOND_SPEED else None  # more than the wire carries: it was reset
