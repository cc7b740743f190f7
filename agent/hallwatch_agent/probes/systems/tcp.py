"""TCP connect: is the host there, and does somebody listen on the port?"""

from __future__ import annotations

import time
from typing import ClassVar

from hallwatch_agent.probes.contact import connect
from hallwatch_agent.probes.probe import Context, CouldNotRead, Host, Port, Probe, Told
from hallwatch_agent.wire import ReadError


class TcpProbe(Probe, tag="tcp", frozen=True, kw_only=True):
    """Connects to a port and hangs up. "Connection refused" means that the host lives and the port is closed."""

    tells: ClassVar[frozenset[str] | None] = frozenset({"reachable", "port-open", "tcp_connect_s"})

    host: Host
    port: Port

    def read(self, context: Context) -> Told:
        """Tell ``reachable`` and ``port-open``, and how long the connection took."""
        began = time.perf_counter()
        try:
            connect(self.host, self.port, self.timeout_s, context).close()
        except CouldNotRead as failure:
            return parse_failure(failure)
        return Told({"tcp_connect_s": time.perf_counter() - began}, {"reachable": True, "port-open": True})


def parse_failure(failure: CouldNotRead) -> Told:
    """Say what a failed connection tells of the host; raise it again when it tells nothing of it."""
    if failure.error is ReadError.LOCAL:
        raise failure
    if failure.error is ReadError.REFUSED:
        return Told(conditions={"reachable": True, "port-open": False})
    return Told(conditions={"reachable": False})
