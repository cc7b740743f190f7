"""From where somebody comes, as far as it tells them from others: what guesses are counted by."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

HOME_BITS: Final = 64
"""A single IPv6 subscriber has at least a /64 (RFC 6177, RIPE-690), and with it more addresses than can be counted."""


def neighbourhood_of(address: str) -> str:
    """Return by what an address is counted: itself, or its /64 where it is one of IPv6; what is no address, as it is.

    ``::ffff:10.1.2.3`` is the same as ``10.1.2.3`` (RFC 4291, 2.5.5.2).
    """
    try:
        told = ip_address(address)
    except ValueError:
        return address
    if isinstance(told, IPv6Address):
        mapped: IPv4Address | None = told.ipv4_mapped
        return str(mapped or IPv6Network((int(told), HOME_BITS), strict=False))
    return str(told)
