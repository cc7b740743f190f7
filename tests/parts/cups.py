"""A real CUPS server on loopback, with queues whose printers a test invents."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from parts.mosquitto import HOST, free_port
from parts.waiting import wait_until

SERVER = """\
LogLevel warn
Listen {host}:{port}
Browsing No
DefaultAuthType None
WebInterface No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  SubscriptionPrivateAccess default
  SubscriptionPrivateValues default
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
FILES = """\
ServerRoot {folder}/etc
CacheDir {folder}/cache
StateDir {folder}/run
RequestRoot {folder}/spool
TempDir {folder}/spool/tmp
AccessLog {folder}/access.log
ErrorLog {folder}/error.log
PageLog {folder}/page.log
FileDevice Yes
Sandboxing relaxed
"""


class Cups:
    """A print server. What its tools print when they fail is in the test's own output."""

    def __init__(self, folder: Path, port: int) -> None:
        self.host = HOST
        self.port = port
        self._folder = folder

    def add_queue(self, name: str, device: str = "file:///dev/null") -> None:
        """Make an open queue that prints to a device, such as ``socket://127.0.0.1:9``."""
        self.run("lpadmin", "-p", name, "-E", "-v", device)

    def print(self, name: str, *options: str) -> None:
        """Give a queue a job."""
        document = self._folder / "job.txt"
        document.write_text("hello\n")
        self.run("lp", "-d", name, *options, str(document))

    def run(self, tool: str, *words: str) -> None:
        """Run one of CUPS' tools: ``cupsdisable``, ``cupsreject``, ``cancel``."""
        places = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin"
        server = {"CUPS_SERVER": f"{self.host}:{self.port}", "PATH": places, "LC_ALL": "C.UTF-8"}
        subprocess.run([tool, *words], check=True, timeout=20, env=os.environ | server, stdout=subprocess.DEVNULL)

    def answers(self) -> bool:
        """Tell whether it listens."""
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
            return True
        return False


@contextlib.contextmanager
def serve_cups() -> Iterator[Cups]:
    """Give a CUPS server without queues for the time of a ``with`` block."""
    with tempfile.TemporaryDirectory(prefix="cups-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # its backends run as another user
        for part in ("etc/ppd", "cache", "run/certs", "spool/tmp"):
            (folder / part).mkdir(parents=True)
        cups = Cups(folder, free_port())
        (folder / "etc/cupsd.conf").write_text(SERVER.format(host=cups.host, port=cups.port))
        (folder / "etc/cups-files.conf").write_text(FILES.format(folder=folder))
        places = f"{os.environ.get('PATH', '')}:/usr/sbin"
        command = ["cupsd", "-f", "-c", f"{folder}/etc/cupsd.conf", "-s", f"{folder}/etc/cups-files.conf"]
        with (folder / "output").open("wb") as output:
            server = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=os.environ | {"PATH": places}
            )
        try:
            wait_until(cups.answers, 20, "cupsd")
            yield cups
        finally:
            server.terminate()
            server.wait(10)
