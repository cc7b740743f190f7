"""A real Network UPS Tools server with its simulated UPS, ``dummy-ups``, on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from parts.mosquitto import HOST, free_port
from parts.waiting import wait_until

PLACES = ("/lib/nut", "/usr/lib/nut", "/usr/libexec/nut", "/usr/sbin")
"""Debian's ``/usr/sbin/upsd`` is a script that refuses to start a server that ``/etc/nut`` does not want."""
UPS = "hall"


def program(name: str) -> str:
    """Return where a program of NUT is."""
    found = shutil.which(name, path=os.pathsep.join((*PLACES, os.environ.get("PATH", ""))))
    if found is None:
        raise RuntimeError(f"{name} is not there; install it with: apt-get install nut-server")
    return found


class Nut:
    """A server that knows one UPS, ``hall``, of which a test says what it tells."""

    def __init__(self, folder: Path) -> None:
        self.host = HOST
        self.port = free_port()
        self._folder = folder
        self._told = folder / "hall.dev"
        self._environment = os.environ | {
            "NUT_CONFPATH": str(folder), "NUT_STATEPATH": str(folder), "NUT_ALTPIDPATH": str(folder),
        }  # fmt: skip
        self._driver: subprocess.Popen[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        (folder / "ups.conf").write_text(f"[{UPS}]\n  driver = dummy-ups\n  port = {self._told}\n  mode = dummy-loop\n")
        (folder / "upsd.conf").write_text(f"LISTEN {HOST} {self.port}\nMAXAGE 3\n")
        (folder / "upsd.users").write_text('[watcher]\n  password = "a \\"b"\n  upsmon secondary\n')
        for file in ("upsd.conf", "upsd.users"):
            (folder / file).chmod(0o600)

    def tell(self, status: str, **more: str) -> None:
        """Let the UPS tell this from now on (the driver looks every second); ``battery_charge`` is battery.charge."""
        said = {"ups.status": status} | {key.replace("_", "."): value for key, value in more.items()}
        new = self._told.with_suffix(".new")
        new.write_text("".join(f"{key}: {value}\n" for key, value in said.items()))
        new.replace(self._told)

    def start(self) -> None:
        """Start driver and server; the server accepts connections then."""
        self.start_driver()
        self._server = self._run("upsd", "-F", "-D")
        wait_until(self._answers, 10, f"upsd on port {self.port}")

    def start_driver(self) -> None:
        """Start the driver: the cable is plugged in."""
        self._driver = self._run("dummy-ups", "-a", UPS, "-D", "-i", "1")

    def stop_driver(self) -> None:
        """End the driver without a word: to the server its UPS is gone."""
        if self._driver is not None:
            self._driver.send_signal(signal.SIGKILL)
            self._driver.wait(10)
            self._driver = None

    def stop(self) -> None:
        """End both."""
        self.stop_driver()
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None

    def connections(self) -> int:
        """Return how many clients are connected to the server."""
        table = Path("/proc/net/tcp").read_text().splitlines()[1:]
        ends = [line.split()[1:4] for line in table]
        return sum(1 for near, _, state in ends if near.endswith(f":{self.port:04X}") and state == "01")

    def _run(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        command = [program(name), *options, *(["-u", "root"] if os.geteuid() == 0 else [])]
        with (self._folder / f"{name}.log").open("ab") as output:
            return subprocess.Popen(command, env=self._environment, stdout=output, stderr=subprocess.STDOUT)

    def _answers(self) -> bool:
        if self._server is not None and self._server.poll() is not None:
            raise AssertionError(f"upsd ended: {(self._folder / 'upsd.log').read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
            return True
        return False


@contextlib.contextmanager
def serve_nut(status: str = "OL", **more: str) -> Iterator[Nut]:
    """Give a server for the time of a ``with`` block; its UPS tells *status* and *more*."""
    with tempfile.TemporaryDirectory(prefix="nut-") as folder:
        server = Nut(Path(folder))
        server.tell(status, **more)
        try:
            server.start()
            yield server
        finally:
            server.stop()
