"""Public texts on the displays of the hall (R6): one wording, its last version, until it is withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hallwatch_agent.wire import Notice, encode
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.public_events import NoticeReleased, NoticeWithdrawn
from hallwatch_collector.core.views import HallView
from hallwatch_collector.effects.effect import Effect

DISPLAY: Final = "hall-display"


class Notices(Effect):
    """Has the texts that are out stand on ``notices/<text>``, for any display."""

    def stand(self, hall: Hall, now: float) -> None:
        """Have exactly the texts of the view stand."""
        self._show(hall.key, now)

    def perform(self, key: HallKey, events: Sequence[AnyEvent], now: float) -> None:
        """Bring what stands into line when one was released, corrected or withdrawn."""
        if any(isinstance(event, NoticeReleased | NoticeWithdrawn) for event in events):
            self._show(key, now)

    def _show(self, key: HallKey, now: float) -> None:
        messages = {notice.id: encode(notice) for notice in make_notices(self.view(key, now))}
        self.shelf.replace(key, "notices", messages, now)


def make_notices(view: HallView) -> list[Notice]:
    """Return what the displays of a hall show of its public texts."""
    return [
        Notice(
            id=each.id,
            name=each.name,
            text=each.versions[-1].text,
            text_en=each.versions[-1].text_en,
            version=each.versions[-1].number,
            since=each.versions[-1].at,
            clause=each.clause,
            simulated=view.simulated,
            drill=view.drill,
        )
        for each in view.notices
        if each.in_force and DISPLAY in each.outlets
    ]
