"""What a failed connection tells: of the host, or only of this machine. A false "it is silent" closes a window."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import Any, Final

from hallwatch_agent.probes.probe import Context, CouldNotRead
from hallwatch_agent.wire import ReadError

HOST_ANSWERED: Final = {errno.ECONNREFUSED, errno.ECONNRESET}
HOST_SILENT: Final = {errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH}
"""The network says that the host is not there, or this machine that it has no way to it; the route tells which."""
TELLING: Final = (ReadError.REFUSED, ReadError.TIMEOUT, ReadError.UNREACHABLE, ReadError.LOCAL)
"""Of the failures at several addresses of a host the first of these counts."""


def connect(host: str, port: int, timeout_s: float, context: Context) -> socket.socket:
    """Connect over TCP; the time limit is shared among the addresses of *host*.

    Raises :class:`CouldNotRead`: ``refused`` when the host answers, ``timeout`` or ``unreachable`` when it is silent,
    ``local`` when this machine could not ask it.
    """
    context.preparing = f"looking up {host}"
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CouldNotRead(ReadError.LOCAL, f"{host}: {in_words(error)}") from None
    context.preparing = ""
    failures: list[CouldNotRead] = []
    for family, kind, protocol, _, address in addresses:
        try:
            return _connect(family, kind, protocol, address, timeout_s / len(addresses))
        except OSError as error:
            failures.append(CouldNotRead(error_of(error, family, address), in_words(error)))
    raise min(failures, key=lambda failure: TELLING.index(failure.error)) from None


def error_of(failure: OSError, family: int, address: Any) -> ReadError:
    """Return what *failure* tells of the host at *address*: ``local`` when it tells nothing of it."""
    if failure.errno in HOST_ANSWERED:
        return ReadError.REFUSED
    if isinstance(failure, TimeoutError):
        return ReadError.TIMEOUT
    if failure.errno in HOST_SILENT and has_route(family, address):
        return ReadError.UNREACHABLE
    return ReadError.LOCAL


def has_route(family: int, address: Any) -> bool:
    """Tell whether this machine has a way to *address*. To connect a UDP socket finds the route and sends nothing."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(address)
        return True
    return False


def in_words(error: Exception) -> str:
    """Return an error's own words, without its number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _connect(family: int, kind: int, protocol: int, address: Any, timeout_s: float) -> socket.socket:
    link = socket.socket(family, kind, protocol)
    try:
        link.settimeout(timeout_s)
        link.connect(address)
    except BaseException:
        link.close()
        raise
    return link
