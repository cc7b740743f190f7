"""What every rule is: a question put to one value of a reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple

from msgspec import Struct

from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.trace import Keeping, Trace

Channel = Literal["conditions", "metrics", "error", "contact", "agent", "declared"]
"""Where the value comes from: a condition or metric the device told, the probe's error, whether the device answers at
all, whether the agent on it is gone while it answers others, or what a person or the core declares."""


class Case(NamedTuple):
    """What a rule is to judge: a value, and what it may have to be seen against."""

    value: Any
    key: str
    """Under which it was told, part included; empty on the channels without keys."""
    standing: bool
    """Whether the fault held before (for hysteresis)."""
    at: float
    """The moment it is judged, Unix seconds by the collector's clock."""
    offset_s: float
    """What to add to a moment that the device told: the collector's clock minus the agent's."""
    hours: Hours
    """When the hall is open."""
    past: Mapping[str, Trace]
    """Key → what this probe told under it before, for the keys that some rule :attr:`~Rule.remembers`."""


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """When a fault of the catalogue holds.

    ``channel`` and ``key`` say which value is asked; the engine asks only when that value is in a reading.
    """

    channel: ClassVar[Channel]
    keeping: ClassVar[Keeping | None] = None
    """The past that it needs; the rule is then also asked whenever that past grows."""
    timed: ClassVar[bool] = False
    """Whether its verdict changes by the passing of time alone (see :meth:`turns_at`)."""
    agree: Literal["any", "all"] = "any"
    """When several probes tell the same of a device: one is enough, or all that are fresh must agree."""

    @property
    def key(self) -> str:
        """The condition or metric asked, without a part in brackets; empty on the other channels."""
        return ""

    @property
    def remembers(self) -> tuple[str, ...]:
        """The metrics, without parts, whose past is kept for it."""
        return (self.key,) if self.keeping else ()

    @property
    def quiet(self) -> tuple[float, float]:
        """The values, from and to, at which a fault that did not hold before does not hold now.

        Spares asking :meth:`verdict` where nothing stands. A rule that cannot say returns an empty range.
        """
        return 1.0, 0.0

    def verdict(self, case: Case) -> bool:
        """Tell whether the fault holds."""
        raise NotImplementedError

    def worse(self, worst: float | None, value: Any) -> float | None:  # noqa: ARG002 - most have no limit
        """Return which value lies further beyond the limit, the worst so far or another; None: it has no limit."""
        return None

    def turns_at(self, case: Case) -> float:  # noqa: ARG002 - most do not turn
        """Return when a fault that does not hold will, if nothing else is told meanwhile; infinity: never."""
        return float("inf")

    def expects(self, case: Case) -> float | None:  # noqa: ARG002 - most say what is, not what will be
        """Return the likely moment of what the fault warns of; None: it is there already, or not known."""
        return None
