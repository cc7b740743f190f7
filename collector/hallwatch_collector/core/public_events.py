"""What is decided about texts for the public and about filing deadlines, as facts for the journal (R6, O3, O4)."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from hallwatch_collector.core.event import Event
from hallwatch_collector.core.extension_words import Clause, Step, Surety
from hallwatch_collector.core.workdays import Day


class NoticeReleased(Event, tag="notice-released", frozen=True, kw_only=True):
    """A public text goes out, or a corrected version of it (R6)."""

    release: str
    incident: str = ""
    measure: str
    """The proposal that it comes from."""
    notice: str
    """The text's id in the plan."""
    name: str
    clause: str
    version: int
    text: str
    text_en: str = ""
    outlets: list[str]
    held_back: list[str]
    """Outlets beyond the hall to which nothing goes, because this is a drill or a simulated hall."""
    by: str
    reason: str = ""
    """Of a version that corrects another."""


class NoticeOutdated(Event, tag="notice-outdated", frozen=True, kw_only=True):
    """A public text that is out no longer holds."""

    release: str
    incident: str = ""
    version: int
    because: Literal["cause-gone", "facts-changed"]


class NoticeWithdrawn(Event, tag="notice-withdrawn", frozen=True, kw_only=True):
    """A public text is taken back."""

    release: str
    incident: str = ""
    version: int
    by: str
    reason: str = ""


class NoticePosted(Event, tag="notice-posted", frozen=True, kw_only=True):
    """Somebody put a public text where no machine reaches, or took it away from there (version 0)."""

    release: str
    incident: str = ""
    version: int = 0
    outlet: str
    by: str


class DeadlineExtended(Event, tag="deadline-extended", frozen=True, kw_only=True):
    """A person extended a filing deadline (O3, O4): by which rule and which calendar."""

    incident: str
    measure: str
    filing: str
    clause: Clause
    old: dt.date
    new: dt.date | None = None
    """None: not known yet; what it hangs on stands in ``hangs_on``."""
    not_before: dt.date
    surety: Surety
    hangs_on: str = ""
    rule: str
    steps: list[Step]
    calendar: str
    days: list[Day]
    """Every day that was looked at, and why it counts or not."""
    assumption: str = ""
    was: dt.date | None = None
    """What had been decided before."""
    by: str


class ExtensionWithdrawn(Event, tag="extension-withdrawn", frozen=True, kw_only=True):
    """An extension of a filing deadline is taken back: confirmed by mistake, or the service was back in time."""

    incident: str
    filing: str
    old: dt.date
    by: str


AnyPublicEvent = (
    NoticeReleased | NoticeOutdated | NoticeWithdrawn | NoticePosted | DeadlineExtended | ExtensionWithdrawn
)
