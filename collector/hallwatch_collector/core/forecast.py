"""When a slow-moving value will reach a limit: a moment, and how sure it is. Pure arithmetic on traces.

The pace is that of the time since the last refill (toner changed, disk cleared): the median of the slopes between any
two points that lie far enough apart (Theil, 1950; Sen, 1968), which a few wrong readings do not move. The spread of the
slopes gives the earliest and the latest moment: a hall that prints little on Mondays has a wide one. Where the days are
too few, or the value does not move towards the limit, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from hallwatch_collector.core.trace import Trace

DAY_S: Final = 86_400.0
LEAST_SPAN_S: Final = 3 * DAY_S
LEAST_POINTS: Final = 4
FAR_APART: Final = 1 / 3
"""Slopes are taken between points that lie at least this share of the whole span apart."""
EDGE: Final = 0.1
"""The slowest and the fastest tenth of the slopes do not count for the range."""
REFILL: Final = 0.25
"""A step back by more than this share of all that the value ever moved is a refill."""
HORIZON_S: Final = 365 * DAY_S
"""Nothing is estimated that lies farther ahead."""
NEVER_S: Final = 3 * HORIZON_S
"""What may last so long may last for ever."""
CENTURY_S: Final = 100 * HORIZON_S


class Pace(NamedTuple):
    """How fast a value moves towards its limit, in its unit a second."""

    slow: float
    """Not above 0: it may as well never arrive."""
    usual: float
    fast: float
    noise: float
    """How far single points lie off, in the value's unit."""


class Forecast(NamedTuple):
    """When a limit will be reached (Unix seconds)."""

    earliest: float
    likely: float
    latest: float | None
    """None: perhaps never."""


def rising_pace(trace: Trace) -> Pace | None:
    """Return the pace of a value that grows towards its limit; None: not known."""
    return find_pace(trace.at, trace.values)


def falling_pace(trace: Trace) -> Pace | None:
    """Return the pace of a value that shrinks towards its limit; None: not known."""
    return find_pace(trace.at, [-value for value in trace.values])


def find_pace(at: Sequence[float], values: Sequence[float]) -> Pace | None:
    """Return the pace at which *values* grew since they last fell back; None: too few days, or no trend."""
    first = _last_refill(values)
    at, values = at[first:], values[first:]
    if len(at) < LEAST_POINTS or at[-1] - at[0] < LEAST_SPAN_S:
        return None
    span_s = at[-1] - at[0]
    slopes = sorted(
        (values[j] - values[i]) / (at[j] - at[i])
        for i in range(len(at))
        for j in range(i + 1, len(at))
        if at[j] - at[i] >= span_s * FAR_APART
    )
    usual = median(slopes)
    level = median(value - usual * moment for moment, value in zip(at, values, strict=True))
    off = sorted(abs(value - usual * moment - level) for moment, value in zip(at, values, strict=True))
    noise = _quantile(off, 1 - EDGE)
    if usual * span_s <= 2 * noise or usual <= 0:
        return None
    return Pace(_quantile(slopes, EDGE), usual, _quantile(slopes, 1 - EDGE), noise)


def foresee(at: float, gap: float, pace: Pace) -> Forecast | None:
    """Return when a *gap* that is left at the moment *at* is used up; None when that is too far off to say."""
    if gap <= 0:
        return Forecast(at, at, at)
    likely = at + gap / pace.usual
    if likely > at + HORIZON_S:
        return None
    earliest = at + max(0.0, gap - pace.noise) / pace.fast
    latest = at + (gap + pace.noise) / pace.slow if pace.slow > 0 else None
    return Forecast(earliest, likely, latest if latest is not None and latest < at + NEVER_S else None)


def foresee_surely(at: float, gap: float, pace_per_s: float) -> Forecast | None:
    """Return when a gap is used up at a pace that is known; None when no calendar goes so far."""
    moment = at + max(0.0, gap) / pace_per_s
    return Forecast(moment, moment, moment) if moment < at + CENTURY_S else None


def foresee_trace(trace: Trace, limit: float, *, falls: bool) -> Forecast | None:
    """Return when the value of a trace reaches *limit* from above (*falls*) or from below."""
    if len(trace) < LEAST_POINTS:
        return None
    gap = trace.head - limit if falls else limit - trace.head
    pace = trace.derive(falling_pace if falls else rising_pace)
    if pace is None or _was_refilled(trace, falls=falls):
        return None
    return foresee(trace.head_at, gap, pace)


def foresee_use(store: Trace, use: Trace, limit: float) -> Forecast | None:
    """Return when a store falls to *limit*, by the pace of the counter that counts what is taken out of it."""
    pace = use.derive(rising_pace)
    return foresee(store.head_at, store.head - limit, pace) if pace is not None else None


def _last_refill(values: Sequence[float]) -> int:
    """Return the index of the first value after the last refill; a single wrong value is none."""
    if not values:
        return 0
    step = REFILL * (max(values) - min(values))
    inner = [median(values[i - 1 : i + 2]) for i in range(1, len(values) - 1)]
    smooth = [values[0], *inner, values[-1]]
    return max((i for i, (a, b) in enumerate(pairwise(smooth), 1) if a - b > step), default=0)


def _was_refilled(trace: Trace, *, falls: bool) -> bool:
    """Tell whether the newest sample shows a refill that is no point of the trace yet."""
    moved = max(trace.values) - min(trace.values)
    back = trace.head - trace.values[-1] if falls else trace.values[-1] - trace.head
    return back > REFILL * moved


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[round((len(ordered) - 1) * share)]
