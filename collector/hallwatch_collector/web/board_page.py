"""The hall board, for window staff and the guide desk: the hall as a picture, what is broken, and what to do now.

Whoever reaches it may look where the hall allows that: it names no people unless the reader is signed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from msgspec import Struct, structs

from hallwatch_collector.core.next_steps import find_next_steps, sort_owed
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.core.views import HallView, MeasureView
from hallwatch_collector.web.crowd import find_crowds
from hallwatch_collector.web.floor import lay_out
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab, name_classes, name_things
from hallwatch_collector.web.trouble import Trouble, find_attention, find_troubles
from hallwatch_collector.web.verdict import dim, judge


class Case(Struct, frozen=True, kw_only=True):
    """Something that is broken, with the one thing to do about it now."""

    trouble: Trouble
    step: MeasureView | None
    """The most urgent of what the plan asks of somebody; None: what the catalogue advises."""


def find_cases(view: HallView) -> list[Case]:
    """Return what is broken, gravest first."""
    measures: dict[str, list[MeasureView]] = defaultdict(list)
    for measure in view.measures:
        measures[measure.incident].append(measure)
    incidents = {incident.id: incident for incident in view.incidents}
    return [
        Case(trouble=trouble, step=next(iter(sort_owed(measures[trouble.id], incidents)), None))
        for trouble in find_troubles(view)
    ]


def draw_board(scene: Scene) -> Drawing:
    """Say how the hall is, for everybody who works in it."""
    view, words, now = scene.hall, scene.words, scene.words.now
    verdict = judge(view, now)
    if verdict.kind == "blind":
        view = dim(view)
    class_name = name_classes(view, words)
    values = {
        "view": view,
        "verdict": verdict,
        "floor": lay_out(view),
        "cases": find_cases(view),
        "attention": find_attention(view),
        "crowds": find_crowds(view),
        "crowd_classes": _crowd_classes(scene, class_name),
        "next_steps": find_next_steps(view, scene.source.plan),
        "notices": [each for each in view.notices if each.in_force],
        "deadlines": view.deadlines,
        "role_name": scene.role_name,
        "outlet_name": lambda outlet: words.pick(*OUTLETS[outlet]),
        "name_of": name_things(view),
        "class_name": class_name,
        "internal": scene.halls,
        "problems": scene.source.problems(alerts=False),
        "may_act": scene.reader.may_act,
    }
    tab = f"{words.say(verdict.headline, n=verdict.count)} · {view.name}"
    return Drawing(mark_tab(view, words, tab), values)


def _crowd_classes(scene: Scene, class_name: Callable[[str], str]) -> Callable[..., list[str]]:
    words = scene.words
    return lambda crowd: [
        words.say("crowd.class", name=class_name(name), people=words.value("people_waiting", people))
        for name, people in crowd.classes
    ]


def strip(view: HallView) -> object:
    """Return of a hall what the board shows: readings come many times a second, and most change nothing here."""
    devices = tuple(
        structs.replace(each, metrics=each.metrics if each.kind == "queue-machine" else {}, facts={}, last_seen=None)
        for each in view.devices
    )
    heard = judge(view, view.at)
    return heard, structs.replace(view, at=0.0, version=0, agents=(), alerts=(), devices=devices)


BOARD: Final = LivePage(
    path="/halls/{area}/{hall}",
    template="board.html",
    parts=("board-now", "maintenance", "board-floor", "board-cases", "next", "board-notices"),
    draw=draw_board,
    kept=True,
    shows=strip,
)
