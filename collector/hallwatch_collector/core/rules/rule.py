"""What every rule is: a question put to one value of a reading."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from msgspec import Struct

Channel = Literal["conditions", "metrics", "error", "contact", "agent"]
"""Where the value comes from: a condition or metric the device told, the probe's error, whether the device answers at
all, or whether the agent on it is gone while it answers others."""


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """When a fault of the catalogue holds.

    ``channel`` and ``key`` say which value is asked; the engine asks only when that value is in a reading.
    """

    channel: ClassVar[Channel]
    agree: Literal["any", "all"] = "any"
    """When several probes tell the same of a device: one is enough, or all that are fresh must agree."""

    @property
    def key(self) -> str:
        """The condition or metric asked, without a part in brackets; empty on the other channels."""
        return ""

    @property
    def quiet(self) -> tuple[float, float]:
        """The values, from and to, at which a fault that did not hold before does not hold now.

        Spares asking :meth:`verdict` where nothing stands. A rule that cannot say returns an empty range.
        """
        return 1.0, 0.0

    def verdict(self, value: Any, standing: bool) -> bool:
        """Tell whether the fault holds; *standing* is whether it held before (for hysteresis)."""
        raise NotImplementedError
