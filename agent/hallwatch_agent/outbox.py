"""What is handed to the broker in which order: the present first, then the backlog, newest first and marked late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from hallwatch_agent.assignment import Key
from hallwatch_agent.spool import Spool
from hallwatch_agent.wire import MAX_PAYLOAD_BYTES, Reading, Report, encode

WINDOW: Final = 20
"""Reports handed over and not yet acknowledged; with more, paho gets slower."""
BACKLOG_WINDOW: Final = 16
"""Of these, so many from the backlog, so that it never blocks the present."""
REPORT_BYTES: Final = MAX_PAYLOAD_BYTES // 2
"""Of readings; leaves room for what is stamped on a report, and for brokers with limits of their own."""
EXPIRE_EVERY_S: Final = 60.0

Send = Callable[[bytes], int | None]
"""Hands a report to the broker: returns its MQTT message id, or ``None`` when there is no connection."""


class Outbox:
    """The reports of this boot and the spool they wait in. For one thread."""

    def __init__(self, spool: Spool, agent: str, boot: str) -> None:
        self._spool = spool
        self._agent = agent
        self._boot = boot
        self._seq = 0
        self._newest: dict[Key, int] = {}  # the report that holds the newest reading of each probe
        self._in_flight: dict[int, int] = {}  # MQTT message id → spool id
        self._late_in_flight: set[int] = set()
        self._expired_at = 0.0

    def put(self, readings: list[Reading], now: float) -> None:
        """Make the next report of *readings*, or several where one would be too long, and spool it."""
        if len(readings) > 1 and len(encode(readings)) > REPORT_BYTES:
            half = len(readings) // 2
            self.put(readings[:half], now)
            self.put(readings[half:], now)
            return
        self._seq += 1
        for reading in readings:
            self._newest[reading.device, reading.probe] = self._seq
        report = Report(self._agent, self._boot, self._seq, sent_at=now, readings=readings)
        self._spool.put(report, now)
        if not 0 <= now - self._expired_at < EXPIRE_EVERY_S:
            self._expired_at = now
            self._spool.expire(now)

    def pump(self, send: Send, now: float) -> None:
        """Hand over as much as the window allows."""
        room = WINDOW - len(self._in_flight)
        if room <= 0 or len(self._spool) <= len(self._in_flight):
            return
        for spooled in self._spool.newest(set(self._in_flight.values()), room):
            late = self._is_late(spooled.report)
            if late and len(self._late_in_flight) >= BACKLOG_WINDOW:
                continue
            waiting = len(self._spool) - len(self._in_flight) - 1
            stamped = msgspec.structs.replace(
                spooled.report, sent_at=now, late=late, spooled=max(waiting, 0), dropped=self._spool.dropped
            )
            mid = send(encode(stamped))
            if mid is None:
                return
            self._in_flight[mid] = spooled.id
            if late:
                self._late_in_flight.add(mid)

    def acknowledge(self, mids: list[int]) -> None:
        """Forget what the broker has taken over."""
        self._late_in_flight.difference_update(mids)
        self._spool.remove([self._in_flight.pop(mid) for mid in mids if mid in self._in_flight])

    def disconnect(self) -> None:
        """Take back what was in flight: the connection is gone, and nobody knows what arrived."""
        self._in_flight.clear()
        self._late_in_flight.clear()

    def _is_late(self, report: Report) -> bool:
        """A report is of the present while it holds the newest reading of any probe, however long it had to wait."""
        if report.boot != self._boot:
            return True
        return not any(self._newest.get((r.device, r.probe)) == report.seq for r in report.readings)
