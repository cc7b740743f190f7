"""A TCP port that a test opens and closes, for probes to look at."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from parts.mosquitto import HOST, free_port


class Port:
    """A port of its own on loopback; whoever connects to it while it is open finds somebody who listens."""

    def __init__(self) -> None:
        self.number = free_port()
        self._listening: socket.socket | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody listens."""
        return self._listening is not None

    def open(self) -> None:
        """Listen."""
        self._listening = socket.create_server((HOST, self.number), backlog=4096)

    def close(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None


@contextlib.contextmanager
def open_ports(count: int) -> Iterator[list[Port]]:
    """Give open ports for the time of a ``with`` block."""
    ports = [Port() for _ in range(count)]
    try:
        for port in ports:
            port.open()
        yield ports
    finally:
        for port in ports:
            port.close()
