"""Station 5, the pure part: duplicates, gaps, lateness and the agent's clock."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import Final

BACKLOG_BOOTS: Final = 4
"""Earlier boots of one agent whose sequences are followed: those that may still be in its spool."""
MOST_SPANS: Final = 1000
"""Gaps in one sequence that are remembered at a time."""


class Sequence:
    """Follows the report numbers of one boot: tells duplicates from news and counts what is missing.

    After an outage the newest report comes first and the backlog after it, so a gap opens and is filled again. Numbers
    below the first one seen may still come (a backlog, or what an earlier run of the collector took already); they are
    taken once and not counted as missing. What was taken is kept as spans, so that no gap is too long to be remembered.
    """

    __slots__ = ("_first", "_spans", "missing")

    def __init__(self) -> None:
        self._first = 0
        self._spans: list[list[int]] = []
        """First and last number of each run without a gap, in order."""
        self.missing = 0
        """How many numbers between the first seen and the highest have not come."""

    def take(self, number: int) -> bool:
        """Note a number; return False when it came before, or counts nothing."""
        spans = self._spans
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
            return True
        if number < 1:
            return False
        after = bisect_right(spans, number, key=itemgetter(0))
        if after and number <= spans[after - 1][1]:
            return False
        self._count(number)
        self._insert(number, after)
        if len(spans) > MOST_SPANS:  # the oldest gap is given up: it stays counted, and what fills it is a duplicate
            spans[0][1] = spans.pop(1)[1]
        return True

    def _count(self, number: int) -> None:
        if not self._spans:
            self._first = number
        elif number > self._spans[-1][1]:
            self.missing += number - self._spans[-1][1] - 1
        elif number > self._first:
            self.missing -= 1

    def _insert(self, number: int, after: int) -> None:
        """Put a number between the spans before and after it, and join what has become one."""
        spans = self._spans
        spans.insert(after, [number, number])
        if after + 1 < len(spans) and spans[after + 1][0] == number + 1:
            spans[after][1] = spans.pop(after + 1)[1]
        if after and spans[after - 1][1] == number - 1:
            spans[after - 1][1] = spans.pop(after)[1]


class Sequences:
    """The sequences of one agent, by boot: the present one, and the last few others, whose reports are backlog."""

    __slots__ = ("_others", "_present", "_present_boot")

    def __init__(self) -> None:
        self._present_boot = ""
        self._present = Sequence()
        self._others: dict[str, Sequence] = {}

    @property
    def missing(self) -> int:
        """How many reports are missing over all boots followed."""
        return self._present.missing + sum(sequence.missing for sequence in self._others.values())

    def start(self, boot: str) -> None:
        """A boot began; the one before becomes backlog."""
        if boot == self._present_boot:
            return
        if self._present_boot:
            self._remember(self._present_boot, self._present)
        self._present = self._others.pop(boot) if boot in self._others else Sequence()
        self._present_boot = boot

    def take(self, boot: str, number: int) -> bool:
        """Note a report; return False when it is a duplicate."""
        if boot == self._present_boot:
            return self._present.take(number)
        sequence = self._others.get(boot)
        if sequence is None:
            sequence = Sequence()
            self._remember(boot, sequence)
        return sequence.take(number)

    def _remember(self, boot: str, sequence: Sequence) -> None:
        self._others[boot] = sequence
        while len(self._others) > BACKLOG_BOOTS:
            del self._others[next(iter(self._others))]


class ClockOffset:
    """Collector's clock minus agent's clock, told apart from messages that only took long.

    Delay adds to the difference and never takes from it, so the smallest difference is the best estimate. A larger one
    is a late message, unless it stays the same for a while: a backlog that drains brings ever smaller ones, a clock
    that was set back always the same.
    """

    __slots__ = ("_larger", "_larger_count", "_larger_since", "offset_s", "set_back")

    SETTLE_S: Final = 10.0
    SETTLE_COUNT: Final = 3
    TOLERANCE_S: Final = 2.0

    def __init__(self, offset_s: float | None = None) -> None:
        self.offset_s = offset_s
        self.set_back = False
        """Whether the last observation showed that the agent's clock was set back: its earlier times mean nothing."""
        self._larger = 0.0
        self._larger_count = 0
        self._larger_since = 0.0

    def observe(self, sent_at: float, now: float) -> float:
        """Note a message sent at *sent_at* (agent's clock) and processed at *now*; return how long it was under way."""
        difference = now - sent_at
        self.set_back = False
        if self.offset_s is None or difference < self.offset_s:
            self.offset_s = difference
            self._larger_count = 0
            return 0.0
        delay = difference - self.offset_s
        if delay <= self.TOLERANCE_S:
            self._larger_count = 0
            self.offset_s += delay * 0.01  # a clock that drifts is followed, slowly
            return delay
        return 0.0 if self._stays(difference, now) else delay

    def _stays(self, difference: float, now: float) -> bool:
        """Note a larger difference; adopt it, and return True, once it has stayed the same for long enough."""
        if not self._larger_count or abs(difference - self._larger) > self.TOLERANCE_S:
            self._larger, self._larger_count, self._larger_since = difference, 0, now
        self._larger_count += 1
        if self._larger_count < self.SETTLE_COUNT or now - self._larger_since < self.SETTLE_S:
            return False
        self.offset_s, self._larger_count, self.set_back = self._larger, 0, True
        return True


def late_after_s(interval_s: float, timeout_s: float) -> float:
    """Return the age from which a reading says nothing about the present, and from which silence is news."""
    return 3 * interval_s + timeout_s + 2.0
