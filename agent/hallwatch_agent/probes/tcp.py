"""TCP connect: is the host there, and does somebody listen on the port?"""

from __future__ import annotations

import errno
import socket
import time

from hallwatch_agent.probes.probe import Context, CouldNotRead, Port, Probe, Told
from hallwatch_agent.wire import ReadError

HOST_ANSWERED = {errno.ECONNREFUSED, errno.ECONNRESET}
HOST_SILENT = {errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ETIMEDOUT}


class TcpProbe(Probe, tag="tcp", frozen=True, kw_only=True):
    """Connects to a port and hangs up. "Connection refused" means that the host lives and the port is closed."""

    host: str
    port: Port

    def read(self, context: Context) -> Told:  # noqa: ARG002 - needs no memory
        """Tell ``reachable`` and ``port-open``, and how long the connection took."""
        began = time.perf_counter()
        try:
            with socket.create_connection((self.host, self.port), timeout=self.timeout_s):
                return Told({"tcp_connect_s": time.perf_counter() - began}, {"reachable": True, "port-open": True})
        except socket.gaierror as error:
            raise CouldNotRead(ReadError.UNREACHABLE, f"{self.host}: {error.strerror}") from None
        except TimeoutError:
            return Told(conditions={"reachable": False})
        except OSError as error:
            return parse_connect_error(error)


def parse_connect_error(error: OSError) -> Told:
    """Say what a failed connection tells of the host; raise :class:`CouldNotRead` when it tells nothing of it."""
    if error.errno in HOST_ANSWERED:
        return Told(conditions={"reachable": True, "port-open": False})
    if error.errno in HOST_SILENT:
        return Told(conditions={"reachable": False})
    raise CouldNotRead(ReadError.UNREACHABLE, error.strerror or str(error)) from None
