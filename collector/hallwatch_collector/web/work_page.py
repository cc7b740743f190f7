"""All that goes on in a hall, for those who work on it: what is wrong, what is asked of whom, windows, devices."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.next_steps import find_next_steps
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.web.crowd import find_crowds
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab, name_classes, name_things, naming
from hallwatch_collector.web.rights import may, may_answer
from hallwatch_collector.web.trouble import find_attention, find_troubles, sort_incidents
from hallwatch_collector.web.undelivered import find_undelivered
from hallwatch_collector.web.verdict import dim, judge, window_state


def draw_work(scene: Scene) -> Drawing:
    """Say how the hall is, the verdict first."""
    view, words, now = scene.hall, scene.words, scene.words.now
    verdict = judge(view, now)
    if verdict.kind == "blind":
        view = dim(view)
    class_name = name_classes(view, words)
    plan = scene.source.plan
    values = {
        "view": view,
        "verdict": verdict,
        "troubles": find_troubles(view),
        "attention": find_attention(view),
        "crowds": find_crowds(view),
        "crowd_classes": lambda crowd: [
            words.say("crowd.class", name=class_name(name), people=words.value("people_waiting", people))
            for name, people in crowd.classes
        ],
        "undelivered": find_undelivered(view, now),
        "registers": view.registers,
        "notices": view.notices,
        "deadlines": view.deadlines,
        "role_name": scene.role_name,
        "group_name": naming({each.id: words.pick(each.name, each.name_en) for each in plan.groups}),
        "outlet_name": lambda outlet: words.pick(*OUTLETS[outlet]),
        "next_steps": find_next_steps(view, plan),
        "incidents": sort_incidents(view, words.day_began_at()),
        "window_states": {window.id: window_state(window) for window in view.windows},
        "name_of": name_things(view),
        "class_name": class_name,
        "capability_name": lambda name: (
            class_name(name) if name in view.class_names else words.term("capability", name)
        ),
        "internal": scene.halls,
        "problems": scene.source.problems(alerts=False),
        "may_act": scene.reader.may_act,
        "may_answer": lambda measure: may_answer(scene.reader, HallKey(view.area, view.hall), measure),
        "may_manage": may(scene.reader, HallKey(view.area, view.hall), plan, "manage"),
        "may_release": may(scene.reader, HallKey(view.area, view.hall), plan, "release"),
    }
    tab = f"{words.say(verdict.headline, n=verdict.count)} · {view.name}"
    return Drawing(mark_tab(view, words, tab), values)


WORK: Final = LivePage(
    path="/halls/{area}/{hall}/work",
    template="work.html",
    parts=(
        "now", "undelivered", "maintenance", "next", "tasks", "trouble", "windows", "done", "signs", "notices",
        "deadlines", "incidents", "registers", "devices", "contacts", "agents", "self",
    ),
    draw=draw_work,
    kept=True,
)  # fmt: skip
