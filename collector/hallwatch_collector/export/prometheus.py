"""Station 8, metrics: everything a scrape of ``/metrics`` shows.

The collector's own counters live in a prometheus-client registry; the halls are rendered from their pictures (see
:mod:`~hallwatch_collector.export.exposition`), and what was rendered is kept as long as the picture is the same object.
So a scrape of many quiet halls costs next to nothing, and the series of a device that left its hall vanish with it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.export.course import Course
from hallwatch_collector.export.exposition import join_families, render_hall
from hallwatch_collector.export.samples import Blocks, to_blocks
from hallwatch_collector.export.service import ServiceTime
from hallwatch_collector.export.week import WeekCount, render_week
from hallwatch_collector.selfwatch import Figures

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
DETECTION_BUCKETS_S: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)
ALERT_BUCKETS_S: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3600)
SIGN_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class _Rendered(NamedTuple):
    view: HallView
    blocks: Blocks


class Metrics:
    """The collector's own counters, and the page that a scrape gets. Safe to use from any thread.

    *read_figures* is asked at each scrape for the figures of Hallwatch's own health; *readings* says whether the last
    values of the devices (``hallwatch_reading_*``) are shown too: wanted in a hall, too much for a county of them.
    *levels* are those of the plan, the highest first.
    """

    def __init__(
        self, read_figures: Callable[[], Figures] | None = None, *, readings: bool = True, levels: Sequence[str] = ()
    ) -> None:
        # A second series for each counter, which says only when we started.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._readings, self._levels = readings, tuple(levels)
        self.service, self.course = ServiceTime(), Course()
        self._week: Blocks = {}
        self._rendered: dict[HallKey, _Rendered] = {}
        self._rendering = threading.Lock()
        own = self.registry
        self._reports = Counter("hallwatch_reports", "Reports taken in.", registry=own)
        self._taken = Counter("hallwatch_readings", "Readings taken in, late ones included.", registry=own)
        self._late = Counter("hallwatch_readings_late", "Readings that came too late: history only.", registry=own)
        self._rejects = Counter("hallwatch_rejects", "Messages and readings refused.", ["reason"], registry=own)
        self._detection = Histogram(
            "hallwatch_detection_delay_seconds",
            "From the first symptom of a fault to its raising, the fault's own hold time included (clause A3).",
            buckets=DETECTION_BUCKETS_S,
            registry=own,
        )
        self._sign = Histogram(
            "hallwatch_sign_delay_seconds",
            "From the arrival of the reading that decided it to the broker's word that it has the sign.",
            buckets=SIGN_BUCKETS_S,
            registry=own,
        )
        self._alerts = Counter(
            "hallwatch_alerts",
            "What became of alerts: decided, sent, accepted by the channel, held (tried again), failed. No drills.",
            ["outcome", "channel"],
            registry=own,
        )
        self._alert_delay = Histogram(
            "hallwatch_alert_delay_seconds",
            "From the decision that somebody is told, or the end of their quiet hours, to the channel's word.",
            ["channel"],
            buckets=ALERT_BUCKETS_S,
            registry=own,
        )
        build = Gauge("hallwatch_build_info", "The Hallwatch that runs.", ["version", "python"], registry=own)
        build.labels(_version(), ".".join(map(str, sys.version_info[:3]))).set(1)
        ProcessCollector(registry=own)
        if read_figures is not None:
            own.register(_FiguresCollector(read_figures))

    def count_report(self, readings: int, late: int = 0) -> None:
        """Count one report taken in, its accepted *readings*, and how many of them were *late*."""
        self._reports.inc()
        self._taken.inc(readings)
        if late:
            self._late.inc(late)

    def count_refused(self, reason: str, count: int = 1) -> None:
        """Count what was refused; *reason* is one of the few words that the code uses, never text from outside."""
        self._rejects.labels(reason).inc(count)

    def observe_detection(self, seconds: float) -> None:
        """Note how long a fault took from its first symptom to its raising."""
        self._detection.observe(max(0.0, seconds))

    def count_alert(self, outcome: str, channel: str) -> None:
        """Count what became of an alert; *channel* is the id of one in alerts.toml."""
        self._alerts.labels(outcome, channel).inc()

    def observe_alert(self, channel: str, seconds: float) -> None:
        """Note how long an alert took from its decision to the channel's word that it has it."""
        self._alert_delay.labels(channel).observe(max(0.0, seconds))

    def observe_sign(self, seconds: float) -> None:
        """Note how long a sign took from the deciding reading to the broker."""
        self._sign.observe(max(0.0, seconds))

    def render(self, views: Iterable[HallView]) -> bytes:
        """Return the page of ``/metrics`` for these halls, of type :data:`CONTENT_TYPE`."""
        with self._rendering:
            self._rendered = {HallKey(view.area, view.hall): self._render(view) for view in views}
            halls = [rendered.blocks for rendered in self._rendered.values()]
            counted = [self._render_counted(key) for key, known in self._rendered.items() if _counts(known.view)]
            page = join_families([*halls, *counted, self._week])
        return generate_latest(self.registry) + page

    def drop(self, key: HallKey) -> None:
        """Forget what was counted of a hall that is gone."""
        self.service.drop(key)
        self.course.drop(key)

    def take_week(self, count: WeekCount) -> None:
        """Show from now on what was counted of the last seven days' alerts."""
        self._week = to_blocks(render_week(count))

    def _render(self, view: HallView) -> _Rendered:
        known = self._rendered.get(HallKey(view.area, view.hall))
        if known is not None and known.view is view:
            return known
        return _Rendered(view, to_blocks(render_hall(view, readings=self._readings, levels=self._levels)))

    def _render_counted(self, key: HallKey) -> Blocks:
        return to_blocks(self.service.render(key)) | self.course.render(key)


