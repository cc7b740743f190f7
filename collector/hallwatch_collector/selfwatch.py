"""Hallwatch watches itself as one more hall, ``hallwatch/self``, so that rules, alarms, incidents and pages all apply.

Brokers lose messages without a word, disks fill up, clocks jump. The figures that tell of it are gathered elsewhere and
turned here, by pure functions, into the report of an agent named ``collector``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from hallwatch_agent.probes import Probe
from hallwatch_agent.wire import Birth, Reading, Report
from hallwatch_collector.clock import STEP_S
from hallwatch_collector.core.hall import Agent, Device, Hall, HallKey

SELF_KEY: Final = HallKey("hallwatch", "self")
SELF_AGENT: Final = "collector"
SELF_PROBE: Final = "self"
INTERVAL_S: Final = 10.0
GROWING_OBSERVATIONS: Final = 6
"""So many observations in a row must show a longer queue: a minute of growth, not a burst."""
GROWING_MESSAGES: Final = 500
ALERT_UNDELIVERED: Final = "alert-undelivered"
LONGEST_PART: Final = 80
_NO_BRACKETS: Final = str.maketrans("[]", "()")


class Figures(Struct, frozen=True, kw_only=True):
    """How Hallwatch itself is doing at one moment. None: not known, for example because this broker does not tell."""

    broker_connected: bool
    broker_dropped: int | None = None
    """Messages lost since the broker's start: ``$SYS/broker/publish/messages/dropped`` (Mosquitto)."""
    broker_stored: int | None = None
    """Messages kept or queued: ``$SYS/broker/store/messages/count`` (Mosquitto)."""
    broker_slow_consumers: int | None = None
    """Clients cut because they read too slowly: ``slow_consumers`` of ``/varz`` (NATS)."""
    journal_pending: int = 0
    """Events decided and not yet written down, because the journal cannot be written."""
    history_buffered_bytes: int = 0
    history_lost: int = 0
    """Readings that never reached the history, since the start."""
    hall_files_refused: int = 0
    """Hall files whose last edit was refused; the version before stays in force."""
    internal_errors: int = 0
    """Errors of Hallwatch's own making, since the start."""
    clock_step_s: float = 0.0
    """How far the wall clock ran away from the monotonic clock since the last observation."""
    heartbeats: int = 0
    """Sent to agents, since the start."""
    alerts_waiting: dict[str, int] = {}
    """Channel → messages that wait to be sent on it."""
    problems: int = 0
    """What keeps the collector from its work, as ``/health`` lists it."""


class Undelivered(Struct, frozen=True, kw_only=True):
    """How people are told. Of Hallwatch's own alerts nothing is counted here: they would keep themselves alive."""

    failing: frozenset[str] = frozenset()
    """``channel person`` of those whom an alert did not reach, by no way."""
    settled: frozenset[str] = frozenset()
    """Of those of whom that was told before, the ones for whom it is over."""
    test_failed: bool | None = None
    """The last weekly test did not reach everybody; None: there was none."""
    file_refused: bool = False
    """The last edit of alerts.toml was refused; the version before stays in force."""


class SelfProbe(Probe, tag=SELF_PROBE, frozen=True, kw_only=True):
    """Stands for the observation of one's own figures; no agent runs it."""


def self_hall() -> Hall:
    """Return the hall that stands for Hallwatch itself."""
    probe = SelfProbe(agent=SELF_AGENT, name=SELF_PROBE, interval_s=INTERVAL_S)
    return Hall(
        area=SELF_KEY.area,
        hall=SELF_KEY.hall,
        name="Hallwatch 自检",
        agents=[Agent(id=SELF_AGENT, name="采集服务")],
        devices=[
            Device(id="collector", kind="server", name="采集服务", probes=[probe]),
            Device(id="broker", kind="server", name="消息服务", probes=[probe]),
            Device(id="alerts", kind="server", name="通知服务", probes=[probe]),
        ],
    )


