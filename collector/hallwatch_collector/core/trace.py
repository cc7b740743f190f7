"""The past of one value, in as few points as its use needs: bounded however long it is kept."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar, cast

from msgspec import Struct

T = TypeVar("T")


class Keeping(NamedTuple):
    """How densely and how long a value's past is kept."""

    name: str
    spacing_s: float
    """Between two points at first."""
    longest_spacing_s: float
    """When there are too many points, every other one goes and the spacing doubles, up to this; from then on the
    oldest one goes."""
    most: int


WEAR: Final = Keeping("wear", 5400.0, 86_400.0, 60)
"""What wears slowly: fine for the first days, one point a day for two months in the end."""
USUAL: Final = Keeping("usual", 3600.0, 3600.0, 14 * 24)
"""What a value usually is: one point an hour, for two weeks of hours in which the hall was open."""
KEEPINGS: Final = {keeping.name: keeping for keeping in (WEAR, USUAL)}
ROUGHLY: Final = 0.9
"""Samples come once in a while: one that is a little early counts."""


class KeptTrace(Struct, frozen=True, kw_only=True):
    """A trace as it is written down."""

    device: str
    probe: str
    keeping: str
    key: str
    spacing_s: float
    at: list[float]
    values: list[float]


class HallPast(Struct, kw_only=True):
    """All traces of one hall."""

    version: int = 1
    traces: list[KeptTrace] = []


class Trace:
    """Points of one value, oldest first, and behind them the newest sample (the *head*), which need not be a point.

    All of it is one array of moments and values in turn: a region has a million traces.
    """

    __slots__ = ("_derived", "_told", "keeping", "spacing_s")

    def __init__(self, keeping: Keeping) -> None:
        self.keeping = keeping
        self.spacing_s = keeping.spacing_s
        self._told = array("d")
        self._derived: tuple[Callable[[Trace], Any], Any] | None = None

    def __len__(self) -> int:
        return max(0, len(self._told) // 2 - 1)

    @property
    def at(self) -> array[float]:
        """The moments of the points."""
        return self._told[:-2:2]

    @property
    def values(self) -> array[float]:
        """The values of the points."""
        return self._told[1:-2:2]

    @property
    def head_at(self) -> float:
        """The moment of the newest sample; before all time when there is none."""
        return self._told[-2] if self._told else -math.inf

    @property
    def head(self) -> float:
        """The newest sample; no number when there is none."""
        return self._told[-1] if self._told else math.nan

    def add(self, at: float, value: float) -> None:
        """Take a sample; one that is not newer, or no finite number, says nothing."""
        told = self._told
        if at <= self.head_at or not math.isfinite(value):
            return
        if told:
            del told[-2:]
        if not told or at - told[-2] >= self.spacing_s * ROUGHLY:
            self._derived = None
            told.extend((at, value))
            if len(told) > 2 * self.keeping.most:
                self._thin()
        self._told.extend((at, value))

    def _thin(self) -> None:
        told = self._told
        if self.spacing_s >= self.keeping.longest_spacing_s:
            del told[:2]
            return
        self.spacing_s *= 2
        at, values = told[-2::-4][::-1], told[-1::-4][::-1]  # every other point, the newest among them
        self._told = array("d", (number for point in zip(at, values, strict=True) for number in point))

    def derive(self, work_out: Callable[[Trace], T]) -> T:
        """Return what *work_out* makes of the points; worked out once for each new point, as long as one asks."""
        if self._derived is None or self._derived[0] is not work_out:
            self._derived = (work_out, work_out(self))
        return cast("T", self._derived[1])

    def shift(self, step_s: float) -> None:
        """Move all moments: the clock that told them was set."""
        for place in range(0, len(self._told), 2):
            self._told[place] += step_s
        self._derived = None

    def kept(self, device: str, probe: str, key: str) -> KeptTrace:
        """Return what is written down, the head last."""
        at, values = self._told[::2], self._told[1::2]
        return KeptTrace(
            device=device, probe=probe, keeping=self.keeping.name, key=key, spacing_s=self.spacing_s,
            at=[round(moment, 1) for moment in at], values=[float(f"{value:.7g}") for value in values],
        )  # fmt: skip

    @classmethod
    def resume(cls, keeping: Keeping, spacing_s: float, at: Sequence[float], values: Sequence[float]) -> Trace:
        """Return a trace as it was written down."""
        trace = cls(keeping)
        trace.spacing_s = spacing_s
        for moment, value in zip(at, values, strict=False):
            trace.add(moment, value)  # whatever is written there, a trace is in order and bounded
        return trace


Past = dict[str, Trace]
"""Key of a reading → its trace."""
NO_PAST: Final[Past] = {}
"""Of a probe of which nothing is remembered."""
