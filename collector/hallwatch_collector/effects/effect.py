"""What every effect is: one way in which decisions reach the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from msgspec import Struct

from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.shelf import Shelf


class Outlets(Struct, frozen=True, kw_only=True):
    """By which ways effects reach the world."""

    shelf: Shelf
    """What stands retained on the broker."""
    dispatch: Dispatch | None = None
    """What people are told; None: nobody is to be told anything."""


class Effect:
    """Carries out decisions once they are in the journal. Runs under the core's lock: it never waits for anything."""

    of_self: ClassVar[bool] = False
    """Whether it is carried out for Hallwatch's own hall too, which has neither displays nor agents."""

    def __init__(self, outlets: Outlets, view: Callable[[HallKey, float], HallView]) -> None:
        self.outlets = outlets
        self.shelf = outlets.shelf
        self.view = view

    def stand(self, hall: Hall, now: float) -> None:
        """Bring what stands for a hall into line with its view: after a start, or an edit of its file."""

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """Carry out one decision."""

    def urge(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """Carry out of a decision what cannot wait for the journal, which cannot be written now.

        It is performed too, once it is written; after a restart before that, it was never decided.
        """

    def tick(self, now: float) -> None:
        """Do what was put off."""

    def drop(self, key: HallKey) -> None:
        """Forget a hall; its retained messages are cleared without this."""
