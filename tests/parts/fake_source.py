"""A running collector that is none, for the pages' tests."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hallwatch_collector.core.commands import AnyCommand, CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.source import Listener
from parts.hall_views import NOW

TOKEN = "test-token-0123456789"


class FakeSource:
    """Keeps what a test puts in and what the pages send; tells listeners when a test changes a hall."""

    def __init__(self, *views: HallView) -> None:
        self.token = TOKEN
        self.hosts: tuple[str, ...] = ("testserver.local",)
        self.clock = NOW
        self.views = {HallKey(view.area, view.hall): view for view in views}
        self.commands: list[tuple[HallKey, AnyCommand]] = []
        self.refuse_with: CommandRefused | None = None
        self.troubles: list[str] = []
        self._listeners: list[Listener] = []

    def now(self) -> float:
        return self.clock

    def halls(self) -> list[HallView]:
        return list(self.views.values())

    def view(self, key: HallKey) -> HallView | None:
        return self.views.get(key)

    def command(self, key: HallKey, command: AnyCommand) -> None:
        if self.refuse_with:
            raise self.refuse_with
        self.commands.append((key, command))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def problems(self) -> list[str]:
        return self.troubles

    def metrics(self) -> bytes:
        return b"# TYPE hallwatch_up gauge\nhallwatch_up 1\n"

    def put(self, view: HallView) -> None:
        """Replace a hall's picture and tell it, as the engine's thread would."""
        key = HallKey(view.area, view.hall)
        self.views[key] = msgspec.structs.replace(view, version=self.views[key].version + 1 if key in self.views else 1)
        for listener in list(self._listeners):
            listener(key)

    def drop(self, key: HallKey) -> None:
        """Take a hall away and tell it."""
        del self.views[key]
        for listener in list(self._listeners):
            listener(key)