class _FiguresCollector(Collector):
    """Shows the figures of Hallwatch's own health; what is not known has no sample."""

    def __init__(self, read_figures: Callable[[], Figures]) -> None:
        self._read = read_figures

    def describe(self) -> Iterable[Metric]:
        """Describe nothing ahead, so that registering does not ask for figures before they are there."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Yield one family for each known figure."""
        figures = self._read()
        gauges = (
            ("hallwatch_broker_connected", "Whether the collector is connected.", figures.broker_connected),
            ("hallwatch_broker_stored_messages", "Messages the broker keeps and queues.", figures.broker_stored),
            ("hallwatch_journal_pending_events", "Events decided and not yet written down.", figures.journal_pending),
            ("hallwatch_history_buffered_bytes", "History that waits for its server.", figures.history_buffered_bytes),
            ("hallwatch_problems", "What keeps the collector from its work: /health lists it.", figures.problems),
            ("hallwatch_hall_files_refused", "Hall files whose last edit was refused.", figures.hall_files_refused),
        )
        counters = (
            ("hallwatch_broker_dropped_messages", "Messages the broker lost, as it says.", figures.broker_dropped),
            ("hallwatch_broker_slow_consumers", "Clients the broker cut for slowness.", figures.broker_slow_consumers),
            ("hallwatch_history_lost_readings", "Readings that never reached history.", figures.history_lost),
            ("hallwatch_heartbeats", "Heartbeats sent to agents, one a hall and interval.", figures.heartbeats),
            ("hallwatch_internal_errors", "Errors of Hallwatch itself; the log has them.", figures.internal_errors),
        )
        waiting = GaugeMetricFamily("hallwatch_alerts_waiting", "Messages that wait to be sent.", labels=["channel"])
        for channel, count in sorted(figures.alerts_waiting.items()):
            waiting.add_metric([channel], count)
        yield waiting
        yield from (GaugeMetricFamily(name, text, value) for name, text, value in gauges if value is not None)
        yield from (CounterMetricFamily(name, text, value) for name, text, value in counters if value is not None)


def _counts(view: HallView) -> bool:
    """Tell whether a hall is in the statistics: Hallwatch's own health is none, and drills are left out (B3)."""
    return not view.internal and not view.drill


def _version() -> str:
    try:
        return version("hallwatch")
    except PackageNotFoundError:
        return "unknown"
