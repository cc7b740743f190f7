"""The hall in one retained message, on ``board``, for any display."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import structs

from hallwatch_agent.wire import Board, encode, topic
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.effects.effect import Effect, Outlets

PAUSE_S: Final = 1.0
"""A board changes at most so often: a burst of events makes one message."""
LEVELS: Final = ("Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ")
"""From the highest down (R1)."""


class Boards(Effect):
    """Keeps each hall's board equal to its view."""

    def __init__(self, outlets: Outlets, view: Callable[[HallKey, float], HallView]) -> None:
        super().__init__(outlets, view)
        self._due: dict[HallKey, float] = {}
        self._shown: dict[HallKey, Board] = {}

    def stand(self, hall: Hall, now: float) -> None:
        """Show the board at once."""
        self._show(hall.key, now)

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:  # noqa: ARG002 - any event, at any time
        """Have the board made anew soon."""
        self._due.setdefault(key, self.shelf.monotonic() + PAUSE_S)

    def tick(self, now: float) -> None:
        """Make the boards that are due."""
        moment = self.shelf.monotonic()
        for key in [key for key, due in self._due.items() if due <= moment]:
            self._show(key, now)

    def drop(self, key: HallKey) -> None:
        """Forget a hall."""
        self._due.pop(key, None)
        self._shown.pop(key, None)

    def _show(self, key: HallKey, now: float) -> None:
        self._due.pop(key, None)
        board = make_board(self.view(key, now), now)
        shown = self._shown.get(key)
        if shown is None or structs.replace(shown, at=board.at) != board:
            self._shown[key] = board
            self.shelf.put(topic(*key, "board"), encode(board), now)


def make_board(view: HallView, now: float) -> Board:
    """Return the summary of a hall's picture."""
    current = [incident for incident in view.incidents if incident.status != "closed"]
    levels = {incident.level for incident in current}
    return Board(
        area=view.area,
        hall=view.hall,
        name=view.name,
        at=now,
        windows_open=sum(window.open for window in view.windows),
        windows=sum(not window.rests for window in view.windows),
        classes_lost={window.id: list(window.lost) for window in view.windows if window.lost},
        unusable=[device.id for device in view.devices if device.state in ("unusable", "hazard")],
        unknown=[device.id for device in view.devices if device.state == "unknown"],
        incidents=len(current),
        level=next((level for level in LEVELS if level in levels), ""),
        simulated=view.simulated,
        drill=view.drill,
    )
