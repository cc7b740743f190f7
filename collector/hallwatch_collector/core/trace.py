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
    """Points of one value, oldest first, and beside them the newest sample (the *head*), which need not be a point."""

    __slots__ = ("_derived", "at", "head", "head_at", "keeping", "spacing_s", "values")

    def __init__(self, keeping: Keeping) -> None:
        self.keeping = keeping
        self.spacing_s = keeping.spacing_s
        self.at = array("d")
        self.values = array("d")
        self.head_at = -math.inf
        self.head = math.nan
        self._derived: dict[Callable[[Trace], Any], Any] | None = None

    def add(self, at: float, value: float) -> None:
        """Take a sample; one that is not newer, or no finite number, says nothing."""
        if at <= self.head_at or not math.isfinite(value):
            return
        self.head_at, self.head = at, value
        if self.at and at - self.at[-1] < self.spacing_s * ROUGHLY:
            return
        self._derived = None
        self.at.append(at)
        self.values.append(value)
        if len(self.at) > self.keeping.most:
            self._thin()

    def _thin(self) -> None:
        if self.spacing_s >= self.keeping.longest_spacing_s:
            del self.at[0], self.values[0]
            return
        self.spacing_s *= 2
        self.at, self.values = self.at[::-2][::-1], self.values[::-2][::-1]

    def derive(self, work_out: Callable[[Trace], T]) -> T:
        """Return what *work_out* makes of the points; worked out once for each new point."""
        if self._derived is None:
            self._derived = {}
        if work_out not in self._derived:
            self._derived[work_out] = work_out(self)
        return cast("T", self._derived[work_out])

    def shift(self, step_s: float) -> None:
        """Move all moments: the clock that told them was set."""
        self.at = array("d", [moment + step_s for moment in self.at])
        self.head_at += step_s
        self._derived = None

    def kept(self, device: str, probe: str, key: str) -> KeptTrace:
        """Return what is written down; a head that is no point goes as one, and is then the last."""
        at, values = list(map(round, self.at)), list(self.values)
        if self.at and self.head_at > self.at[-1]:
            at, values = [*at, round(self.head_at)], [*values, self.head]
        return KeptTrace(
            device=device, probe=probe, keeping=self.keeping.name, key=key, spacing_s=self.spacing_s,
            at=cast("list[float]", at), values=[float(f"{value:.7g}") for value in values],
        )  # fmt: skip

    @classmethod
    def resume(cls, keeping: Keeping, spacing_s: float, at: Sequence[float], values: Sequence[float]) -> Trace:
        """Return a trace as it was written down."""
        trace = cls(keeping)
        trace.spacing_s = spacing_s
        for moment, value in zip(at, values, strict=False):
            trace.add(moment, value)
        return trace


Past = dict[str, Trace]
"""Key of a reading → its trace."""
