"""What every effect is: one way in which decisions reach the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.shelf import Shelf


class Effect:
    """Carries out decisions once they are in the journal. Runs under the core's lock: it never waits for anything."""

    def __init__(self, shelf: Shelf, view: Callable[[HallKey, float], HallView]) -> None:
        self.shelf = shelf
        self.view = view

    def stand(self, hall: Hall, now: float) -> None:
        """Bring what stands for a hall into line with its view: after a start, or an edit of its file."""

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """Carry out one decision."""

    def tick(self, now: float) -> None:
        """Do what was put off."""

    def drop(self, key: HallKey) -> None:
        """Forget a hall; its retained messages are cleared without this."""
