"""What the core remembers of texts for the public, and of filing deadlines (R6, O3, O4)."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from msgspec import Struct

from hallwatch_collector.core.extension_words import Clause, Surety


class NoticeVersion(Struct, frozen=True, kw_only=True):
    """A wording of a public text, as somebody released it (R6)."""

    number: int
    text: str
    text_en: str = ""
    by: str
    at: float
    basis: str = ""
    """What it hung on (see :class:`Measure`)."""


Moot = Literal["", "cause-gone", "facts-changed"]
"""Why a public text that is out no longer holds: what it is about is over, or is otherwise now; empty: it holds."""


class Release(Struct, kw_only=True, omit_defaults=True):
    """A public text that was released, in all its versions (R6)."""

    id: str
    notice: str
    """The text's id in the plan."""
    measure: str
    """The proposal that released it."""
    template: str
    """That measure's id in the plan."""
    incident: str = ""
    subject: str
    clause: str
    outlets: list[str]
    """Where it goes."""
    held_back: list[str] = []
    """Where it would go if this were no drill and no simulated hall (B3)."""
    versions: list[NoticeVersion] = []
    """The last one is in force."""
    posted: dict[str, int] = {}
    """Outlet that no machine reaches → the version that somebody put there."""
    withdrawn_at: float | None = None
    withdrawn_by: str = ""
    reason: str = ""
    moot: Moot = ""
    moot_at: float | None = None

    @property
    def in_force(self) -> bool:
        """Whether it is out."""
        return self.withdrawn_at is None

    @property
    def current(self) -> NoticeVersion:
        """The version that was released last."""
        return self.versions[-1]


class ServiceOutage(Struct, kw_only=True, omit_defaults=True):
    """A time without the online bureau or the core system, everywhere and not in this hall alone (O3, O4)."""

    service: Literal["online-bureau", "core-system"]
    start: float
    end: float | None = None
    incident: str = ""
    """The oldest incident that has to do with it."""


class Extension(Struct, frozen=True, kw_only=True):
    """A filing deadline that a person extended (O3, O4)."""

    filing: str
    clause: Clause
    old: dt.date
    new: dt.date | None = None
    """None: the day hangs on when the fault is cleared."""
    not_before: dt.date
    surety: Surety
    incident: str
    measure: str
    by: str
    at: float
