"""What is known of a host before anything is concluded from it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from hallwatch_agent.probes.snmp_probe import Oid


class NetworkPort(Struct, frozen=True):
    """A port of a network device that is up."""

    name: str
    alias: str = ""
    speed_mbit: int = 0


class SnmpSaid(Struct, frozen=True):
    """What a host said over SNMP."""

    access: dict[str, Any] = {}
    """The options of an SNMP probe with which it answered, where they differ from their defaults."""
    object_id: Oid = ()
    descr: str = ""
    name: str = ""
    services: int = 0
    """sysServices (RFC 3418): 2 switches, 4 routes."""
    routes: bool = False
    bridge_ports: int = 0
    printer: str = ""
    """The MIB by which it is a printer."""
    ups: str = ""
    """The MIB by which it is a UPS."""
    model: str = ""
    ports: tuple[NetworkPort, ...] = ()


class PrinterSaid(Struct, frozen=True):
    """What a host said over IPP."""

    model: str = ""
    access: dict[str, Any] = {}
    """The options of the IPP probe with which it answered, where they differ from their defaults."""


class Page(Struct, frozen=True):
    """What a host's web page says of it."""

    server: str = ""
    title: str = ""
    realm: str = ""
    location: str = ""
    """Where it sends the browser on."""


class Announcement(Struct, frozen=True):
    """A service that a host announces by mDNS (RFC 6763)."""

    service: str
    """Its type, for example ``_ipp._tcp``."""
    name: str
    port: int
    model: str = ""
    maker: str = ""
    path: str = ""


class Evidence(Struct):
    """Everything found out about one host."""

    address: str
    mac: str = ""
    is_here: bool = False
    """It is the machine that looks."""
    is_gateway: bool = False
    open_ports: set[int] = field(default_factory=set)
    snmp_refused: bool = False
    """The host itself said that nobody speaks SNMP there."""
    snmp: SnmpSaid | None = None
    printer: PrinterSaid | None = None
    pages: list[Page] = field(default_factory=list)
    greeting: str = ""
    """What its SSH server says first."""
    camera: str | None = None
    """What answered to RTSP; empty when it did not say, None when nothing did."""
    upses: tuple[str, ...] = ()
    """The UPSes of its NUT server."""
    announced: list[Announcement] = field(default_factory=list)
