"""A real collector process on loopback, and an agent's side of the wire to feed it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import Birth, Reading, Report, encode, topic
from parts.mosquitto import free_port
from parts.waiting import wait_until

HOST = "127.0.0.1"


def wall_clock() -> float:
    """Return the time as agents tell it."""
    return time.time()  # noqa: TID251 - processes under test read the same clock


class CollectorProcess:
    """``hallwatch run`` on a folder with ``halls/``; can be killed and started again on the same data.

    *more* is added to the end of its configuration, *before* to its beginning.
    """

    def __init__(self, folder: Path, mqtt_port: int, more: str = "", *, before: str = "") -> None:
        self.folder = folder
        self.web_port = free_port()
        self.config = folder / "collector.toml"
        self.log = folder / "collector.log"
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "halls").mkdir(exist_ok=True)
        self.config.write_text(f"{before}[broker]\nport = {mqtt_port}\n[web]\nport = {self.web_port}\n{more}")

    def start(self, *more: str, well: bool = True, limit_s: float = 20) -> None:
        """Start it and wait until its page says that it is well, or only that it lives."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command("run", *more), stdout=log, stderr=log)
        statuses = ("ok",) if well else ("ok", "troubled")
        wait_until(lambda: self._status() in statuses, limit_s, f"the collector says {' or '.join(statuses)}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; return its exit status."""
        assert self.process
        self.process.send_signal(number)
        status = self.process.wait(15)
        self.process = None
        return status

    def command(self, *words: str) -> list[str]:
        """Return a command line of ``hallwatch`` for this collector."""
        return [sys.executable, "-m", "hallwatch_collector", *words, "--config", str(self.config)]

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of ``hallwatch`` for this collector."""
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=30, check=False)

    def get(self, path: str) -> Any:
        """Ask the API, as the operator."""
        request = urllib.request.Request(f"http://{HOST}:{self.web_port}{path}")
        token = self.folder / "data" / "operator.token"
        if token.exists() and path.startswith(("/api/", "/health")):
            request.add_header("Authorization", f"Bearer {token.read_text(encoding='ascii').strip()}")
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def metric(self, line: str) -> float | None:
        """Return the value of one sample of ``/metrics``, or None when it is not there."""
        for told in self.metrics().splitlines():
            if told.startswith(line + " "):
                return float(told.rsplit(" ", 1)[1])
        return None

    def metrics(self) -> str:
        """Return the whole of ``/metrics``."""
        with urllib.request.urlopen(f"http://{HOST}:{self.web_port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def journal(self) -> list[dict[str, Any]]:
        """Return the events of the journal."""
        return [json.loads(line) for line in self.call("journal", "show", "--json").stdout.splitlines()]

    def _status(self) -> str:
        if self.process and self.process.poll() is not None:
            raise AssertionError(f"the collector ended:\n{self.log.read_text()}")
        with contextlib.suppress(OSError):
            return str(self.get("/health")["status"])
        return ""


@contextlib.contextmanager
def run_collector(folder: Path, mqtt_port: int, hall: str, more: str = "") -> Iterator[CollectorProcess]:
    """Give a running collector with one hall file, ``halls/xihu.toml``."""
    collector = CollectorProcess(folder, mqtt_port, more)
    (folder / "halls" / "xihu.toml").write_text(hall, encoding="utf-8")
    try:
        collector.start()
        yield collector
    finally:
        if collector.process:
            collector.stop(signal.SIGKILL)


class FakeAgent:
    """Says what an agent would say, and keeps what stands retained for the hall, or for the part that it hears."""

    def __init__(self, mqtt_port: int, area: str, hall: str, agent: str, hears: str = "#") -> None:
        self.retained: dict[str, bytes] = {}
        self.heard: list[tuple[str, bytes]] = []
        self._key, self._agent, self._seq = (area, hall), agent, 0
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"{agent}-{mqtt_port}")
        self._client.on_connect = lambda client, *_: client.subscribe([(topic(area, hall, hears), 1)])
        self._client.on_message = self._hear
        self._client.connect(HOST, mqtt_port)
        self._client.loop_start()
        birth = Birth(agent, "b1", 1, wall_clock(), 30)
        self._client.publish(topic(area, hall, "agents", agent), encode(birth), 1, retain=True).wait_for_publish(5)

    def report(self, *readings: Reading) -> None:
        """Send a report."""
        self._seq += 1
        report = Report(self._agent, "b1", self._seq, wall_clock(), list(readings))
        self.send(topic(*self._key, "reports", self._agent), encode(report))

    def send(self, name: str, payload: bytes) -> None:
        """Send anything anywhere."""
        self._client.publish(name, payload, 1).wait_for_publish(5)

    def put(self, branch: str, leaf: str, payload: bytes) -> None:
        """Leave a retained message."""
        self._client.publish(topic(*self._key, branch, leaf), payload, 1, retain=True).wait_for_publish(5)

    def standing(self, branch: str) -> dict[str, bytes]:
        """Return what stands retained on a branch, by leaf."""
        stem = topic(*self._key, branch) + "/"
        return {name.removeprefix(stem): payload for name, payload in self.retained.items() if name.startswith(stem)}

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))
        if message.payload:
            self.retained[message.topic] = message.payload
        else:
            self.retained.pop(message.topic, None)
