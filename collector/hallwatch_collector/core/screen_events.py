"""What happens to the paired screens of a hall, as facts for the journal (clauses H2, W2)."""

from __future__ import annotations

from typing import Literal

from hallwatch_collector.core.event import Event
from hallwatch_collector.core.screen_state import ScreenUse


class ScreenPaired(Event, tag="screen-paired", frozen=True, kw_only=True):
    """Somebody gave a screen its place."""

    screen: str
    place: str = ""
    use: ScreenUse
    by: str


class ScreenRevoked(Event, tag="screen-revoked", frozen=True, kw_only=True):
    """A screen is none of the hall's any more."""

    screen: str
    place: str = ""
    by: str


class ScreenShowed(Event, tag="screen-showed", frozen=True, kw_only=True):
    """A screen says that it shows the sign that is called for at its place, or none any more."""

    screen: str
    place: str
    text: str = ""
    """Empty: no sign."""


class ScreenLost(Event, tag="screen-lost", frozen=True, kw_only=True):
    """A screen does not count as a connected display any more: somebody has to post the printed sign."""

    screen: str
    place: str
    because: Literal["silent", "behind"]
    """``silent``: it says nothing. ``behind``: it says that it shows something else than what is called for."""


class ScreenBack(Event, tag="screen-back", frozen=True, kw_only=True):
    """A screen that did not count shows what it ought to again."""

    screen: str
    place: str


AnyScreenEvent = ScreenPaired | ScreenRevoked | ScreenShowed | ScreenLost | ScreenBack
