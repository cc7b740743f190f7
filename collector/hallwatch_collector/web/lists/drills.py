"""The drills that were held (B3), out of the record of the hall's twin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.twins import twin_key
from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_drills(scene: ListScene) -> Iterator[Row]:
    """Yield them, the newest first, each with what became of its incidents."""
    past = scene.source.past(twin_key(scene.key))
    until = float("inf")
    for drill in reversed(past.drills):
        incidents = [each for each in past.incidents.values() if drill.began_at <= each.opened_at < until]
        taken = sum(each.acknowledged_at is not None for each in incidents)
        closed = sum(each.closed_at is not None for each in incidents)
        state = "running" if drill.over_at is None else "stopped" if drill.stopped_by else "over"
        lasted = drill.over_at - drill.began_at if drill.over_at is not None else None
        yield Row(
            (drill.began_at, drill.scenario, scene.words.say(f"list.drill_{state}"), drill.by, lasted,
             float(drill.troubles), float(len(incidents)), float(taken), float(closed)),
            drill.began_at,
        )  # fmt: skip
        until = drill.began_at


DRILLS: Final = Listing(
    id="drills",
    columns=(
        Column("began_at", "moment"), Column("scenario"), Column("state"), Column("by"), Column("lasted", "span"),
        Column("troubles", "number"), Column("incidents", "number"), Column("acknowledged", "number"),
        Column("closed", "number"),
    ),
    rows=find_drills,
)  # fmt: skip
