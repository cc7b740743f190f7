"""Tells from the ends of our connections that another client takes our session away, and who of the two gives way.

A broker has one connection for a client id: a second collector with the same one throws the first out, which comes back
and throws out the second, for ever. MQTT 3.1.1 gives no reason for that; but a broker that ends each connection within
seconds of accepting it, and accepts the next one at once, has hardly another one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

SOON_S: Final = 10.0
"""A connection that the broker ended so soon after it accepted us was taken away."""
BACK_WITHIN_S: Final = 2.0
"""A broker that was restarted is seldom back so fast: who is let in again so soon was only thrown out."""
ROUNDS: Final = 3
"""So many connections in a row are taken away before we give way."""
REMEMBERED_S: Final = 1200.0
MANY: Final = 4
"""So often within :data:`REMEMBERED_S` tells the one that stays that somebody keeps trying."""
FIRST_AWAY_S: Final = 30.0
LONGEST_AWAY_S: Final = 300.0


class Rivalry:
    """What is remembered of how our connections ended. Moments are of a monotonic clock."""

    def __init__(self, draw: Callable[[], float]) -> None:
        """*draw* returns a random number from 0 to 1, so that two do not come back at the same moment."""
        self._draw = draw
        self._let_in_at: float | None = None
        self._ended_at: float | None = None
        self._rounds = 0
        self._moments: deque[float] = deque(maxlen=MANY)

    def note_let_in(self, now: float) -> None:
        """The broker accepted us."""
        if self._ended_at is not None and now - self._ended_at <= BACK_WITHIN_S:
            self._moments.append(now)
        self._let_in_at, self._ended_at = now, None

    def note_end(self, now: float, *, by_broker: bool) -> None:
        """A connection that had been accepted is over; *by_broker*: it ended it, without our asking."""
        lasted_s = now - self._let_in_at if self._let_in_at is not None else 0.0
        taken = by_broker and self._let_in_at is not None
        self._rounds = self._rounds + 1 if taken and lasted_s < SOON_S else 0
        self._let_in_at, self._ended_at = None, now if taken else None

    def note_not_let_in(self) -> None:
        """The broker is not there, or refuses us: that is another matter."""
        self._rounds, self._ended_at = 0, None

    def is_likely(self, now: float) -> bool:
        """Tell whether somebody else most likely uses our client id."""
        if self._rounds >= ROUNDS and (self._let_in_at is None or now - self._let_in_at < SOON_S):
            return True
        return len(self._moments) == MANY and now - self._moments[0] < REMEMBERED_S

    def away_s(self) -> float:
        """Return how long to leave the broker to the other one; 0: we need not."""
        if self._rounds < ROUNDS:
            return 0.0
        away_s = FIRST_AWAY_S * 2.0 ** min(self._rounds - ROUNDS, 10)
        return min(away_s * (1 + self._draw()), LONGEST_AWAY_S)
