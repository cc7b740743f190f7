"""Every incident that the record has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_incidents(scene: ListScene) -> Iterator[Row]:
    """Yield them, the newest first."""
    shown = {incident.id for incident in scene.view.incidents}
    for each in sorted(scene.source.past(scene.key).incidents.values(), key=lambda one: -one.opened_at):
        over_at = each.recovered_at or each.closed_at
        remark = scene.words.say("list.false", by=each.false_by) if each.false_by else ""
        if each.merged_into:
            remark = scene.words.say("list.merged", incident=each.merged_into)
        page = f"{scene.home}/incidents/{each.id}" + ("" if each.id in shown else "/report.html")
        cells = (
            each.id, scene.name_of(each.device), scene.fault_name(each.fault), each.level,
            scene.words.term("status", each.status), each.opened_at, each.acknowledged_by, each.acknowledged_at,
            each.recovered_at, each.closed_at, over_at - each.opened_at if over_at else None, float(each.reopened),
            remark,
        )  # fmt: skip
        yield Row(cells, each.opened_at, page)


INCIDENTS: Final = Listing(
    id="incidents",
    columns=(
        Column("incident"), Column("device"), Column("fault"), Column("level"), Column("status"),
        Column("opened_at", "moment"), Column("acknowledged_by"), Column("acknowledged_at", "moment"),
        Column("recovered_at", "moment"), Column("closed_at", "moment"), Column("lasted", "span"),
        Column("reopened", "number"), Column("remark"),
    ),
    rows=find_incidents,
)  # fmt: skip
