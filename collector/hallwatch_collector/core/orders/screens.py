"""What people do with screens: those who manage the hall give each its place, and take it away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.commands.screens import PairScreen, RevokeScreen
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right, list_names
from hallwatch_collector.core.screen_events import ScreenPaired, ScreenRevoked
from hallwatch_collector.core.screen_state import Screen
from hallwatch_collector.core.screens import places_for


def pair_screen(turn: Turn, command: PairScreen) -> None:
    """Give a screen its place; it is believed for the usual time until it says what it shows."""
    model, now = turn.model, turn.now
    check_right(model, command, "manage")
    places = places_for(model, command.use)
    if not command.place and command.place not in places:
        raise CommandRefused("sign-without-place")
    if command.place not in places:
        raise CommandRefused("unknown-place", place=command.place, waiting=list_names(filter(None, places)))
    if not command.key_hash:
        raise CommandRefused("unknown-code", digits=command.code)
    screen = Screen(
        id=f"screen-{model.next_number()}", use=command.use, place=command.place, by=command.by, paired_at=now,
        heard_at=now, since=now,
    )  # fmt: skip
    model.screens[screen.id] = screen
    turn.events.append(ScreenPaired(at=now, screen=screen.id, place=screen.place, use=screen.use, by=command.by))


def revoke_screen(turn: Turn, command: RevokeScreen) -> None:
    """Forget a screen."""
    model = turn.model
    check_right(model, command, "manage")
    screen = model.screens.pop(command.screen, None)
    if screen is None:
        raise CommandRefused("unknown-screen", screen=command.screen, waiting=list_names(model.screens))
    turn.events.append(ScreenRevoked(at=turn.now, screen=screen.id, place=screen.place, by=command.by))


HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {PairScreen: pair_screen, RevokeScreen: revoke_screen}
