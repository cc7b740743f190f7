"""SNMP traps and informs: whoever is probed and sends one is read at once.

What a trap says is neither decoded nor believed, and no community or key is asked for: anybody can send one in a
device's name, and all it brings about is a reading, at most one every two seconds. Informs of v2c are acknowledged.
Those of v3 would need the sender's keys and are not, but wake the device all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

from hallwatch_agent.probes.contact import in_words
from hallwatch_agent.probes.probe import CouldNotRead
from hallwatch_agent.wire import ReadError

SEQUENCE, INTEGER, OCTETS = 0x30, 0x02, 0x04
RESPONSE, TRAP_1, INFORM, TRAP_2 = 0xA2, 0xA4, 0xA6, 0xA7
"""Tags of the PDUs (RFC 1157, RFC 3416)."""
VERSION_1, VERSION_2C, VERSION_3 = 0, 1, 3
LARGEST: Final = 65_535
MOST_PER_S: Final = 500
"""More is left to the system, which keeps a few hundred and drops the rest."""
RESOLVE_S: Final = 600.0
"""How often the addresses of hosts given by name are looked up again."""
LOG_S: Final = 600.0

log = logging.getLogger(__name__)


class Notice(NamedTuple):
    """A message by which a device calls; *acknowledgement* is what it waits for, empty when it does not."""

    version: int
    acknowledgement: bytes


def read_notice(payload: bytes) -> Notice:
    """Read the outside of a trap or inform; raise :class:`CouldNotRead` (``garbage``) on any other bytes.

    An inform is answered with itself as a response (RFC 3416, section 4.2.7).
    """
    tag, at, end = _element(payload, 0, len(payload))
    _expect(tag == SEQUENCE and end == len(payload), "no SNMP message")
    tag, start, at = _element(payload, at, end)
    _expect(tag == INTEGER and at - start == 1, "no SNMP version")
    version = payload[start]
    tag, start, after = _element(payload, at, end)
    if version == VERSION_3:  # what follows is perhaps encrypted
        _expect(tag == SEQUENCE and after < end, "no SNMPv3 message")
        return Notice(version, b"")
    _expect(tag == OCTETS, "no community")
    tag, start, last = _element(payload, after, end)
    _expect(
        last == end and (version, tag) in {(VERSION_1, TRAP_1), (VERSION_2C, TRAP_2), (VERSION_2C, INFORM)}, "no trap"
    )
    return Notice(version, payload[:after] + bytes([RESPONSE]) + payload[after + 1 :] if tag == INFORM else b"")


def _element(payload: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return tag, start and end of the value of the BER element at *at*, which must lie before *end*."""
    _expect(at + 2 <= end, "cut off")
    tag, length, start = payload[at], payload[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        _expect(1 <= size <= 4 and start + size <= end, "no length")
        length, start = int.from_bytes(payload[start : start + size], "big"), start + size
    _expect(start + length <= end, "cut off")
    return tag, start, start + length


def _expect(right: bool, what: str) -> None:
    if not right:
        raise CouldNotRead(ReadError.GARBAGE, what)


def open_socket(address: tuple[str, int]) -> socket.socket:
    """Return a socket on which traps can be received; raise :class:`CouldNotRead` (``local``) with what to do."""
    host, port = address
    with contextlib.ExitStack() as stack:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            link = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            link.setblocking(False)
            if family is socket.AF_INET6:
                link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            link.bind(address)
        except OSError as error:  # a machine without IPv6 does not even give the socket
            raise CouldNotRead(ReadError.LOCAL, f"{host}:{port} cannot be listened on: {_advice(error)}") from None
        stack.pop_all()
    return link


def _advice(error: OSError) -> str:
    if error.errno == errno.EACCES:
        return (
            "ports below 1024 need a right that this user has not: on Linux the capability CAP_NET_BIND_SERVICE, "
            "see hallwatch-agent.service; or choose another port and let the devices send there"
        )
    if error.errno == errno.EADDRINUSE:
        return "a program listens there already: this agent itself, another one, snmptrapd"
    return f"{in_words(error)}; give an address of this machine, or 0.0.0.0 for all"


class Traps:
    """Receives traps and passes on who called. For the loop's thread."""

    def __init__(self, address: tuple[str, int], call: Callable[[str, str], None]) -> None:
        self._address = address
        self._call = call
        self._hosts: dict[str, set[str]] = {}
        self._addresses: dict[str, set[str]] = {}  # of each host
        self._changed = asyncio.Event()
        self._devices: dict[str, set[str]] = {}  # by address
        self._counts: Counter[str] = Counter()
        self._log_at_s = 0.0

    def replace(self, hosts: Mapping[str, Collection[str]]) -> None:
        """Listen to the devices at these hosts from now on."""
        self._hosts = {host: set(devices) for host, devices in hosts.items()}
        self._addresses = {host: address_in(host) or self._addresses.get(host, set()) for host in hosts}
        self._sort_devices()
        self._changed.set()

    async def listen(self) -> None:
        """Receive until cancelled; raise :class:`CouldNotRead` (``local``) when that cannot be."""
        loop = asyncio.get_running_loop()
        with open_socket(self._address) as link:
            log.info("receiving traps on %s:%d", *self._address)
            while True:
                ends_at = loop.time() + 1
                for _ in range(MOST_PER_S):
                    with contextlib.suppress(ConnectionResetError):  # Windows: who was acknowledged is gone
                        payload, sender = await loop.sock_recvfrom(link, LARGEST)
                        self._take(link, payload, sender)
                    if loop.time() >= ends_at:
                        break
                else:
                    await asyncio.sleep(ends_at - loop.time())

    async def keep_resolving(self) -> None:
        """Keep the addresses of named hosts up to date until cancelled; one look-up at a time, as each may hang. One
        that cannot be looked up just now keeps the addresses that it had."""
        while True:
            self._changed.clear()
            for host in [host for host in self._hosts if not address_in(host)]:
                found = await addresses_of(host)
                if self._changed.is_set():
                    break
                self._addresses[host] = found or self._addresses[host]
                self._sort_devices()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RESOLVE_S):
                    await self._changed.wait()

    def _sort_devices(self) -> None:
        self._devices = {}
        for host, devices in self._hosts.items():
            for address in self._addresses[host]:
                self._devices.setdefault(address, set()).update(devices)

    def _take(self, link: socket.socket, payload: bytes, sender: tuple[str, int]) -> None:
        address = plain_address(sender[0])
        devices = self._devices.get(address)
        try:
            notice = read_notice(payload)
        except CouldNotRead:
            self._count("no traps", address)
            return
        if devices is None:
            self._count("from addresses that are not probed", address)
            return
        self._count("from probed devices", address)
        if notice.acknowledgement:
            with contextlib.suppress(OSError):  # it will ask again
                link.sendto(notice.acknowledgement, sender)
        for device in devices:
            self._call(device, "SNMP trap")

    def _count(self, kind: str, address: str) -> None:
        """Count a message; say at the first one what has come, and later now and then."""
        self._counts[kind] += 1
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._log_at_s:
            self._log_at_s = now_s + LOG_S
            counts = ", ".join(f"{count} {each}" for each, count in self._counts.items())
            log.info("traps so far: %s; the last one from %s", counts, address)


async def addresses_of(host: str) -> set[str]:
    """Return the addresses of a host given by name; none when it cannot be looked up now."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return set()
    return {plain_address(str(address[0])) for *_, address in found}


def address_in(host: str) -> set[str]:
    """Return the address that *host* is, none when it is a name."""
    try:
        return {plain_address(host)}
    except ValueError:
        return set()


def plain_address(text: str) -> str:
    """Return an address as it is compared: without zone, IPv4 as such. Raises :class:`ValueError` on anything else."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)
