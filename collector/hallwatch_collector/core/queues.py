"""How many people wait, as far as queue machines tell it: the figure that decisions and texts go by (A1, P1 to P5).

Counts change with every reading. While something is asked because of them, a figure that was told stays until the
count is noticeably another: a proposal that is worded anew every few seconds helps nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.arrangement import Waiting
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.state import Queue
from hallwatch_collector.core.trend import trend_of
from hallwatch_collector.core.watch import DeviceWatch

COUNT: Final = "people_waiting"
"""The metric, alone for all and with a business class in brackets (see the queue probes)."""
STALE: Final = "source-stale"
"""The fault of a source whose counts are old."""
NOTICEABLE: Final = 5.0
NOTICEABLE_RATIO: Final = 0.2
"""A count is another when it differs by more than both: so many people, and this share of those before."""
SPACING_S: Final = 60.0
SPAN_S: Final = 1200.0
"""The trend is that of the last so many seconds."""


def tells_count(readings: Iterable[Reading]) -> bool:
    """Tell whether one of these readings counts people."""
    return any(COUNT in reading.metrics for reading in readings)


def follow_queues(turn: Turn) -> bool:
    """Count who waits, and tell whether what is asked because of it has to be thought over."""
    model, queue = turn.model, turn.model.queue
    pressing = is_pressing(model)
    told = count_waiting(model)
    if told.total is None and not told.by_class and pressing:
        return False  # nobody tells it now: what was told last stands as long as the fault does
    _remember(queue, told.total, turn.at)
    trend = trend_of([people for _, people in queue.points], NOTICEABLE, NOTICEABLE_RATIO)
    if pressing and trend == queue.trend and not _differs(waiting_of(queue), told):
        return False
    queue.total, queue.by_class, queue.trend = told.total, dict(told.by_class), trend
    return pressing


def waiting_of(queue: Queue) -> Waiting:
    """Return who waits, as decisions go by it."""
    return Waiting(by_class=queue.by_class, total=queue.total)


def is_pressing(model: Model) -> bool:
    """Tell whether something stands that is decided by who waits: a crowd, the warning of one, a class unserved."""
    return any(
        watch.rules.faults[alarm.fault].nature != "failure"
        for watch in model.devices.values()
        for alarm in watch.alarms.values()
    )


def count_waiting(model: Model) -> Waiting:
    """Return who waits by all that count it now: not by what nobody sees, or is old."""
    total: float | None = None
    by_class: dict[str, float] = {}
    for watch in model.devices.values():
        metrics = _told_by(watch)
        for key, people in metrics.items():
            name = key[len(COUNT) + 1 : -1] if key.startswith(f"{COUNT}[") else ""
            if name in model.impact.classes:
                by_class[name] = by_class.get(name, 0.0) + people
        if COUNT in metrics:
            total = (total or 0.0) + metrics[COUNT]
    return Waiting(by_class=by_class, total=total)


def _told_by(watch: DeviceWatch) -> dict[str, float]:
    """Return what a device tells now, where that is a count of people."""
    for probe in watch.fresh_probes():
        if probe.reading is not None and COUNT in probe.reading.metrics:
            is_stale = any(alarm.fault == STALE for alarm, _ in watch.raised())
            return {} if is_stale else probe.reading.metrics
    return {}


def _remember(queue: Queue, people: float | None, at: float) -> None:
    queue.points = [point for point in queue.points if at - SPAN_S <= point[0] <= at]
    if people is not None and (not queue.points or at - queue.points[-1][0] >= SPACING_S):
        queue.points.append((at, people))


def _differs(before: Waiting, after: Waiting) -> bool:
    counts = [(before.total, after.total)]
    counts += [(before.counted(name), after.counted(name)) for name in {*before.by_class, *after.by_class}]
    return any(_is_noticeable(was, is_now) for was, is_now in counts)


def _is_noticeable(was: float | None, is_now: float | None) -> bool:
    if was is None or is_now is None:
        return was is not is_now
    return abs(is_now - was) > max(NOTICEABLE, NOTICEABLE_RATIO * was)
