"""What an incident has come to: what the plan's rules for levels ask about (clause R1)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hallwatch_collector.core.hall import Kind, Reach

Criterion = Literal["kind", "windows_ratio", "age_s", "open_age_s", "lost", "reach"]


class Extent(NamedTuple):
    """What an incident has come to; each field is a :data:`Criterion`."""

    kind: Kind
    """Of its first root device."""
    windows_ratio: float
    """Share of the hall's windows that lost classes through it."""
    age_s: float
    open_age_s: float
    """The same in business time."""
    lost: frozenset[str]
    """Services that the hall lacks because of it."""
    reach: Reach
