"""Reports by hand: anybody in the hall can be the first finder (R3)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from hallwatch_collector.core.commands.command import Command, ThingId, Words

Found = Annotated[
    Literal["hazard", "unusable", "degraded"],
    Meta(description="Dangerous to touch, out of use, or does not work well."),
]
"""What the finder says of it: dangerous to touch, out of use, does not work well."""


class ReportFault(Command, tag="report-fault", frozen=True, kw_only=True):
    """Say that something is out of order: a device, a window (``window:w3``) or the hall (``hall:``)."""

    thing: ThingId
    effect: Found
    text: Words


class ReportUnconfirmed(Command, tag="report-unconfirmed", frozen=True, kw_only=True):
    """Say that something is out of order, as anybody may where the hall allows it: somebody of the hall is to look."""

    thing: ThingId
    text: Words


class ReportOver(Command, tag="report-over", frozen=True, kw_only=True):
    """Say that what was reported by hand is over."""

    thing: ThingId
    text: Words
