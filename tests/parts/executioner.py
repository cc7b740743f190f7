"""Kills a collector with -9, again and again: at once, or at the moment that something around it meets."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence

from parts.vendors.web import Gone
from parts.zygote import Zygote


class Executioner:
    """Kills a life: at once, or when a vendor meets a moment."""

    def __init__(self, zygote: Zygote, command: Sequence[str]) -> None:
        self._zygote, self._command = zygote, command
        self._lock = threading.Lock()
        self._aim: tuple[str, str] | None = None
        self._pid = 0
        self.struck = threading.Event()

    def start(self) -> None:
        """Begin a life."""
        self.struck.clear()
        self._pid = self._zygote.start(self._command)

    def aim(self, vendor: str, moment: str) -> None:
        """Kill when this vendor meets this moment next."""
        self._aim = (vendor, moment)

    def meet(self, vendor: str, moment: str) -> None:
        """Hear from a vendor."""
        with self._lock:
            hit = self._aim == (vendor, moment)
            if hit:
                self._aim = None
                os.kill(self._pid, signal.SIGKILL)
                self.struck.set()
        if hit and moment == "asked":
            raise Gone

    def freeze(self) -> None:
        """Have it stand still: what the broker sends it, it does not take."""
        os.kill(self._pid, signal.SIGSTOP)

    def strike(self) -> None:
        """Kill, unless that was done, and see that it died of nothing else."""
        with self._lock:
            self._aim = None
            if not self.struck.is_set():
                os.kill(self._pid, signal.SIGKILL)
                self.struck.set()
        assert self._zygote.wait() == -signal.SIGKILL
