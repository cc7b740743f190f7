"""Tells each agent what it is to probe, on ``orders/<agent>``."""

from __future__ import annotations

from hallwatch_agent.wire import encode
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.effects.effect import Effect
from hallwatch_collector.halls.assign import assignments


class Assignments(Effect):
    """Hands out the probe lists of a hall file when it comes into force."""

    def stand(self, hall: Hall, now: float) -> None:
        """Have one assignment stand for each agent of the hall, and none for agents that left it."""
        self.shelf.replace(hall.key, "orders", {order.agent: encode(order) for order in assignments(hall)}, now)
