"""What is not for everybody to see on an open board: who somebody is, how to reach them, what they wrote."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hallwatch_collector.core.readiness.views import ReadinessView
from hallwatch_collector.core.values import AUTOMATIC, HALL_FILE
from hallwatch_collector.core.views import HallView, IncidentView, MeasureView, NoticeView, WindowView

NOBODY_IN_PARTICULAR: Final = frozenset({"", AUTOMATIC, HALL_FILE})


def veil(view: HallView, somebody: str) -> HallView:
    """Return a hall's picture for who is not signed in; *somebody* stands for every person's name."""
    return structs.replace(
        view,
        incidents=tuple(_incident(each, somebody) for each in view.incidents),
        measures=tuple(_measure(each, somebody) for each in view.measures),
        windows=tuple(_window(each, somebody) for each in view.windows),
        notices=tuple(_notice(each, somebody) for each in view.notices),
        screens=tuple(structs.replace(each, by=_name(each.by, somebody)) for each in view.screens),
        registers=(), checks=(), alerts=(), reachable=(), contacts=(),
        readiness=ReadinessView(maintenance=view.readiness.maintenance),
    )  # fmt: skip


def _name(name: str, somebody: str) -> str:
    return name if name in NOBODY_IN_PARTICULAR or ":" in name else somebody


def _incident(incident: IncidentView, somebody: str) -> IncidentView:
    names = ("false_by", "level_by", "owner", "handed_by", "acknowledged_by", "told_by")
    told = {name: _name(getattr(incident, name), somebody) for name in names}
    return structs.replace(incident, notes=(), estimates=(), taken=(), level_reason="", **told)


def _measure(measure: MeasureView, somebody: str) -> MeasureView:
    return structs.replace(measure, decided_by=_name(measure.decided_by, somebody), reason="")


def _window(window: WindowView, somebody: str) -> WindowView:
    moves = tuple(structs.replace(each, by=_name(each.by, somebody), reason="") for each in window.by_hand)
    return structs.replace(window, by_hand=moves)


def _notice(notice: NoticeView, somebody: str) -> NoticeView:
    versions = tuple(structs.replace(each, by=_name(each.by, somebody)) for each in notice.versions)
    by = _name(notice.withdrawn_by, somebody)
    return structs.replace(notice, versions=versions, withdrawn_by=by, reason="")
