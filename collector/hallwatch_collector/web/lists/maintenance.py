"""Planned maintenance (S9, R8), over and to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.past import PastWork
from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_works(scene: ListScene) -> Iterator[Row]:
    """Yield them, the latest first; what only the hall file names yet comes from the hall's picture."""
    words = scene.words
    past = dict(scene.source.past(scene.key).works)
    for coming in scene.view.readiness.maintenance:
        past.setdefault(
            coming.id,
            PastWork(
                id=coming.id, devices=coming.devices, text=coming.text, begins_at=coming.begins_at,
                ends_at=coming.ends_at, by=coming.by,
            ),
        )  # fmt: skip
    for each in sorted(past.values(), key=lambda one: -(one.began_at or one.begins_at or 0.0)):
        begins_at = each.began_at or each.begins_at
        yield Row(
            (words.listed(map(scene.name_of, each.devices)), each.text, words.say(f"list.work_{_state(each)}"),
             begins_at, each.ended_at or each.ends_at, words.term("by", each.by)),
            begins_at,
        )  # fmt: skip


def _state(work: PastWork) -> str:
    if work.cancelled:
        return "cancelled"
    if work.ended_at is not None:
        return "late" if work.overdue else "over"
    if work.began_at is None:
        return "planned"
    return "overdue" if work.overdue else "running"


MAINTENANCE: Final = Listing(
    id="maintenance",
    columns=(
        Column("devices"), Column("text"), Column("state"), Column("begins_at", "moment"),
        Column("ends_at", "moment"), Column("by"),
    ),
    rows=find_works,
)  # fmt: skip
