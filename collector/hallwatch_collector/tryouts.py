"""What decisions would do, for those who look at the same page at the same time: tried once for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.foresight import MOST_TRIED, Copy, Outlook, basis_of, foresee
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView

KEPT_S: Final = 30.0
"""So long what was found is told again while the hall is the same: time alone changes it too."""


class _Tried(NamedTuple):
    basis: tuple[Any, ...]
    commands: tuple[AnyCommand, ...]
    at: float
    outlooks: tuple[Outlook, ...]


class Tryouts:
    """Tries decisions on copies of halls. Thread-safe; one hall is tried at a time: it takes one CPU at most."""

    def __init__(self, view: Callable[[HallKey], HallView | None], pack: Callable[[HallKey], Copy | None]) -> None:
        """*view* gives the picture of a hall, *pack* a copy of it; None: there is no such hall."""
        self._view, self._pack = view, pack
        self._lock = threading.Lock()
        self._tried: dict[HallKey, _Tried] = {}

    def foresee(self, key: HallKey, commands: Sequence[AnyCommand], now: float) -> tuple[Outlook, ...]:
        """Return what the first :data:`~hallwatch_collector.core.foresight.MOST_TRIED` of these decisions would do.

        None of them when there is no such hall. May take some tenths of a second.
        """
        asked = tuple(commands[:MOST_TRIED])
        view = self._view(key)
        if view is None or not asked:
            return ()
        basis = basis_of(view)
        with self._lock:
            known = self._tried.get(key)
            if known and (known.basis, known.commands) == (basis, asked) and 0 <= now - known.at < KEPT_S:
                return known.outlooks
            copy = self._pack(key)
            if copy is None:
                self._tried.pop(key, None)
                return ()
            outlooks = foresee(copy, asked, now)
            self._tried[key] = _Tried(basis, asked, now, outlooks)
            return outlooks
