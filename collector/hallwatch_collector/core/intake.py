"""Station 5, the pure part: duplicates, gaps, lateness and the agent's clock."""

from __future__ import annotations

from typing import Final

BACKLOG_BOOTS: Final = 4
"""Earlier boots of one agent whose sequences are followed: those that may still be in its spool."""
MOST_MISSING: Final = 10_000


class Sequence:
    """Follows the report numbers of one boot: tells duplicates from news and counts what is missing.

    After an outage the newest report comes first and the backlog after it, so a gap opens and is filled again. Numbers
    below the first one seen may still come (a backlog, or what an earlier run of the collector took already); they are
    taken once and not counted as missing.
    """

    __slots__ = ("_earlier", "_first", "_high", "_missing", "lost")

    def __init__(self) -> None:
        self._first = 0
        self._high = 0
        self._missing: set[int] = set()
        self._earlier: set[int] = set()
        self.lost = 0
        """Numbers given up because too many were missing at a time."""

    @property
    def missing(self) -> int:
        """How many numbers between the first and the highest have not come."""
        return len(self._missing) + self.lost

    def take(self, number: int) -> bool:
        """Note a number; return False when it came before."""
        if number < 1:
            return False
        if number > self._high:
            if not self._high:
                self._first = number
            elif number > self._high + 1:
                self._open_gap(number)
            self._high = number
            return True
        if number in self._missing:
            self._missing.remove(number)
            return True
        if number >= self._first or number in self._earlier or len(self._earlier) >= MOST_MISSING:
            return False
        self._earlier.add(number)
        return True

    def _open_gap(self, number: int) -> None:
        room = MOST_MISSING - len(self._missing)
        first = max(self._high + 1, number - room)
        self.lost += first - self._high - 1
        self._missing.update(range(first, number))


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
