"""What the public is told of a window, on the hall's display and on the small screen at the window itself."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from hallwatch_collector.core.views import HallView, WindowView

PublicState = Literal["open", "partly", "closed", "unsure"]
"""``unsure``: nobody knows, so nothing is claimed."""


class PublicWindow(Struct, frozen=True, kw_only=True):
    """A window as the public needs it."""

    number: int
    state: PublicState
    takes: tuple[str, ...]
    """Business classes that it surely takes now."""
    lacks: tuple[str, ...]
    """Of its classes those that it does not take now."""


class Way(Struct, frozen=True, kw_only=True):
    """Where a business class is taken."""

    business: str
    windows: tuple[int, ...]
    """The numbers of those that surely take it now."""
    unsure: bool
    """Of one that none surely takes: perhaps one does."""


def public_window(window: WindowView) -> PublicWindow:
    """Return what the public is told of a window; one in reserve is none of theirs."""
    out = {*window.lost, *window.unknown}
    takes = tuple(name for name in window.classes if name not in out) if window.open else ()
    state: PublicState = "open" if not out else "partly"
    if not takes:
        state = "unsure" if window.open and set(window.unknown) - set(window.lost) else "closed"
    lacks = tuple(name for name in window.classes if name in window.lost or not window.open)
    return PublicWindow(number=window.number, state=state, takes=takes, lacks=lacks)


def find_ways(view: HallView) -> list[Way]:
    """Return for each business class that the hall offers where it is taken now, in the order of the plan."""
    shown = [(window, public_window(window)) for window in view.windows if not window.rests]
    ways = []
    for business in view.class_names:
        offering = [(window, public) for window, public in shown if business in window.classes]
        sure = tuple(public.number for _, public in offering if business in public.takes)
        unsure = any(window.open and business in window.unknown for window, _ in offering)
        if offering:
            ways.append(Way(business=business, windows=sure, unsure=unsure))
    return ways
