"""What came into the store and went out of it (B1), and where spares went (H1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_moves(scene: ListScene) -> Iterator[Row]:
    """Yield them, the newest first."""
    for each in reversed(scene.source.past(scene.key).moves):
        device = scene.name_of(each.device) if each.device else ""
        how = scene.words.say(f"list.move_{each.how}")
        yield Row((each.at, scene.name_of(each.thing), how, each.was, each.count, device, each.by, each.note), each.at)


STORE: Final = Listing(
    id="store",
    columns=(
        Column("at", "moment"), Column("thing"), Column("how"), Column("was", "number"), Column("count", "number"),
        Column("device"), Column("by"), Column("note"),
    ),
    rows=find_moves,
)  # fmt: skip
