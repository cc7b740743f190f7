"""Closing and reopening a window: what that changes, and how it is noted (clauses W2, W3)."""

from __future__ import annotations

from hallwatch_collector.core.events import WindowClosed, WindowReopened
from hallwatch_collector.core.model import Turn
from hallwatch_collector.core.state import BY_HAND, HandMove


def close_window(turn: Turn, window: str, incident: str, by: str, reason: str = "") -> None:
    """Close a window for an incident, or by hand (W2); one that is closed stays as it is."""
    if window not in turn.model.closed_windows:
        turn.model.closed_windows[window] = incident
        turn.model.forget_overruled()
        if incident == BY_HAND:
            turn.model.hand_moves[window] = HandMove(by=by, at=turn.at, reason=reason)
        turn.events.append(WindowClosed(at=turn.at, window=window, by=by, reason=reason))


def reopen_window(turn: Turn, window: str, by: str, reason: str = "") -> None:
    """Reopen a window (W3)."""
    closed_for = turn.model.closed_windows.pop(window, None)
    if closed_for == BY_HAND:
        turn.model.hand_moves.pop(window, None)
    if closed_for is not None:
        turn.events.append(WindowReopened(at=turn.at, window=window, by=by, reason=reason))
