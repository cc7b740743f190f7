"""What nobody who is known tried in vain: the first few of it are written down one by one, the rest as how many.

Anybody who reaches the pages can be refused as often as they like; each row is a commit of the journal's own file, and
the log is not to be filled, nor what matters in it be hidden, by nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from hallwatch_collector.people.deeds import Deed
from hallwatch_collector.people.neighbours import neighbourhood_of

FEW: Final = 10
"""So many of one kind are written down of an address, a minute."""
WINDOW_S: Final = 60.0
MOST_KINDS: Final = 200
"""So many addresses and kinds are told apart, a minute; of all others so few are written down together."""

Kind = tuple[str, str]


@dataclass(slots=True)
class _Window:
    began: float
    count: int
    last: Deed | None = None
    """The last one that was not written down."""
    more: int = 0
    """How many were not."""


class Strangers:
    """Counts by address and by what was tried. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[Kind, _Window] = {}

    def take(self, deed: Deed) -> bool:
        """Tell whether this one is to be written down by itself; else it is counted."""
        kind = neighbourhood_of(deed.address), deed.action.partition(".")[0]
        with self._lock:
            if kind not in self._windows and len(self._windows) >= MOST_KINDS:
                kind, deed = ("", ""), msgspec.structs.replace(deed, address="")
            window = self._windows.setdefault(kind, _Window(deed.at, 0))
            window.count += 1
            if window.count <= FEW:
                return True
            window.last, window.more = deed, window.more + 1
            return False

    def tell(self, now: float) -> list[Deed]:
        """Return what sums up the minutes that are over, or that a clock which was set left behind; they are gone."""
        with self._lock:
            over = [kind for kind, window in self._windows.items() if not 0 <= now - window.began < WINDOW_S]
            windows = [self._windows.pop(kind) for kind in over]
        return [_sum_up(window.last, window.more) for window in windows if window.last]

    def give_back(self, told: Iterable[Deed]) -> None:
        """Take in again what could not be written down."""
        with self._lock:
            for deed in told:
                kind = neighbourhood_of(deed.address), deed.action
                window = self._windows.setdefault(kind, _Window(deed.at, FEW))
                window.last, window.more = window.last or deed, window.more + int(deed.details["more"])


def _sum_up(last: Deed, more: int) -> Deed:
    return Deed(
        at=last.at, address=last.address, action=last.action.partition(".")[0], outcome=last.outcome,
        details={"more": str(more)},
    )  # fmt: skip
