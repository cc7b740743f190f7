"""Forms that are taken once: whoever presses twice, or loads the answer anew, has not said it twice."""

from __future__ import annotations

import secrets
import threading
from typing import Final

MOST_KEPT: Final = 2000
"""So many used tickets are remembered; who comes with an older one has had the page open for long."""


class Tickets:
    """The tickets of forms that were taken. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[str, None] = {}

    def draw(self) -> str:
        """Return a ticket for a form."""
        return secrets.token_urlsafe(12)

    def use(self, ticket: str) -> bool:
        """Tell whether a form is the first with its ticket; one without a ticket always is."""
        with self._lock:
            if not ticket:
                return True
            if ticket in self._used:
                return False
            while len(self._used) >= MOST_KEPT:
                del self._used[next(iter(self._used))]
            self._used[ticket] = None
            return True

    def give_back(self, ticket: str) -> None:
        """Take a ticket for unused: the form was refused, and may come again."""
        with self._lock:
            self._used.pop(ticket, None)
