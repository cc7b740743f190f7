"""Calls agents to read some devices out of turn, on ``orders/<agent>``; never retained."""

from __future__ import annotations

from collections.abc import Sequence

from hallwatch_agent.wire import ProbeNow, encode, topic
from hallwatch_collector.core.events import AnyEvent, LookAsked
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.effects.effect import Effect


class Looks(Effect):
    """Passes on what the core wants looked at now. An order that is lost costs little: the next cycle looks anyway."""

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:  # noqa: ARG002 - an order has no time
        """Send the orders."""
        for event in events:
            if isinstance(event, LookAsked):
                order = ProbeNow(agent=event.agent, devices=event.devices, reason=event.reason)
                self.shelf.pass_on(topic(*key, "orders", event.agent), encode(order))
