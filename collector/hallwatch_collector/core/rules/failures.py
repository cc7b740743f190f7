"""How often something fails, or for how much of its time, over a sliding span (clause A1: 系统故障发生率)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from hallwatch_collector.core.hall import Kind
from hallwatch_collector.core.rules.rule import Channel, Rule
from hallwatch_collector.core.values import Duration


class FailuresRule(Rule, tag="failures", frozen=True, kw_only=True):
    """Holds while the last ``for_s`` seconds had more than ``above`` failures, or too much time without a device.

    The core counts what it saw itself: a failure is a fault of a device that is an incident's own cause and lasted into
    business time.
    """

    channel: ClassVar[Channel] = "declared"
    of: Annotated[list[Kind], Meta(min_length=1)]
    """The kinds of device whose failures count, all together."""
    for_s: Duration = 86_400.0
    above: Annotated[float, Meta(ge=0)]
    above_ratio: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """The share of the span's business time, or of half a working day where it has less, in which one of these devices
    was out of order."""
