"""A real Mosquitto on a free loopback port."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from parts.waiting import wait_until

HOST = "127.0.0.1"
PLACES = ("/usr/sbin", "/usr/bin", "/usr/local/sbin")


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


class Mosquitto:
    """A broker that can be stopped and started again on the same port; its retained messages survive that."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path=":".join(PLACES))
        if program is None:
            raise RuntimeError("mosquitto is not there; install it with: apt-get install mosquitto")
        self.host = HOST
        self.port = free_port()
        self.log = folder / "mosquitto.log"
        self._program = program
        self._file = folder / "mosquitto.conf"
        self._process: subprocess.Popen[bytes] | None = None
        lines = [
            f"listener {self.port} {HOST}",
            "persistence true",
            f"persistence_location {folder}/",
            "max_queued_messages 100000",
            "sys_interval 1",
            f"log_dest file {self.log}",
        ]
        if "allow_anonymous" not in extra:
            lines.append("allow_anonymous true")
        if "\nuser " not in f"\n{extra}":
            lines.append("user root")  # only obeyed when started by root: the folder is then root's
        self._file.write_text("\n".join([*lines, extra, ""]))

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self._process = subprocess.Popen([self._program, "-c", str(self._file)], stdout=subprocess.DEVNULL)
        wait_until(self._answers, 10, f"mosquitto on port {self.port}")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it; by ``SIGKILL`` it loses what it has not written."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None

    def signal(self, number: int) -> None:
        """Send it a signal and do not wait: ``SIGSTOP`` lets it hang."""
        assert self._process is not None
        self._process.send_signal(number)

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"mosquitto ended: {self.log.read_text() if self.log.exists() else 'no log'}")
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False


@contextlib.contextmanager
def serve_mosquitto(extra: str = "") -> Iterator[Mosquitto]:
    """Give a Mosquitto for the time of a ``with`` block; *extra* is added to its configuration."""
    with tempfile.TemporaryDirectory(prefix="mosquitto-") as folder:
        broker = Mosquitto(Path(folder), extra)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
