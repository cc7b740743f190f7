"""What a collector is put together from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from hallwatch_collector.clock import Clock
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.export.influx import History
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.journal import Journal
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.registers import Cabinet

Tell = Callable[[HallKey, Sequence[AnyEvent]], None]


class Parts(Struct, frozen=True, kw_only=True):
    """The parts of a collector, made by whoever runs it."""

    engine: Engine
    journal: Journal
    folder: HallFolder
    clock: Clock
    boot: str
    """Drawn anew at each start."""
    cabinet: Cabinet | None = None
    """Where what is written in the emergency registers stands."""
    history: History | None = None
    tell: Tell | None = None
    """Hears every decision that was carried out, for the log."""
    record: Callable[[float, str, bytes], None] | None = None
    """Hears every message, for ``replay``."""
    dispatch: Dispatch | None = None
    """By which people are told; None: nobody is."""
    slow_consumers: Callable[[], int | None] = lambda: None
    """Asks the embedded broker, which may take a while."""
