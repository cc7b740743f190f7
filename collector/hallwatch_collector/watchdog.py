"""Tells systemd that the collector is started, alive, and stopping (sd_notify(3)); elsewhere it does nothing."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Final

SHARE: Final = 0.25
"""Of the time after which systemd takes us for hung: so often it is told that we are not."""


class Watchdog:
    """The line to systemd, which starts anew a collector that hangs (``WatchdogSec=``)."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Take the address that systemd gives to those whom it started."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        told = environment.get("WATCHDOG_USEC", "")
        self._every_s = int(told) / 1e6 * SHARE if told.isdigit() and told.isascii() else None
        self._due = 0.0

    def be_ready(self) -> None:
        """Say that the start is over."""
        self._say("READY=1")

    def be_alive(self, monotonic: float) -> None:
        """Say that time passes here; call it as often as you like."""
        if self._every_s is not None and monotonic >= self._due:
            self._due = monotonic + self._every_s
            self._say("WATCHDOG=1")

    def be_stopping(self) -> None:
        """Say that the end has begun."""
        self._say("STOPPING=1")

    def _say(self, word: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(word.encode(), address)
