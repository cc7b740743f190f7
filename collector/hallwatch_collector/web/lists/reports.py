"""The reports on incidents (R5): which there are, and who signed them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.web.listing import Column, Listing, ListScene, Row


def find_reports(scene: ListScene) -> Iterator[Row]:
    """Yield those on incidents that are over, the newest first."""
    over = [each for each in scene.source.past(scene.key).incidents.values() if each.closed_at is not None]
    for each in sorted(over, key=lambda one: -(one.closed_at or 0.0)):
        signed = each.signatures[-1] if each.signatures else None
        state = "signed" if signed else "unsigned"
        cells = (
            each.id, scene.name_of(each.device), scene.fault_name(each.fault), each.level, each.closed_at,
            scene.words.say(f"list.report_{state}"), float(signed.version) if signed else None,
            signed.by if signed else "", signed.at if signed else None,
        )  # fmt: skip
        yield Row(cells, each.closed_at, f"{scene.home}/incidents/{each.id}/report.html")


REPORTS: Final = Listing(
    id="reports",
    columns=(
        Column("incident"), Column("device"), Column("fault"), Column("level"), Column("closed_at", "moment"),
        Column("report"), Column("version", "number"), Column("signed_by"), Column("signed_at", "moment"),
    ),
    rows=find_reports,
)  # fmt: skip
