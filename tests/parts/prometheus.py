"""A real Prometheus on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hallwatch_collector.broker import choose_port
from parts.waiting import wait_until

SCRAPE = """\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: hallwatch
    static_configs:
      - targets: ["127.0.0.1:{target}"]
"""
"""What is scraped, for Prometheus and VictoriaMetrics alike."""


class QueryRefused(Exception):  # noqa: N818 - it says what happened
    """The server does not take a query; the text is its own."""


class Store:
    """A server that answers Prometheus' queries."""

    def __init__(self, url: str) -> None:
        self.url = url

    def find(self, promql: str) -> list[dict[str, Any]]:
        """Return what a query finds now; raise :class:`QueryRefused`."""
        return self._ask("query", query=promql, time=str(_now()))

    def follow(self, promql: str, span_s: float, step_s: float = 1.0) -> list[dict[str, Any]]:
        """Return what a query finds from so long ago until now; raise :class:`QueryRefused`."""
        now = _now()
        return self._ask("query_range", query=promql, start=str(now - span_s), end=str(now), step=str(step_s))

    def is_ready(self) -> bool:
        """Tell whether it answers queries."""
        try:
            return bool(self.find("vector(1)"))
        except (OSError, QueryRefused):
            return False

    def _ask(self, path: str, **parameters: str) -> list[dict[str, Any]]:
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode({**parameters, 'nocache': '1'})}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
                return found
        except urllib.error.HTTPError as error:
            raise QueryRefused(error.read().decode()) from error


def _now() -> float:
    return time.time()  # noqa: TID251 - the servers read the same clock


@contextmanager
def serve_prometheus(folder: Path, target: int) -> Iterator[Store]:
    """Run Prometheus until the end of the block; it scrapes the port *target* of loopback every second."""
    program = shutil.which("prometheus")
    assert program, "prometheus is not installed: apt-get install prometheus"
    folder.mkdir(exist_ok=True)
    (folder / "prometheus.yml").write_text(SCRAPE.format(target=target))
    port = choose_port([])
    options = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"]
    options += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, *options], stdout=log, stderr=log)
        try:
            store = Store(f"http://127.0.0.1:{port}")
            wait_until(store.is_ready, 20, "Prometheus answers", 0.05)
            yield store
        finally:
            process.terminate()
            process.wait(15)
