"""A receipt or ticket printer with a network port of its own (ESC/POS over TCP, mostly port 9100)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hallwatch_agent.probes.contact import connect
from hallwatch_agent.probes.printers.escpos import ask, judge
from hallwatch_agent.probes.probe import Context, CouldNotRead, Host, Port, Probe, Told
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    import socket


class EscposTcpProbe(Probe, tag="escpos-tcp", frozen=True, kw_only=True):
    """Asks for the status and hangs up at once, as most of these printers serve one client at a time."""

    host: Host
    port: Port = 9100

    def read(self, context: Context) -> Told:
        """Tell paper, cover, cutter, head and whether it prints.

        Raises :class:`CouldNotRead`: as :func:`connect` does; ``garbage``; ``busy`` when it takes the connection and
        says nothing. So does a printer that serves another program, and to call it silent would close a kiosk that
        works.
        """
        ends_at = time.perf_counter() + self.timeout_s
        with connect(self.host, self.port, self.timeout_s, context) as link:
            answers = ask(TcpLine(link), ends_at)
        if not answers:
            why = "it serves another program, or is no ESC/POS printer"
            raise CouldNotRead(ReadError.BUSY, f"connected, but no answer to DLE EOT: {why}")
        return judge(answers)


class TcpLine:
    """A TCP connection to a printer."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def send(self, octets: bytes) -> None:
        """Send a question."""
        self._link.sendall(octets)

    def receive(self, limit_s: float) -> bytes:
        """Return what has come within *limit_s*; nothing when nothing has come or the printer has hung up."""
        self._link.settimeout(limit_s)
        try:
            return self._link.recv(256)
        except TimeoutError:
            return b""
