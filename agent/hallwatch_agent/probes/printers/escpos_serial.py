"""A receipt or ticket printer on a serial port, real or over USB (ESC/POS), where no other program uses that port."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from msgspec import Meta

from hallwatch_agent.probes.contact import in_words
from hallwatch_agent.probes.printers.escpos import ask, judge
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    import serial

HELD: Final = {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK}
"""Opened exclusively by somebody (TIOCEXCL), or locked (flock)."""


class EscposSerialProbe(Probe, tag="escpos-serial", frozen=True, kw_only=True):
    """Opens the port for the moment of the reading, and only when nobody else has it open."""

    port: Annotated[str, Meta(min_length=1)]
    """``/dev/ttyUSB0``, better ``/dev/serial/by-id/…``; on Windows ``COM3``."""
    baud: Annotated[int, Meta(ge=300, le=4_000_000)] = 9600
    parity: Literal["none", "even", "odd"] = "none"
    flow: Literal["none", "rts-cts", "dsr-dtr"] = "none"

    def read(self, context: Context) -> Told:
        """Tell paper, cover, cutter, head and whether it prints.

        Raises :class:`CouldNotRead`: ``busy`` when another program has the port, ``local`` when this machine has no
        such port or may not open it, ``timeout`` when the printer is silent, ``garbage``.
        """
        context.preparing = f"opening {self.port}"
        holder = holder_of(self.port) if sys.platform == "linux" else ""
        if holder:
            raise CouldNotRead(ReadError.BUSY, f"{self.port} is in use by {holder}")
        ends_at = time.perf_counter() + self.timeout_s
        try:
            port = self._open()
        except (OSError, ValueError) as error:
            raise CouldNotRead(error_of(error), in_words(error)) from None
        context.preparing = ""
        try:
            answers = ask(SerialLine(port), ends_at)
        finally:
            with contextlib.suppress(OSError):  # pulled out meanwhile
                port.close()
        if not answers:
            raise CouldNotRead(ReadError.TIMEOUT, "no answer to DLE EOT: switched off, unplugged, or another baud rate")
        return judge(answers)

    def _open(self) -> serial.Serial:
        import serial

        return serial.Serial(
            self.port,
            self.baud,
            parity=self.parity[0].upper(),
            rtscts=self.flow == "rts-cts",
            dsrdtr=self.flow == "dsr-dtr",
            write_timeout=self.timeout_s / 2,
            exclusive=True,
        )


class SerialLine:
    """An open serial port with a printer behind it."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def send(self, octets: bytes) -> None:
        """Send a question; raises :class:`OSError` when the printer does not take it."""
        self._port.write(octets)

    def receive(self, limit_s: float) -> bytes:
        """Return what has come within *limit_s*, nothing when nothing has come."""
        self._port.timeout = limit_s
        first: bytes = self._port.read(1)
        return first + self._port.read(self._port.in_waiting) if first else b""


def holder_of(port: str, proc: Path = Path("/proc")) -> str:
    """Return which other process has a port open on Linux; empty: none that this agent may look at.

    A lock is not enough: few programs ask for one, and to open a port that is in use changes its speed and throws away
    what has come.
    """
    device = os.path.realpath(port)
    own = str(os.getpid())
    for process in proc.iterdir():
        if not process.name.isdigit() or process.name == own:
            continue
        try:
            if any(str(handle.readlink()) == device for handle in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text('utf-8', 'replace').strip()} ({process.name})"
        except OSError:  # it has ended, or is not ours to look at
            continue
    return ""


def error_of(failure: Exception) -> ReadError:
    """Return what a failure to open a port means: somebody has it (``busy``), else this machine's affair (``local``).

    pyserial gives the system's number on POSIX; on Windows it stands in the words, and "access denied" is what it says
    of a port that is open elsewhere.
    """
    number = getattr(failure, "errno", None)
    held = number in HELD if number is not None else "PermissionError(13" in str(failure)
    return ReadError.BUSY if held else ReadError.LOCAL
