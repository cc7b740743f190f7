"""What the system itself knows of its network: the hardware addresses of its neighbours, and its gateways."""

from __future__ import annotations

import ipaddress
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

WINDOWS: Final = sys.platform == "win32"
ARP_TABLE: Final = Path("/proc/net/arp")
ROUTES: Final = Path("/proc/net/route")
COMPLETE: Final = 0x2
"""ATF_COM of Linux's if_arp.h: the neighbour has answered."""
_pair = re.compile(
    r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])[^\n]*?((?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})(?![:-]?\w)"
)
_windows_route = re.compile(r"^\s*0\.0\.0\.0\s+0\.0\.0\.0\s+(\d{1,3}(?:\.\d{1,3}){3})\s", re.MULTILINE)


def read_neighbours() -> dict[str, str] | None:
    """Return the hardware addresses of those who have answered, by address; None: this system does not tell."""
    said = _run("arp", "-a") if WINDOWS else _read(ARP_TABLE)
    return (parse_arp_a if WINDOWS else parse_arp_table)(said) if said else None


def read_gateways() -> frozenset[str]:
    """Return the addresses of the default routes; none where the system does not tell."""
    said = _run("route", "print", "-4", "0.0.0.0") if WINDOWS else _read(ROUTES)
    return (parse_route_print if WINDOWS else parse_routes)(said)


def parse_arp_table(text: str) -> dict[str, str]:
    """Read Linux's ``/proc/net/arp``; lines that are not as they should be are left out."""
    found: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) >= 4 and words[2].startswith("0x") and _flags(words[2]) & COMPLETE:
            found |= parse_arp_a(f"{words[0]} {words[3]}")
    return found


def parse_arp_a(text: str) -> dict[str, str]:
    """Read what ``arp -a`` says, in any language; groups and broadcasts are no neighbours."""
    found = {}
    for address, mac in _pair.findall(text):
        octets = bytes.fromhex(re.sub("[:-]", "", mac))
        if not octets[0] & 1 and any(octets):
            found[address] = octets.hex(":")
    return found


def parse_route_print(text: str) -> frozenset[str]:
    """Read the default gateways in what Windows' ``route print`` says, in any language."""
    return frozenset(_windows_route.findall(text))


def parse_routes(text: str) -> frozenset[str]:
    """Read the default gateways in Linux's ``/proc/net/route``, whose numbers are little-endian hexadecimal."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return frozenset(
        str(ipaddress.IPv4Address(bytes.fromhex(row[2])[::-1]))
        for row in rows
        if len(row) > 2 and row[1] == "00000000" and re.fullmatch("[0-9A-Fa-f]{8}", row[2]) and int(row[2], 16)
    )


def _flags(word: str) -> int:
    try:
        return int(word, 16)
    except ValueError:
        return 0


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("latin-1")
