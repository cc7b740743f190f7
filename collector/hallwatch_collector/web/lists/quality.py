"""How good the alerts of the last seven days were, by fault: what the page of alert quality counts, as a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_rules(scene: ListScene) -> Iterator[Row]:
    """Yield the faults of which people were told, those with the most false alarms first."""
    words = scene.words
    for rule in scene.source.quality(scene.key, "").rules:
        told = rule.told
        counted = (told.incidents, told.acted_on, told.unacknowledged, told.repeated, told.false, told.said_false)
        name = words.pick(rule.fault_name, rule.fault_name_en)
        yield Row((name, words.term("kind", rule.kind), *map(float, counted)), link=f"/quality?hall={scene.key}")


QUALITY: Final = Listing(
    id="quality",
    columns=(
        Column("fault"), Column("kind"), Column("told", "number"), Column("acted_on", "number"),
        Column("unacknowledged", "number"), Column("repeated", "number"), Column("false_alarms", "number"),
        Column("said_false", "number"),
    ),
    rows=find_rules,
)  # fmt: skip
