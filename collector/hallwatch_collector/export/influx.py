"""Station 8, history: every reading goes to a server that speaks InfluxDB's line protocol (InfluxDB, VictoriaMetrics).

Lines are made where the readings are, kept in a queue bounded by bytes, and sent in batches by one thread. While the
server is away they wait; when the queue is full the oldest give way. Nothing is lost in silence: what is lost is
counted and logged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from influxdb_client import InfluxDBClient, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from msgspec import Struct
from urllib3.exceptions import HTTPError

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.export.lines import lines_of

log = logging.getLogger(__name__)

BAD_DATA: Final = {400, 413, 422}
"""The server will never take this batch. Every other refusal (no such bucket, wrong token) can be put right."""


class HistorySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the history goes, and how much of it may wait."""

    url: str
    """For example ``http://127.0.0.1:8428`` (VictoriaMetrics) or ``http://127.0.0.1:8086`` (InfluxDB)."""
    bucket: str = "hallwatch"
    org: str = "hallwatch"
    token: str = ""
    max_bytes: int = 64 * 1024 * 1024
    """Lines that may wait in memory while the server is away; about 100 bytes a measured value."""
    batch_bytes: int = 1024 * 1024
    flush_s: float = 1.0
    """How long a line waits for company before it is sent."""
    timeout_s: float = 10.0
    retry_s: float = 0.5
    """The first pause after a failure; doubled up to *retry_most_s*."""
    retry_most_s: float = 30.0


class _Chunk(NamedTuple):
    """The lines of one report."""

    lines: bytes
    readings: int


class History:
    """Sends readings to the server from a thread of its own. :meth:`put` never waits; safe to use from any thread."""

    def __init__(self, settings: HistorySettings) -> None:
        self._settings = settings
        self._url = settings.url
        self._client = InfluxDBClient(
            settings.url, settings.token, org=settings.org, timeout=int(settings.timeout_s * 1000)
        )
        self._api = self._client.write_api(write_options=SYNCHRONOUS)
        self._changed = threading.Condition()
        self._waiting: deque[_Chunk] = deque()
        self._bytes = 0
        self._pending = 0
        self._lost = 0
        self._written = 0
        self._closing = False
        self._give_up_at: float | None = None
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    @property
    def buffered_bytes(self) -> int:
        """Bytes of lines that wait, the batch under way included."""
        return self._bytes

    @property
    def lost(self) -> int:
        """Readings that never reached the server: the queue was full, or the server refused them for good."""
        return self._lost

    @property
    def written(self) -> int:
        """Readings that the server has taken."""
        return self._written

    def put(self, key: HallKey, readings: Sequence[Reading]) -> None:
        """Take the readings of one report, late ones included: each has its own time."""
        lines, unwritable = lines_of(key, readings)
        with self._changed:
            if self._closing:
                self._lost += len(readings)
                return
            self._lost += unwritable
            self._waiting.append(_Chunk(lines, len(readings) - unwritable))
            self._pending += len(readings) - unwritable
            self._bytes += len(lines)
            self._make_room()
            self._changed.notify()

    def close(self, limit_s: float = 5.0) -> None:
        """Send what waits, for at most *limit_s*; what is left then is lost, and counted."""
        with self._changed:
            self._closing = True
            self._give_up_at = time.monotonic() + limit_s
            self._changed.notify()
        self._thread.join(limit_s)
        with self._changed:
            left, self._pending = self._pending, 0
            self._lost += left
        if left:
            log.warning("history: %d readings lost at the end: %s did not take them", left, self._url)
        self._client.close()

    def _make_room(self) -> None:
        lost = 0
        while self._bytes > self._settings.max_bytes and self._waiting:
            oldest = self._waiting.popleft()
            self._bytes -= len(oldest.lines)
            lost += oldest.readings
        if lost and not self._lost:
            log.warning(
                "history: %d bytes wait for %s; the oldest are lost from now on", self._bytes, self._settings.url
            )
        self._lost += lost
        self._pending -= lost

    def _run(self) -> None:
        while batch := self._next_batch():
            self._deliver(batch)

    def _next_batch(self) -> list[_Chunk]:
        """Wait for lines, then for company; an empty batch is the end."""
        settings = self._settings
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._changed.wait_for(lambda: self._bytes >= settings.batch_bytes or self._closing, settings.flush_s)
            batch, size = [], 0
            while self._waiting and size < settings.batch_bytes:
                batch.append(self._waiting.popleft())
                size += len(batch[-1].lines)
            return batch

    def _deliver(self, batch: list[_Chunk]) -> None:
        """Send a batch, again and again until the server takes it or refuses it for good."""
        lines = b"\n".join(chunk.lines for chunk in batch)
        readings = sum(chunk.readings for chunk in batch)
        pause_s, failing = self._settings.retry_s, False
        while True:
            problem, final = self._write(lines)
            if not problem:
                break
            if final or self._out_of_time():
                log.warning("history: %d readings lost: %s", readings, problem)
                break
            if not failing:
                log.warning("history: %s does not take lines, they wait: %s", self._url, problem)
            failing = True
            self._pause(pause_s)
            pause_s = min(2 * pause_s, self._settings.retry_most_s)
        if failing and not problem:
            log.info("history: %s takes lines again; %d readings were lost so far", self._url, self._lost)
        with self._changed:
            self._bytes -= sum(len(chunk.lines) for chunk in batch)
            self._pending -= readings
            if problem:
                self._lost += readings
            else:
                self._written += readings

    def _write(self, lines: bytes) -> tuple[str, bool]:
        """Send lines once. Return what went wrong, empty when nothing did, and whether it is final."""
        try:
            self._api.write(self._settings.bucket, record=lines, write_precision=WritePrecision.MS)
        except ApiException as error:
            body = str(error.body or error.reason or "").strip()[:200]
            return f"HTTP {error.status} {body}", error.status in BAD_DATA
        except (HTTPError, OSError) as error:
            return str(error)[:200], False
        except Exception as error:  # a defect in a library costs a batch, never the thread
            log.exception("history: unexpected")
            return str(error)[:200], True
        return "", False

    def _out_of_time(self) -> bool:
        return self._give_up_at is not None and time.monotonic() >= self._give_up_at

    def _pause(self, seconds: float) -> None:
        """Wait before the next try; while closing, try often, the time is short."""
        with self._changed:
            limit_s = 0.2 if self._closing else seconds
            closing = self._closing
            self._changed.wait_for(lambda: self._closing and not closing, limit_s)
