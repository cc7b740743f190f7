"""A serial port of the agent's machine, real or over USB: is it there? It is not opened, so nobody is disturbed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Struct

from hallwatch_agent.probes.computers.usb import UsbId
from hallwatch_agent.probes.probe import Context, Probe, Told
from hallwatch_agent.sentences import tell


class Port(Struct, frozen=True):
    """A serial port that the system lists."""

    device: str
    usb_id: str = ""
    """Of the adapter or device that makes the port; empty for a port on the board."""


class SerialPortProbe(Probe, tag="serial-port", frozen=True, kw_only=True):
    """Looks for a port by its name, by the USB device behind it, or by both."""

    asks_device: ClassVar[bool] = False
    tells: ClassVar[frozenset[str] | None] = frozenset({"present"})

    port: str = ""
    """``/dev/ttyS0``, ``/dev/serial/by-id/…``; on Windows ``COM3``."""
    id: UsbId = ""

    def __post_init__(self) -> None:
        """Refuse a probe that looks for nothing."""
        if not self.port and not self.id:
            raise ValueError(
                tell('name the port: `port = "COM3"`, or the USB device that makes it: `id = "1a86:7523"`')
            )

    def read(self, context: Context) -> Told:  # noqa: ARG002 - needs no memory
        """Tell ``present``, and as the fact ``port`` which one it is."""
        from serial.tools import list_ports

        ports = parse_ports(list_ports.comports())
        found = find_port(ports, _device(self.port), self.id.lower())
        if not found and self.port and not self.id and sys.platform != "win32" and Path(self.port).is_char_device():
            found = self.port  # pyserial lists ports of hardware only
        return Told(conditions={"present": bool(found)}, facts={"port": found} if found else {})


def parse_ports(listed: Iterable[Any]) -> list[Port]:
    """Return what pyserial's ``comports()`` lists; an entry without a name is left out."""
    ports = []
    for entry in listed:
        device, vendor, product = (getattr(entry, name, None) for name in ("device", "vid", "pid"))
        if isinstance(device, str) and device:
            numbered = isinstance(vendor, int) and isinstance(product, int)
            ports.append(Port(device, f"{vendor:04x}:{product:04x}" if numbered else ""))
    return ports


def find_port(ports: Iterable[Port], device: str, usb_id: str) -> str:
    """Return the first port that has this name and this id, of which either may be empty; empty: none."""
    for port in ports:
        if device.lower() in ("", port.device.lower()) and usb_id in ("", port.usb_id):
            return port.device
    return ""


def _device(port: str) -> str:
    """Return a port's own name: ``/dev/serial/by-id/…`` is a link to it."""
    return str(Path(port).resolve()) if port.startswith("/") else port