class SelfWatch:
    """Remembers the last figures and makes the next report from them. *boot* is drawn anew at each start."""

    def __init__(self, boot: str) -> None:
        self._boot = boot
        self._seq = 0
        self._seen: deque[Figures] = deque(maxlen=GROWING_OBSERVATIONS + 1)

    def birth(self, now: float) -> Birth:
        """Return the birth of the agent that stands for the collector; its keepalive is never used."""
        return Birth(agent=SELF_AGENT, boot=self._boot, session=1, at=now, keepalive_s=60)

    def report(self, figures: Figures, now: float, undelivered: Undelivered = Undelivered()) -> Report:  # noqa: B008
        """Return the report that follows from these figures and those before."""
        self._seen.append(figures)
        self._seq += 1
        readings = [read_collector(self._seen, now), read_broker(self._seen, now), read_alerts(undelivered, now)]
        return Report(agent=SELF_AGENT, boot=self._boot, seq=self._seq, sent_at=now, readings=readings)


def read_collector(seen: Sequence[Figures], now: float) -> Reading:
    """Judge the collector by the figures *seen*, the newest last."""
    last = seen[-1]
    conditions = {
        "reachable": True,
        "journal-failing": last.journal_pending > 0,
        "history-losing": _grew([figures.history_lost for figures in seen]),
        "hall-file-refused": last.hall_files_refused > 0,
        "internal-errors": _grew([figures.internal_errors for figures in seen]),
        "clock-stepped": abs(last.clock_step_s) > STEP_S,
    }
    metrics = {
        "journal_pending": float(last.journal_pending),
        "history_buffered_bytes": float(last.history_buffered_bytes),
        "clock_step_s": last.clock_step_s,
    }
    return Reading("collector", SELF_PROBE, now, metrics=metrics, conditions=conditions)


def read_broker(seen: Sequence[Figures], now: float) -> Reading:
    """Judge the broker by the figures *seen*, the newest last; away from it, its counters say nothing."""
    last = seen[-1]
    conditions = {"reachable": last.broker_connected}
    metrics: dict[str, float] = {}
    if last.broker_connected:
        dropped = [figures.broker_dropped for figures in seen]
        slow = [figures.broker_slow_consumers for figures in seen]
        if dropped[-1] is not None or slow[-1] is not None:
            conditions["broker-drops"] = _grew(dropped) or _grew(slow)
        if last.broker_stored is not None:
            conditions["queue-growing"] = _keeps_growing([figures.broker_stored for figures in seen])
            metrics["stored_messages"] = float(last.broker_stored)
    return Reading("broker", SELF_PROBE, now, metrics=metrics, conditions=conditions)


def read_alerts(undelivered: Undelivered, now: float) -> Reading:
    """Say by which ways people are not reached, a part of the device for each."""
    conditions = {"reachable": True, "alert-file-refused": undelivered.file_refused}
    if undelivered.test_failed is not None:
        conditions["alert-test-failed"] = undelivered.test_failed
    for way in sorted(undelivered.failing | undelivered.settled):
        conditions[f"{ALERT_UNDELIVERED}[{way}]"] = way in undelivered.failing
    return Reading("alerts", SELF_PROBE, now, conditions=conditions)


def name_way(channel: str, person: str) -> str:
    """Return a way to a person as the part of the device that tells people; no person: a system."""
    return f"{channel} {person}".strip().translate(_NO_BRACKETS)[:LONGEST_PART]


def _grew(counter: Sequence[int | None]) -> bool:
    """Tell whether a counter grew since the observation before; a counter that fell was restarted, and counts anew."""
    if len(counter) < 2 or counter[-1] is None:
        return False
    before = counter[-2]
    return before is not None and (counter[-1] > before or 0 < counter[-1] < before)


def _keeps_growing(sizes: Sequence[int | None]) -> bool:
    """Tell whether a queue grew at every one of the last observations, and by enough to be no chance."""
    known = [size for size in sizes if size is not None]
    if len(known) <= GROWING_OBSERVATIONS:
        return False
    return all(a < b for a, b in pairwise(known)) and known[-1] - known[0] >= GROWING_MESSAGES
