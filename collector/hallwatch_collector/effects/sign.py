"""Signs for displays: 「暂停使用」 on a device (H2), 「暂停服务」 at a window (W2)."""

from __future__ import annotations

from collections.abc import Sequence

from hallwatch_agent.wire import encode, topic
from hallwatch_collector.core.events import AnyEvent, SignPut, SignTaken
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.effects.effect import Effect


class Signs(Effect):
    """Puts signs up and takes them down, on ``signs/<place>``."""

    def stand(self, hall: Hall, now: float) -> None:
        """Have exactly the signs of the view stand."""
        signs = {sign.place: encode(sign) for sign in self.view(hall.key, now).signs}
        self.shelf.replace(hall.key, "signs", signs, now)

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """Put up or take down what the events say."""
        for event in events:
            if isinstance(event, SignPut):
                self.shelf.put(topic(*key, "signs", event.sign.place), encode(event.sign), now)
            elif isinstance(event, SignTaken):
                self.shelf.take(topic(*key, "signs", event.place), now)
