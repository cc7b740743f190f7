"""From a command and what the core decided about it to the rows of the table of screens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from hallwatch_collector.core.commands import AnyCommand, PairScreen
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.screen_events import ScreenPaired, ScreenRevoked
from hallwatch_collector.journal import Row

TABLE: Final = "screen"


def paired_rows(key: HallKey, command: AnyCommand, events: Iterable[AnyEvent]) -> Iterator[Row]:
    """Yield the row of a screen that was paired."""
    if isinstance(command, PairScreen):
        for event in events:
            if isinstance(event, ScreenPaired):
                yield Row(TABLE, _key(key, event.screen), {"key_hash": command.key_hash, "paired_at": event.at})


def revoked_rows(key: HallKey, events: Iterable[AnyEvent]) -> Iterator[Row]:
    """Yield the deletions of the screens that are none of the hall's any more."""
    for event in events:
        if isinstance(event, ScreenRevoked):
            yield Row(TABLE, _key(key, event.screen), None)


def _key(key: HallKey, screen: str) -> dict[str, str]:
    return {"hall": str(key), "id": screen}
