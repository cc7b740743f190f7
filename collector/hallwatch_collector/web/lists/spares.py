"""The spares (H1) and the supplies of the store (B1), as they are now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_spares(scene: ListScene) -> Iterator[Row]:
    """Yield the spares, then the supplies, those that run short first."""
    words, ready = scene.words, scene.view.readiness
    for spare in ready.spares:
        state = "lent" if spare.lent_to else "ready" if spare.ready else "broken"
        where = scene.name_of(spare.lent_to) if spare.lent_to else ""
        page = f"{scene.home}/devices/{spare.id}"
        devices = words.listed(map(scene.name_of, spare.devices))
        yield Row(
            (spare.name, words.say("list.a_spare"), words.say(f"list.spare_{state}"), None, None, "", where, devices,
             None, ""),
            link=page,
        )  # fmt: skip
    for each in sorted(ready.supplies, key=lambda one: (not one.low, not one.due)):
        state = "unknown" if each.count is None else "low" if each.low else "enough"
        yield Row((
            each.name, words.say("list.a_supply"), words.say(f"list.supply_{state}"), each.count, each.minimum,
            each.unit, each.place, "", each.counted_at, each.counted_by,
        ))  # fmt: skip


SPARES: Final = Listing(
    id="spares",
    columns=(
        Column("thing"), Column("kind"), Column("state"), Column("count", "number"), Column("minimum", "number"),
        Column("unit"), Column("place"), Column("devices"), Column("counted_at", "moment"), Column("counted_by"),
    ),
    rows=find_spares,
)  # fmt: skip
