"""A real PostgreSQL cluster in a temporary folder, on a free port of loopback."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from parts.mosquitto import free_port

OWNER = "postgres"


class PostgreSql:
    """A cluster that can be stopped and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not found:
            raise RuntimeError("PostgreSQL is not there; install it with: apt-get install postgresql")
        self._programs = found[-1].parent
        self._folder = folder
        self._data = folder / "data"
        self.port = free_port()
        self.url = f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", OWNER, "--no-sync", "-E", "UTF8", "--locale=C")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -p {self.port} -F"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-w", "-t", "20", "-o", options, "start")

    def stop(self) -> None:
        """End it, connections or not."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            command = ["runuser", "-u", OWNER, "--", *command]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=60)


@contextlib.contextmanager
def serve_postgresql() -> Iterator[PostgreSql]:
    """Give a PostgreSQL for the time of a ``with`` block."""
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(OWNER)
            shutil.chown(folder, owner.pw_uid, owner.pw_gid)
        server = PostgreSql(folder)
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                server.stop()
