"""The head of the hall: what waits for a decision and what each would do, levels, public texts, windows, registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from hallwatch_collector.core.commands import AnyCommand, Confirm
from hallwatch_collector.core.commands.windows import OpenWindow
from hallwatch_collector.core.foresight import MOST_TRIED, Outlook
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.plan import EVERYTHING, Plan
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.core.views import HallView, IncidentView, MeasureView
from hallwatch_collector.web.crowd import find_crowds
from hallwatch_collector.web.live_page import Drawing, LivePage, Place, Scene
from hallwatch_collector.web.naming import mark_tab, name_classes, name_things, naming
from hallwatch_collector.web.outlooks import Weighed, weigh
from hallwatch_collector.web.public_windows import find_ways
from hallwatch_collector.web.rights import may, may_act, may_answer
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.trouble import Detour, find_detours
from hallwatch_collector.web.verdict import dim, judge, window_state

TRIER: Final = "–"
"""In whose name decisions are tried; nobody decides by it."""
ANSWERS_SHOWN: Final = 12
"""Of the answers that were given, the last so many can be taken back here; the others on their incidents' pages."""


class Ask(Struct, frozen=True, kw_only=True):
    """A decision that waits for somebody."""

    measure: MeasureView
    incident: IncidentView | None
    weighed: Weighed | None
    """What it would do; None: not worked out, as too many wait."""
    detours: tuple[Detour, ...]
    """Where people go with what the window that it is about does not take."""
    mine: bool
    """Whether it is the reader's to answer."""


def list_asks(view: HallView, plan: Plan) -> list[MeasureView]:
    """Return what waits for a decision: what is due first comes first, of equals that of the graver incident."""
    levels = [level.id for level in plan.levels]
    grave = {each.id: levels.index(each.level) if each.level in levels else len(levels) for each in view.incidents}

    def rank(measure: MeasureView) -> tuple[float, int, float]:
        due_at = float("inf") if measure.due_at is None else measure.due_at
        return due_at, grave.get(measure.incident, len(levels)), measure.raised_at

    return sorted((each for each in view.measures if each.status == "open" and each.mode == "ask"), key=rank)


def foresee_all(source: Source, place: Place) -> Mapping[str, Outlook]:
    """Return what the decisions that wait would do, by measure; and opening windows of the reserve, by window."""
    view = source.view(place.key) if place.key else None
    if view is None or place.key is None:
        return {}
    tried: dict[str, AnyCommand] = {
        each.id: Confirm(by=TRIER, roles=[EVERYTHING], measure=each.id) for each in list_asks(view, source.plan)
    }
    for window in view.windows if len(tried) < MOST_TRIED else ():
        if window.rests:
            tried[window.id] = OpenWindow(by=TRIER, roles=[EVERYTHING], window=window.id, reason=TRIER)
    names = list(tried)[:MOST_TRIED]
    outlooks = source.foresee(place.key, [tried[name] for name in names])
    return dict(zip(names, outlooks, strict=False))


def draw_head(scene: Scene) -> Drawing:
    """Say what the head of the hall is to decide, and what it would do."""
    view, words, plan, reader = scene.hall, scene.words, scene.source.plan, scene.reader
    key = HallKey(view.area, view.hall)
    verdict = judge(view, words.now)
    if verdict.kind == "blind":
        view = dim(view)
    name_of, class_name = name_things(view), name_classes(view, words)
    register_name = naming({each.id: words.pick(each.name, each.name_en) for each in plan.registers})
    outlooks: Mapping[str, Outlook] = scene.prepared or {}
    weighed = {each: weigh(told, words, name_of, class_name, register_name) for each, told in outlooks.items()}
    asks = [_ask(scene, measure, weighed.get(measure.id)) for measure in list_asks(view, plan)]
    waiting = [each for each in asks if each.mine] if may_act(reader, key) else asks
    values: dict[str, Any] = {
        "view": view,
        "verdict": verdict,
        "waiting": len(waiting),
        "unserved": [way.business for way in find_ways(view) if not (way.windows or way.unsure)],
        "load": next((each.before for each in outlooks.values()), None),
        "crowds": find_crowds(view),
        "weighed": weighed,
        "decisions": [each for each in asks if not (each.measure.releases or each.measure.proposals)],
        "releases": [each for each in asks if each.measure.releases],
        "extensions": [each for each in asks if each.measure.proposals and not each.measure.releases],
        "standing": _standing(view, plan),
        "answered": [(each, may_answer(reader, key, each)) for each in _answered(view)[:ANSWERS_SHOWN]],
        "levels": plan.levels,
        "may_level": may(reader, key, plan, "set-level"),
        "may_act": may_act(reader, key),
        "may_manage": may(reader, key, plan, "manage"),
        "may_release": may(reader, key, plan, "release"),
        "registers": view.registers,
        "notices": view.notices,
        "deadlines": view.deadlines,
        "window_states": {window.id: window_state(window) for window in view.windows},
        "name_of": name_of,
        "class_name": class_name,
        "crowd_classes": lambda crowd: [
            words.say("crowd.class", name=class_name(name), people=words.value("people_waiting", people))
            for name, people in crowd.classes
        ],
        "outlet_name": lambda outlet: words.pick(*OUTLETS[outlet]),
        "role_name": scene.role_name,
        "home": f"/halls/{view.area}/{view.hall}",
        "here": f"/halls/{view.area}/{view.hall}/head",
    }
    tab = words.say("head.tab", n=len(waiting)) if waiting else words.say("head.tab_none")
    return Drawing(mark_tab(view, words, f"{tab} · {view.name}"), values)


def _ask(scene: Scene, measure: MeasureView, weighed: Weighed | None) -> Ask:
    view = scene.hall
    windows = tuple(each for each in view.windows if each.id == measure.subject and (each.lost or not each.open))
    return Ask(
        measure=measure,
        incident=next((each for each in view.incidents if each.id == measure.incident), None),
        weighed=None if measure.releases and weighed and not weighed.figures else weighed,
        detours=() if measure.releases else find_detours(view, windows),
        mine=may_answer(scene.reader, HallKey(view.area, view.hall), measure),
    )


def _standing(view: HallView, plan: Plan) -> list[IncidentView]:
    """Return the incidents whose level may still be set, the gravest first."""
    levels = [level.id for level in plan.levels]
    open_ones = (each for each in view.incidents if each.status != "closed")
    return sorted(
        open_ones, key=lambda each: (levels.index(each.level) if each.level in levels else len(levels), each.opened_at)
    )


def _answered(view: HallView) -> Sequence[MeasureView]:
    """Return what people answered and may take back, the last answer first."""
    given = [
        each
        for each in view.measures
        if each.mode == "ask" and each.status in ("confirmed", "declined") and each.decided_by not in ("", "auto")
    ]
    return sorted(given, key=lambda each: -(each.decided_at or 0.0))


HEAD: Final = LivePage(
    path="/halls/{area}/{hall}/head",
    template="head.html",
    parts=(
        "head-now",
        "head-asks",
        "head-answered",
        "head-levels",
        "head-windows",
        "head-notices",
        "registers",
        "deadlines",
    ),
    draw=draw_head,
    prepare=foresee_all,
)
