"""A real SNMP agent for tests: net-snmp's snmpd on loopback, with users of SNMPv3."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parts.snmpsim import free_udp_port
from parts.waiting import wait_until

AUTH_KEY, PRIV_KEY = "signed-by-the-hall", "hidden-from-others"
USERS = {
    "md5-des": ("MD5", "DES"),
    "sha-aes": ("SHA", "AES"),
    "sha224-aes": ("SHA-224", "AES"),
    "sha256-aes": ("SHA-256", "AES"),
    "sha384-aes192": ("SHA-384", "AES-192"),
    "sha512-aes256": ("SHA-512", "AES-256"),
    "sha256": ("SHA-256", ""),
    "nobody": ("", ""),
}
"""User names and their protocols, as snmpd calls them; all with the same keys. The protocol is told by the name."""
COMMUNITY = "hall"


class Snmpd:
    """An snmpd that can be restarted; it keeps its engine id and counts its boots."""

    def __init__(self, folder: Path) -> None:
        self.host, self.port = "127.0.0.1", free_udp_port()
        self.kept = folder / "kept"
        """Where it keeps its engine id and its boots."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "snmpd.conf").write_text("\n".join(self._config()) + "\n")

    def start(self) -> None:
        """Start it and wait until it listens."""
        program = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin") or "snmpd"
        log = self._folder / "log"
        log.unlink(missing_ok=True)
        command = [program, "-f", "-Lf", str(log), "-p", str(self._folder / "pid")]
        folders = {"SNMPCONFPATH": f"{self._folder}:{self.kept}", "SNMP_PERSISTENT_DIR": str(self.kept)}
        environment = os.environ | folders | {"MIBS": ""}
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: log.exists() and "NET-SNMP version" in log.read_text(), 10, "snmpd has started")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End it."""
        if self._process:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None

    def _config(self) -> Iterator[str]:
        yield f"agentAddress udp:{self.host}:{self.port}"
        yield f"rocommunity {COMMUNITY}"
        for name, (auth, priv) in USERS.items():
            keys = f' {auth} "{AUTH_KEY}"' * bool(auth) + f' {priv} "{PRIV_KEY}"' * bool(priv)
            yield f"createUser {name}{keys}"
            yield f"rouser {name} {'priv' if priv else 'auth' if auth else 'noauth'}"


@contextmanager
def serve_snmpd(folder: Path) -> Iterator[Snmpd]:
    """Give a running snmpd whose files are in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    agent = Snmpd(folder)
    agent.start()
    try:
        yield agent
    finally:
        agent.stop(signal.SIGKILL)
