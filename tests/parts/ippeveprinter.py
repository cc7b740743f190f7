"""A real IPP printer on loopback: CUPS' ippeveprinter, whose supplies, paper and troubles a test sets."""

from __future__ import annotations

import contextlib
import os
import shlex
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from parts.mosquitto import HOST, free_port
from parts.waiting import wait_until

BUS = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/> <allow own="*"/> <allow send_destination="*"/> <allow receive_sender="*"/>
  </policy>
</busconfig>
"""


class Printer:
    """A printer that does what it is told by its own web page, and by the command that its jobs run."""

    def __init__(self, folder: Path, port: int) -> None:
        self.host = HOST
        self.port = port
        self._folder = folder
        self._supplies = {"waste": 25, "black": 75, "cyan": 50, "magenta": 33, "yellow": 67}
        self._trays = {"main": 250, "photo": 250}

    def fill(self, **percents: int) -> None:
        """Set levels of supplies; the others stay. The web page wants all of them at once."""
        self._supplies |= percents
        self._page("supplies", {f"supply{at}": level for at, level in enumerate(self._supplies.values())})

    def load(self, **sheets: int) -> None:
        """Set how much paper is in trays; the others stay."""
        self._trays |= sheets
        form: dict[str, str | int] = {}
        for at, level in enumerate(self._trays.values(), 1):
            form |= {f"size{at}": "iso_a4_210x297mm", f"type{at}": "stationery", f"level{at}": level}
        self._page("media", form)

    def trouble(self, change: str) -> None:
        """Let a job's command change the state's reasons: ``+a,b`` sets two of them, ``-a,b`` takes them away."""
        document = self._folder / "job.txt"
        document.write_text(f"STATE: {change}\n")
        address = f"ipp://{self.host}:{self.port}/ipp/print"
        subprocess.run(
            ["ipptool", "-q", "-f", str(document), address, "print-job.test"], check=True, timeout=20, env=os.environ
        )

    def _page(self, name: str, form: Mapping[str, object]) -> None:
        address = f"http://{self.host}:{self.port}/{name}?{urllib.parse.urlencode(form)}"
        with urllib.request.urlopen(address, timeout=10) as page:
            page.read()

    def answers(self) -> bool:
        """Tell whether it listens."""
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
            return True
        return False


@contextlib.contextmanager
def serve_printer() -> Iterator[Printer]:
    """Give an ink printer of four colours for the time of a ``with`` block.

    Debian's ippeveprinter does not start without a message bus to look for Avahi on. It gets one of its own, on which
    there is no Avahi, and so announces itself to nobody.
    """
    with tempfile.TemporaryDirectory(prefix="ippeveprinter-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        (folder / "bus.conf").write_text(BUS.format(folder=folder))
        bus = ["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork"]
        stack.enter_context(_running(bus, folder / "bus.log"))
        wait_until((folder / "bus").exists, 10, "a message bus")
        command = folder / "command"
        command.write_text(f"#!/bin/sh\ncat {shlex.quote(str(folder / 'job.txt'))} >&2\n")
        command.chmod(0o755)
        printer = Printer(folder, free_port())
        options = ["-n", "localhost", "-p", str(printer.port), "-d", str(folder), "-r", "off"]
        options += ["-s", "10,10", "-f", "text/plain"]
        place = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus"}
        stack.enter_context(
            _running(["ippeveprinter", *options, "-c", str(command), "Test"], folder / "printer.log", place)
        )
        wait_until(printer.answers, 20, "ippeveprinter")
        yield printer


@contextlib.contextmanager
def _running(command: list[str], log: Path, variables: dict[str, str] | None = None) -> Iterator[None]:
    places = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin"
    with log.open("wb") as output:
        program = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=os.environ | {"PATH": places} | (variables or {})
        )
    try:
        yield
    finally:
        program.terminate()
        program.wait(10)
