"""What people do with windows by hand: for those who manage the hall, each with a reason, undone in the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hallwatch_collector.core.arrangement import Move
from hallwatch_collector.core.arranging import carry_out_moves
from hallwatch_collector.core.closures import close_window, reopen_window
from hallwatch_collector.core.commands import Command, CommandRefused
from hallwatch_collector.core.commands.windows import CloseWindow, LendClass, OpenWindow, ReturnClass
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.orders.asking import check_right, list_names
from hallwatch_collector.core.state import BY_HAND, HandMove


def open_by_hand(turn: Turn, command: OpenWindow) -> None:
    """Open a window that is closed or in reserve."""
    model, window = turn.model, _find_window(turn, command, command.window)
    if model.is_open(window):
        raise CommandRefused("window-open", window=window)
    reopen_window(turn, window, command.by, command.reason)
    if window in model.lost:
        model.hand_moves[window] = HandMove(by=command.by, at=turn.now, reason=command.reason)
    if model.is_resting(window):
        carry_out_moves(turn, [Move("open", window)], BY_HAND, command.by, command.reason)


def close_by_hand(turn: Turn, command: CloseWindow) -> None:
    """Close a window that is open."""
    model, window = turn.model, _find_window(turn, command, command.window)
    if not model.is_open(window):
        raise CommandRefused("window-not-open", window=window)
    if window in model.opened:
        carry_out_moves(turn, [Move("close", window)], BY_HAND, command.by, command.reason)
    else:
        close_window(turn, window, BY_HAND, command.by, command.reason)


def lend_by_hand(turn: Turn, command: LendClass) -> None:
    """Lend a window a class that it may have, and that its devices let it take now."""
    model, window = turn.model, _find_window(turn, command, command.window)
    if command.business not in model.impact.classes:
        raise CommandRefused("unknown-class", business=command.business, waiting=list_names(model.impact.classes))
    free = [each for each in model.impact.borrowable(window, model.takers) if each not in model.lent.get(window, ())]
    if command.business not in free:
        raise CommandRefused("class-not-lendable", window=window, business=command.business, waiting=list_names(free))
    carry_out_moves(turn, [Move("lend", window, command.business)], BY_HAND, command.by, command.reason)


def return_by_hand(turn: Turn, command: ReturnClass) -> None:
    """Take a class back that a window was lent."""
    model, window = turn.model, _find_window(turn, command, command.window)
    lent = model.lent.get(window, {})
    if command.business not in lent:
        raise CommandRefused("class-not-lent", window=window, business=command.business, waiting=list_names(lent))
    carry_out_moves(turn, [Move("return", window, command.business)], BY_HAND, command.by, command.reason)


def _find_window(turn: Turn, command: Command, name: str) -> str:
    """Return a window of the hall, for those who manage it; raise :class:`CommandRefused`."""
    check_right(turn.model, command, "manage")
    if name not in turn.model.impact.windows:
        raise CommandRefused("unknown-window", window=name, waiting=list_names(turn.model.impact.windows))
    return name


HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    OpenWindow: open_by_hand,
    CloseWindow: close_by_hand,
    LendClass: lend_by_hand,
    ReturnClass: return_by_hand,
}
