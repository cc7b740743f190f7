"""Which addresses are looked at: the machine's own private networks, or those that were named, within bounds."""

from __future__ import annotations

import socket
from collections.abc import Container, Iterable, Iterator, Sequence
from ipaddress import IPv4Interface, IPv4Network, collapse_addresses
from typing import Final

PRIVATE: Final = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"))
"""RFC 1918, and the machine itself."""
WIDEST_UNASKED: Final = 22
"""The prefix of the largest network that is looked at without being named: 1022 hosts."""
MOST_ADDRESSES: Final = 2**16


class BadGround(ValueError):  # noqa: N818 - reads as a sentence
    """These addresses are not to be looked at; the text says why, and what to give instead."""


def choose_ground(named: Sequence[str], own: Sequence[IPv4Interface], *, even_public: bool) -> list[IPv4Network]:
    """Return the networks to look at, without overlaps: the *named* ones, or else the machine's *own*.

    Raises :class:`BadGround`.
    """
    networks = [_parse(text) for text in named] if named else _own_networks(own)
    for network in networks:
        if not even_public and not any(network.subnet_of(private) for private in PRIVATE):
            raise BadGround(f"{network} is not private: say --even-public if all of it is the hall's own network")
    ground = list(collapse_addresses(networks))
    if (count := sum(network.num_addresses for network in ground)) > MOST_ADDRESSES:
        raise BadGround(
            f"{count} addresses are too many, {MOST_ADDRESSES} (one /16) is the most: name a part with --net"
        )
    return ground


def addresses_of(ground: Iterable[IPv4Network], without: Container[str] = ()) -> Iterator[str]:
    """Yield the addresses of hosts, without networks' own, broadcasts and those in *without*."""
    for network in ground:
        yield from (address for host in network.hosts() if (address := str(host)) not in without)


def read_own() -> list[IPv4Interface]:
    """Return this machine's IPv4 addresses with their networks, without loopback."""
    import psutil

    found = [
        IPv4Interface(f"{one.address}/{one.netmask}")
        for addresses in psutil.net_if_addrs().values()
        for one in addresses
        if one.family is socket.AF_INET and one.netmask
    ]
    return [interface for interface in found if not interface.is_loopback and not interface.is_link_local]


def _parse(text: str) -> IPv4Network:
    try:
        return IPv4Network(text, strict=False)
    except ValueError:
        raise BadGround(f"{text!r} is no IPv4 network: write it like 192.168.1.0/24") from None


def _own_networks(own: Sequence[IPv4Interface]) -> list[IPv4Network]:
    networks = [interface.network for interface in own if interface.network.prefixlen < 32]
    private = [network for network in networks if any(network.subnet_of(known) for known in PRIVATE)]
    if not private:
        there = ", ".join(map(str, networks)) or "none"
        raise BadGround(f"this machine is in no private IPv4 network (its networks: {there}): name one with --net")
    for network in private:
        if network.prefixlen < WIDEST_UNASKED:
            raise BadGround(
                f"this machine's network {network} is larger than a /{WIDEST_UNASKED}: name it, or the hall's part of"
                f" it, with --net"
            )
    return private
