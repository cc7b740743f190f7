"""A real VictoriaMetrics on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hallwatch_collector.broker import choose_port
from parts.waiting import wait_until


class VictoriaMetrics:
    """A running server: where it is, and what it says."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def is_healthy(self) -> bool:
        """Tell whether it answers (``GET /health``)."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def query(self, promql: str, at: float | None = None) -> list[dict[str, Any]]:
        """Return the result of a PromQL query at a moment, now when left out."""
        # Without this, what was written in the last second may not be found.
        urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=5).close()
        parameters = {"query": promql, "nocache": "1", "time": str(at if at is not None else time.time())}  # noqa: TID251
        with urllib.request.urlopen(
            f"{self.url}/api/v1/query?{urllib.parse.urlencode(parameters)}", timeout=5
        ) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return result


@contextmanager
def serve_victoriametrics(
    folder: Path, port: int | None = None, *, scrape: Path | None = None
) -> Iterator[VictoriaMetrics]:
    """Run VictoriaMetrics with its data in *folder*, until the end of the block; a *port* can be taken up again.

    *scrape*: a file that says what it scrapes, as Prometheus' own.
    """
    binary = shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")
    assert binary, "victoria-metrics is not installed: apt-get install victoria-metrics"
    port = port or choose_port([])
    options = [f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-search.latencyOffset=0s"]
    options += ["-retentionPeriod=10y", "-memory.allowedBytes=64MB"]
    options += [f"-promscrape.config={scrape}"] if scrape else []
    with (folder.parent / f"{folder.name}.log").open("ab") as output:
        process = subprocess.Popen([binary, *options], stdout=output, stderr=subprocess.STDOUT)
        try:
            server = VictoriaMetrics(port)
            wait_until(server.is_healthy, 20)
            yield server
        finally:
            process.terminate()
            process.wait(15)
