"""The pages of the windows: all of them, to choose one's own; and one, for the person who sits at it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.web.board_page import strip
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab, name_classes, name_things
from hallwatch_collector.web.rights import may_answer
from hallwatch_collector.web.verdict import MARK_OF_WINDOW, dim, judge, sort_classes, window_state
from hallwatch_collector.web.window_desk import find_step, look_at

NOT_SICK: Final = ("ok", "unknown", "maintenance")


def draw_windows(scene: Scene) -> Drawing:
    """Say how each window is."""
    view, words = scene.hall, scene.words
    if judge(view, words.now).kind == "blind":
        view = dim(view)
    values = {
        "view": view,
        "states": {window.id: window_state(window) for window in view.windows},
        "sick": Counter(each.place for each in view.devices if each.state not in NOT_SICK),
    }  # fmt: skip
    return Drawing(mark_tab(view, words, f"{words.say('mine.choose')} · {view.name}"), values)


def draw_window(scene: Scene) -> Drawing | None:
    """Say how a window is and what to do there; None when it is not in the hall any more."""
    view, words = scene.hall, scene.words
    blind = judge(view, words.now).kind == "blind"
    desk = look_at(dim(view) if blind else view, scene.place.thing)
    if desk is None:
        return None
    class_name, state = name_classes(view, words), window_state(desk.window)
    values = {
        "view": view,
        "desk": desk,
        "window": desk.window,
        "state": state,
        "shown": MARK_OF_WINDOW[state],
        "sorted_classes": sort_classes(desk.window),
        "step": find_step(desk, words, class_name, scene.reader.roles),
        "blind": blind,
        "class_name": class_name,
        "name_of": name_things(view),
        "role_name": scene.role_name,
        "plays": frozenset(scene.reader.roles),
        "may_answer": lambda measure: may_answer(scene.reader, HallKey(view.area, view.hall), measure),
        "may_act": scene.reader.may_act,
        "may_report": scene.reader.may_act or view.open_reports,
        "may_write": scene.reader.may("see-personal"),
    }
    tab = f"{words.say(f'windows.{state}')} · {desk.window.name}"
    return Drawing(mark_tab(view, words, tab), values, {"window": desk.window})


WINDOWS: Final = LivePage(
    path="/halls/{area}/{hall}/windows",
    template="windows.html",
    parts=("window-choice",),
    draw=draw_windows,
    kept=True,
    shows=strip,
)
MY_WINDOW: Final = LivePage(
    path="/halls/{area}/{hall}/windows/{thing}",
    template="my-window.html",
    parts=("window-now", "window-step", "window-ways", "window-devices", "window-troubles", "window-registers",
           "window-done"),
    draw=draw_window,
    kept=True,
    shows=strip,
)  # fmt: skip
