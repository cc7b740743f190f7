"""What stands at a far end that forgets it unless it is told again (Alertmanager): pure, as the lane is.

Telling it again is no step of an alert's way: nothing of it is written down. It waits until the lane has nothing to
send, and holds the lane up meanwhile, so that an old word never comes after a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hallwatch_collector.notify.channel import Answer, Never, Taken
from hallwatch_collector.notify.lane import Item

RETRY_SHARE: Final = 0.25
"""Of the usual pause, after which it is tried again."""
MISSES: Final = 4
"""After so many failures in a row the far end may have forgotten what stands."""


class Standing:
    """What one place was told and stands. Not thread-safe."""

    def __init__(self, every_s: float) -> None:
        """What is held at first is told again at once: nobody knows for how long it was not."""
        self.every_s = every_s
        self._items: dict[str, Item] = {}
        self._due = 0.0
        self._missed = 0
        self.under_way = False
        """It is being told again: nothing else is sent meanwhile."""
        self.reason = ""
        """Why it cannot be told again, after a few tries; empty: it can."""

    def hold(self, stem: str, items: Iterable[Item]) -> None:
        """Hold exactly these of what begins with *stem*."""
        self._items = {name: item for name, item in self._items.items() if not name.startswith(stem)}
        self.note(items)

    def note(self, items: Iterable[Item]) -> None:
        """Take up what was taken just now: hold what stands of it, and let go what is over."""
        for item in items:
            if stands(item):
                self._items[item.name] = item
            else:
                self._items.pop(item.name, None)

    def note_answer(self, items: Iterable[Item], answer: Answer) -> None:
        """Take in what the far end said to something new. Of what is over it is not told again that it stands, even if
        it does not want to hear of it."""
        match answer:
            case Taken():
                self.note(items)
            case Never():
                self.note(item for item in items if not stands(item))

    def take(self, now: float) -> tuple[Item, ...]:
        """Return what is to be told again now, and hold it as on its way; nothing: it is not time."""
        left_s = self._due - now  # more than a pause: the clock was set back
        if self.under_way or not self._items or 0 < left_s <= self.every_s:
            return ()
        self.under_way = True
        return tuple(self._items.values())

    def settle(self, answer: Answer, now: float) -> None:
        """Take the answer to what is on its way."""
        self.under_way = False
        taken = isinstance(answer, Taken)
        self._due = now + self.every_s * (1 if taken else RETRY_SHARE)
        self._missed = 0 if taken else self._missed + 1
        self.reason = "" if isinstance(answer, Taken) or self._missed < MISSES else str(answer.reason)


def stands(item: Item) -> bool:
    """Tell whether what is told of an incident is not over."""
    return item.part.over_at is None and item.part.occasion not in ("over", "joined", "test")
