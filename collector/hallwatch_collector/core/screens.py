"""Paired screens: a sign counts as shown only while a screen at its place says that it shows it (H2, W2).

A screen says every few seconds what is on it. One that was not heard for :data:`TRUST_S`, or that does not say within
that time that it shows what is called for, is as if there were no display: somebody is asked to post the printed sign.
Times are Unix seconds by the collector's clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.screen_events import ScreenBack, ScreenLost, ScreenRevoked, ScreenShowed
from hallwatch_collector.core.screen_state import Lost, Screen, ScreenUse
from hallwatch_collector.core.timetable import SCREENS
from hallwatch_collector.core.values import HALL_FILE
from hallwatch_collector.core.views import ScreenView

TRUST_S: Final = 30.0
"""So long a screen is believed without a word, and may take to show what is called for: three of its words."""

_encode = msgspec.json.Encoder().encode


def edition_of(sign: Sign | None) -> str:
    """Return what tells one sign from another, to the letter; empty for no sign."""
    return "" if sign is None else hashlib.blake2b(_encode(sign), digest_size=6).hexdigest()


def hear_screen(turn: Turn, name: str, shows: str) -> bool:
    """Take in what a screen says that it shows; return False when there is no such screen."""
    model, screen = turn.model, turn.model.screens.get(name)
    if screen is None:
        return False
    screen.heard_at = turn.now
    if screen.use == "sign" and shows != screen.shows:
        wanted = model.signs.get(screen.place)
        screen.shows = shows
        if shows == edition_of(wanted):
            text = wanted.text if wanted else ""
            turn.events.append(ScreenShowed(at=turn.now, screen=name, place=screen.place, text=text))
    follow_screens(turn)
    return True


def follow_screens(turn: Turn) -> None:
    """Note which screens count as connected displays now, and ask to be woken when the next one may not any more."""
    model, now = turn.model, turn.now
    if not model.screens:
        return
    for screen in model.screens.values():
        _mark_behind(model, screen, now)
        was_up, screen.lost = screen.up, _why_lost(screen, now)
        if screen.up and not was_up:
            screen.since = now
            turn.events.append(ScreenBack(at=now, screen=screen.id, place=screen.place))
        elif screen.lost and was_up:
            screen.since = now
            turn.events.append(ScreenLost(at=now, screen=screen.id, place=screen.place, because=screen.lost))
    due = min(_moments(model.screens.values()), default=float("inf"))
    if due < model.screens_due:
        model.screens_due = due
        model.set_timer(due, SCREENS)


def hold_against_signs(turn: Turn) -> None:
    """Hold what the screens say that they show against the signs that were just decided."""
    events = len(turn.events)
    follow_screens(turn)
    if len(turn.events) > events:  # whether somebody has to post a printed one is asked again
        turn.model.set_timer(turn.now)


def wake_screens(turn: Turn) -> None:
    """Do what the timer of the screens is for."""
    turn.model.screens_due = float("inf")
    follow_screens(turn)


def take_up_screens(saved: dict[str, Screen], turn: Turn) -> None:
    """Take up the screens whose places are still there; each that counted has the usual time to say that it does."""
    model = turn.model
    for screen in saved.values():
        if screen.place in places_for(model, screen.use):
            model.screens[screen.id] = screen
        else:
            turn.events.append(ScreenRevoked(at=turn.now, screen=screen.id, place=screen.place, by=HALL_FILE))


def resume_screens(turn: Turn) -> None:
    """After a restart: while the collector was away it could not hear what the screens said."""
    for screen in turn.model.screens.values():
        if screen.up:
            screen.heard_at = turn.now
            screen.behind_at = None if screen.behind_at is None else turn.now


def view_screens(model: Model) -> Iterator[ScreenView]:
    """Yield the paired screens as pages see them."""
    for screen in model.screens.values():
        yield ScreenView(
            id=screen.id, use=screen.use, place=screen.place, by=screen.by, paired_at=screen.paired_at,
            lost=screen.lost, since=screen.since,
        )  # fmt: skip


def places_for(model: Model, use: ScreenUse) -> list[str]:
    """Return where a screen can be: a sign at a window or device, a display at these, at other places, or anywhere."""
    nowhere = {*THINGS, "system"}
    things = [watch.id for watch in model.devices.values() if watch.device.kind not in nowhere]
    of_signs = [*model.impact.windows, *things]
    return of_signs if use == "sign" else ["", *(place.id for place in model.hall.places), *of_signs]


def _mark_behind(model: Model, screen: Screen, now: float) -> None:
    if screen.use == "sign" and screen.shows != edition_of(model.signs.get(screen.place)):
        screen.behind_at = now if screen.behind_at is None else screen.behind_at
    else:
        screen.behind_at = None


def _why_lost(screen: Screen, now: float) -> Lost:
    if now >= screen.heard_at + TRUST_S:
        return "silent"
    return "behind" if screen.behind_at is not None and now >= screen.behind_at + TRUST_S else ""


def _moments(screens: Iterable[Screen]) -> Iterator[float]:
    """Yield when each screen that counts may not any more."""
    for screen in screens:
        if screen.up:
            yield screen.heard_at + TRUST_S
            if screen.behind_at is not None:
                yield screen.behind_at + TRUST_S
