"""Echoes and TCP connections to one host, on the agent's event loop; asyncio and icmplib load with the first ping."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from hallwatch_agent.probes.contact import error_of, in_words
from hallwatch_agent.probes.probe import Context, CouldNotRead
from hallwatch_agent.wire import ReadError

TRIAL_S: Final = 0.5

_right: list[bool | None] = []
"""What :func:`find_right` found; empty before."""
_numbers = itertools.count(os.getpid())
"""Tell the echoes of this process from those of others."""


class Address(NamedTuple):
    """Where a host is."""

    family: int
    host: str


LOOPBACK: Final = Address(socket.AF_INET, "127.0.0.1")


class NotPermitted(Exception):  # noqa: N818 - it says what happened
    """This machine may send no ICMP echo."""


class Knock(NamedTuple):
    """What came of one connection: the seconds to the answer, or why there was none."""

    took_s: float | None
    failure: CouldNotRead | None = None


async def look_up(host: str, ends_at: float, context: Context) -> Address:
    """Return the first address of a host; raise :class:`CouldNotRead` (``local``) when nobody knows one."""
    with contextlib.suppress(OSError, UnicodeError):  # an address needs no thread to wait in
        return _first(socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    context.preparing = f"looking up {host}"
    try:
        async with asyncio.timeout_at(ends_at):
            found = await asyncio.get_running_loop().getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise CouldNotRead(ReadError.LOCAL, f"{host}: no end of looking it up") from None
    except (OSError, UnicodeError) as error:
        raise CouldNotRead(ReadError.LOCAL, f"{host}: {in_words(error)}") from None
    context.preparing = ""
    return _first(found)


async def find_right() -> bool:
    """Find out once how this machine may send echoes: True with a raw socket, False with a datagram socket.

    Loopback is asked, as some systems grant the socket and then drop the echo. Raises :class:`NotPermitted`, and
    :class:`CouldNotRead` (``local``) when the machine is short of sockets, which tells nothing of the right.
    """
    if not _right:
        _right.append(await _try_rights())
    if _right[0] is None:
        raise NotPermitted("this machine may send no ICMP echo")
    return _right[0]


async def echo(address: Address, count: int, patience_s: float, *, is_raw: bool) -> list[float | None]:
    """Send echoes one after the other and return their round trips; None for one that did not come back.

    Raises :class:`NotPermitted`, and :class:`CouldNotRead` (``local``) when this machine has no way to the host.
    """
    import icmplib  # type: ignore[import-untyped]

    kind = icmplib.ICMPv4Socket if address.family == socket.AF_INET else icmplib.ICMPv6Socket
    trips_s: list[float | None] = []
    try:
        with icmplib.AsyncSocket(kind(privileged=is_raw)) as sender:
            sender.sock.connect((address.host, 0))  # keeps out what others send, and tells of a missing route
            for sequence in range(count):
                request = icmplib.ICMPRequest(address.host, id=next(_numbers) & 0xFFFF, sequence=sequence)
                sender.send(request)
                began = time.perf_counter()
                try:
                    (await sender.receive(request, patience_s)).raise_for_status()
                except icmplib.ICMPLibError:  # none came, or word from a router that there is no such host
                    trips_s.append(None)
                else:
                    trips_s.append(time.perf_counter() - began)
    except (icmplib.ICMPLibError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__context__
        if isinstance(cause, PermissionError):
            raise NotPermitted("this machine may send no ICMP echo") from None
        if not isinstance(cause, OSError) or error_of(cause, address.family, (address.host, 9)) is ReadError.LOCAL:
            raise CouldNotRead(ReadError.LOCAL, in_words(cause or error)) from None
        trips_s += [None] * (count - len(trips_s))
    return trips_s


async def knock(address: Address, ports: Sequence[int], ends_at: float) -> list[Knock]:
    """Connect to all *ports* at once; return as soon as one answers, be it with a refusal, or all have failed."""
    waiting = {asyncio.ensure_future(_knock(address, port, ends_at)) for port in ports}
    found: list[Knock] = []
    try:
        while waiting and not any(knock.took_s is not None for knock in found):
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            found += [task.result() for task in done]
    finally:
        for task in waiting:
            task.cancel()
    return found


async def _try_rights() -> bool | None:
    for is_raw in (False, True):
        with contextlib.suppress(NotPermitted):
            if (await echo(LOOPBACK, 1, TRIAL_S, is_raw=is_raw))[0] is not None:
                return is_raw
    return None


async def _knock(address: Address, port: int, ends_at: float) -> Knock:
    began = time.perf_counter()
    try:
        with socket.socket(address.family, socket.SOCK_STREAM) as link:
            link.setblocking(False)
            async with asyncio.timeout_at(ends_at):
                await asyncio.get_running_loop().sock_connect(link, (address.host, port))
    except OSError as error:
        kind = error_of(error, address.family, (address.host, port))
        if kind is not ReadError.REFUSED:
            return Knock(None, CouldNotRead(kind, in_words(error)))
    return Knock(time.perf_counter() - began)


def _first(found: Any) -> Address:
    family, _, _, _, address = found[0]
    return Address(family, address[0])
