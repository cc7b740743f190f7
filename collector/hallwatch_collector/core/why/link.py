"""What a chain of reasons is made of."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hallwatch_collector.core.model import Model

Kind = Literal["sign", "measure", "incident", "window", "fault"]
Station = Literal[
    "reading", "fault", "cause", "impact", "incident", "level", "estimate", "occasion", "condition", "measure",
    "answer", "sign",
]  # fmt: skip
"""Where on the way from a reading to a sign a link stands."""
Said = tuple[str, str]
"""The same in Chinese and in English."""


class Link(Struct, frozen=True, kw_only=True):
    """One reason."""

    station: Station
    about: str
    """Id of the device, window, incident or measure that it is about."""
    name: str
    """What people call that."""
    at: float | None = None
    """Since when it is so; None: that is not told, or it has no moment."""
    text: str
    text_en: str
    evidence: str = ""
    """Of a reading: what the device said, to the letter."""
    clause: str = ""
    holds: bool = True
    """False: a condition, or an occasion, that is not given any more."""


class Why(Struct, frozen=True, kw_only=True):
    """The chain of reasons, from what was read to what follows from it."""

    kind: Kind
    id: str
    at: float
    """When it was asked."""
    links: tuple[Link, ...]


class NothingToExplain(LookupError):  # noqa: N818 - it says what happened
    """There is no such thing now: it never was, or it is over."""


def clock(model: Model, at: float, now: float) -> str:
    """Say a moment to the second by the hall's clocks, with the date when that is not today's."""
    told, today = model.hours.local(at), model.hours.local(now)
    return f"{told:%H:%M:%S}" if told.date() == today.date() else f"{told:%Y-%m-%d %H:%M:%S}"


def span(length_s: float) -> Said:
    """Say a length of time in its largest whole unit."""
    for unit, unit_en, unit_s in (("天", "d", 86_400), ("小时", "h", 3600), ("分钟", "min", 60)):
        if length_s >= unit_s and length_s % unit_s == 0:
            return f"{length_s / unit_s:g} {unit}", f"{length_s / unit_s:g} {unit_en}"
    return f"{length_s:g} 秒", f"{length_s:g} s"
