"""Looks for hosts and asks them who they are: politely, within a pace, and never more than they need be asked.

1. Who is there: each address gets one TCP connection and one SNMP question. A host that refuses is there; so is one
   that the system's table of neighbours knows. Only where there is no such table, more ports are tried.
2. What is open: a few telling ports of those that are there.
3. Who they are: SNMP, IPP, web page, RTSP, SSH greeting, NUT, each only where it is spoken.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from hallwatch_agent.discover import announcements, ipp_talk, knock, neighbours
from hallwatch_agent.discover.evidence import Announcement, Evidence, Page, SnmpSaid
from hallwatch_agent.discover.ground import addresses_of
from hallwatch_agent.discover.identify import NETWORK_KINDS, identify
from hallwatch_agent.discover.knock import Knock
from hallwatch_agent.discover.pace import Pace, for_each
from hallwatch_agent.discover.snmp_talk import Access, Asker, ways_in
from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.wire import ReadError

HELLO: Final = 80
"""Printers, switches, UPSes and cameras have a web page; and any host that lives can refuse."""
HELLO_BEYOND: Final = (445, 22, 443, 9100)
"""Also tried on networks of which the system has no table of neighbours."""
TELLING: Final = (22, 80, 443, 445, 515, 554, 631, 3389, 3493, 9100)
SSH, HTTP, HTTPS, RTSP, IPP, NUT = 22, 80, 443, 554, 631, 3493
HOSTS_AT_ONCE: Final = 16
MOST_OF_ONE_MAC: Final = 8
"""With more addresses than this a router answers for others (proxy ARP), whether they are there or not."""
MOST_REDIRECTS: Final = 2

log = logging.getLogger(__name__)

T = TypeVar("T")
Progress = Callable[[str, int, int, int], None]
"""Told what is being done, how much of it, of how much, and how many hosts are there by now."""


def answering_themselves(known: Mapping[str, str]) -> set[str]:
    """Return the addresses of those neighbours who seem to have answered for themselves."""
    counts = Counter(known.values())
    return {address for address, mac in known.items() if counts[mac] <= MOST_OF_ONE_MAC}


class Limits(Struct, frozen=True):
    """How much is asked, and for how long."""

    open_at_once: int = 48
    timeout_s: float = 1.0
    listen_s: float = 5.0
    """How long mDNS is listened to; 0: not at all."""


class Search:
    """One look after the other at the same ground. What is found is in ``found`` at any time, also when stopped."""

    def __init__(
        self,
        ground: Sequence[IPv4Network],
        own: Sequence[IPv4Interface],
        accesses: Sequence[Access],
        secrets: Path,
        *,
        limits: Limits,
        pace: Pace,
        progress: Progress,
    ) -> None:
        self.found: dict[str, Evidence] = {}
        self._ground = ground
        self._own = own
        self.here = frozenset(str(interface.ip) for interface in own)
        self._ways = ways_in(accesses)
        self._snmp = Asker(secrets, limits.timeout_s)
        self._limits = limits
        self._pace = pace
        self._progress = progress

    @property
    def ground_in_words(self) -> str:
        """The networks that are looked at."""
        return ", ".join(map(str, self._ground))

    def in_order(self) -> list[Evidence]:
        """Return what has been found so far, by address."""
        return [self.found[address] for address in sorted(self.found, key=IPv4Address)]

    def forget(self, addresses: Iterable[str]) -> None:
        """Forget hosts that have left: whoever comes under their address is asked anew."""
        for address in addresses:
            self.found.pop(address, None)

    async def look(self) -> set[str]:
        """Find out who is there, and return their addresses; what is known of each is in ``found``."""
        there: set[str] = set()
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen())
            await self._say_hello(there)
        for address, told in listening.result().items():
            if self._is_ours(address):
                there.add(address)
                self._evidence(address).announced = told
        known = await asyncio.to_thread(neighbours.read_neighbours) or {}
        gateways = await asyncio.to_thread(neighbours.read_gateways)
        there |= {address for address in answering_themselves(known) if self._is_ours(address)}
        there |= set(
            sorted(filter(self._is_ours, self.here))[:1]
        )  # this machine is one device on however many networks
        for address in there:
            seen = self._evidence(address)
            seen.mac = known.get(address, seen.mac)
            seen.is_here, seen.is_gateway = address in self.here, address in gateways
        return there

    async def ask(self, addresses: Iterable[str]) -> None:
        """Find out who these hosts are."""
        wanted = sorted((address for address in addresses if address not in self.here), key=IPv4Address)
        doors = [(address, port) for port in TELLING for address in wanted]
        await self._each("looking which ports are open", doors, self._try_door, self._limits.open_at_once, len(doors))
        await self._each("asking who they are", wanted, self._ask_host, HOSTS_AT_ONCE, len(wanted))

    async def _say_hello(self, there: set[str]) -> None:
        """Put everybody who answers into *there*."""

        async def hello(address: str) -> None:
            await self._pace.turn()
            heard = await knock.knock(address, HELLO, self._limits.timeout_s)
            if heard is not Knock.SILENT or await self._hello_snmp(address):
                there.add(address)
                self._evidence(address)

        async def hello_again(door: tuple[str, int]) -> None:
            address, port = door
            if address not in there:
                await self._pace.turn()
                if await knock.knock(address, port, self._limits.timeout_s) is not Knock.SILENT:
                    there.add(address)
                    self._evidence(address)

        at_once = self._limits.open_at_once
        everybody = sum(1 for _ in addresses_of(self._ground, self.here))
        addresses = addresses_of(self._ground, self.here)
        await self._each("looking who is there", addresses, hello, at_once, everybody)
        beyond = [network for network in self._ground if not self._has_neighbours(network)]
        silent = [address for address in addresses_of(beyond, self.here) if address not in there]
        doors = ((address, port) for port in HELLO_BEYOND for address in silent)
        await self._each("knocking again", doors, hello_again, at_once, len(silent) * len(HELLO_BEYOND))

    async def _hello_snmp(self, address: str) -> bool:
        await self._pace.turn()
        try:
            said = await self._snmp.greet(address, self._ways[0])
        except CouldNotRead as error:
            if error.error is ReadError.REFUSED:
                self._evidence(address).snmp_refused = True
            return error.error not in (ReadError.TIMEOUT, ReadError.UNREACHABLE, ReadError.LOCAL)
        self._evidence(address).snmp = said
        return True

    async def _try_door(self, door: tuple[str, int]) -> None:
        address, port = door
        await self._pace.turn()
        if await knock.knock(address, port, self._limits.timeout_s) is Knock.OPEN:
            self._evidence(address).open_ports.add(port)

    async def _ask_host(self, address: str) -> None:
        seen = self._evidence(address)
        questions: list[Callable[[Evidence], Awaitable[None]]] = [self._ask_snmp]
        questions += [ask for port, ask in self._by_port().items() if port in seen.open_ports]
        for ask in questions:
            await self._pace.turn()
            try:
                await ask(seen)
            except Exception as error:  # noqa: BLE001 - a host may answer anything: it costs only this answer
                log.warning("%s: %s: %s", address, type(error).__name__, error)

    def _by_port(self) -> dict[int, Callable[[Evidence], Awaitable[None]]]:
        return {
            SSH: self._ask_greeting, HTTP: self._ask_page, HTTPS: self._ask_page_tls, RTSP: self._ask_camera,
            IPP: self._ask_printer, NUT: self._ask_nut,
        }  # fmt: skip

    async def _ask_snmp(self, seen: Evidence) -> None:
        ways = [seen.snmp.access] if seen.snmp else [] if seen.snmp_refused else self._ways
        for access in ways:
            try:
                seen.snmp = await self._snmp.ask(seen.address, access)
            except CouldNotRead as error:
                if error.error in (ReadError.REFUSED, ReadError.UNREACHABLE):
                    return
                await self._pace.turn()
                continue
            await self._ask_network_ports(seen, seen.snmp)
            return

    async def _ask_network_ports(self, seen: Evidence, said: SnmpSaid) -> None:
        if identify(seen).kind in NETWORK_KINDS:
            with contextlib.suppress(CouldNotRead):
                ports = await self._snmp.ask_ports(seen.address, said.access)
                seen.snmp = msgspec.structs.replace(said, ports=tuple(ports))

    async def _ask_greeting(self, seen: Evidence) -> None:
        seen.greeting = await knock.read_greeting(seen.address, SSH, self._limits.timeout_s)

    async def _ask_page(self, seen: Evidence) -> None:
        await self._read_pages(seen, HTTP, "/")

    async def _ask_page_tls(self, seen: Evidence) -> None:
        if not any(page.title for page in seen.pages):
            await self._read_pages(seen, HTTPS, "/")

    async def _read_pages(self, seen: Evidence, port: int, path: str) -> None:
        """Read a first page, and where it sends browsers on to on the same host."""
        for _ in range(1 + MOST_REDIRECTS):
            page: Page | None = await knock.read_page(
                seen.address, port, path, self._limits.timeout_s * 2, tls=port == HTTPS
            )
            if page is None:
                return
            seen.pages.append(page)
            onward = knock.parse_location(page.location, seen.address, port)
            if onward is None:
                return
            port, path = onward
            await self._pace.turn()

    async def _ask_camera(self, seen: Evidence) -> None:
        seen.camera = await knock.read_camera(seen.address, RTSP, self._limits.timeout_s)

    async def _ask_printer(self, seen: Evidence) -> None:
        seen.printer = await ipp_talk.ask(seen.address, self._limits.timeout_s * 2)

    async def _ask_nut(self, seen: Evidence) -> None:
        seen.upses = await knock.read_upses(seen.address, NUT, self._limits.timeout_s * 2)

    async def _listen(self) -> dict[str, list[Announcement]]:
        ours = [str(one.ip) for one in self._own if any(one.ip in network for network in self._ground)]
        return await announcements.listen(self._limits.listen_s, ours) if ours and self._limits.listen_s else {}

    async def _each(
        self, what: str, items: Iterable[T], work: Callable[[T], Awaitable[None]], at_once: int, total: int
    ) -> None:
        done = 0

        async def work_and_tell(item: T) -> None:
            nonlocal done
            await work(item)
            done += 1
            self._progress(what, done, total, len(self.found))

        await for_each(items, work_and_tell, at_once)

    def _evidence(self, address: str) -> Evidence:
        return self.found.setdefault(address, Evidence(address))

    def _is_ours(self, address: str) -> bool:
        """Tell whether this is the address of a host on the ground that is looked at."""
        try:
            wanted = IPv4Address(address)
        except ValueError:
            return False
        return any(
            wanted in network
            and (network.prefixlen >= 31 or wanted not in (network.network_address, network.broadcast_address))
            for network in self._ground
        )

    def _has_neighbours(self, network: IPv4Network) -> bool:
        return any(network.subnet_of(own.network) for own in self._own) and neighbours.read_neighbours() is not None
