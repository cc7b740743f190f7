"""The real Alertmanager of Debian on a free loopback port, and an imitation of it that can fail."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parts.mosquitto import HOST, free_port
from parts.vendors.web import Asked, Imitation, Told, in_json
from parts.waiting import wait_until

CONFIG = "route: {receiver: none}\nreceivers: [{name: none}]\n"


class Alertmanager:
    """One that runs."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._log = folder / "log"
        config = folder / "alertmanager.yml"
        config.write_text(CONFIG)
        program = shutil.which("prometheus-alertmanager")
        if program is None:
            raise RuntimeError("Alertmanager is not there; install it with: apt-get install prometheus-alertmanager")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, f"--config.file={config}", f"--storage.path={folder}",
                 f"--web.listen-address={HOST}:{self.port}", "--cluster.listen-address="], stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(self._is_ready, 20, "Alertmanager")

    def amtool(self, *words: str) -> str:
        """Return what ``amtool`` says."""
        command = ["amtool", *words, f"--alertmanager.url={self.url}"]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are active, as ``amtool`` shows them."""
        told: list[dict[str, Any]] = json.loads(self.amtool("alert", "query", "--output=json"))
        return told

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"Alertmanager ended: {self._log.read_text()}")
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextlib.contextmanager
def serve_alertmanager() -> Iterator[Alertmanager]:
    """Run Alertmanager for the time of a ``with`` block."""
    with tempfile.TemporaryDirectory(prefix="alertmanager-") as folder:
        server = Alertmanager(Path(folder))
        try:
            yield server
        finally:
            server.stop()


class FailingAlertmanager(Imitation):
    """Answers as API v2 does, and can be told to fail."""

    def answer(self, asked: Asked) -> Told:
        """Take alerts that have a name and do not end before they begin; refuse others with a text in JSON."""
        told = asked.json()
        if asked.path != "/api/v2/alerts" or not isinstance(told, list):
            return in_json('parsing alerts body from "" failed', 400)
        if any(not alert["labels"].get("alertname") or alert["endsAt"] < alert["startsAt"] for alert in told):
            return in_json("start time must be before end time", 400)
        self.taken += told
        return Told(200)
