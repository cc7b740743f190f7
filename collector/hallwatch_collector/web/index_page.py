"""The list of halls."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.verdict import judge


def draw_index(scene: Scene) -> Drawing:
    """Say how each hall is."""
    words, now = scene.words, scene.words.now
    values = {
        "rows": [(view, judge(view, now)) for view in scene.halls if not view.internal],
        "internal": [view for view in scene.halls if view.internal],
        "problems": scene.source.problems(alerts=False),
    }
    return Drawing(f"{words.say('page.halls_title')} · {words.say('page.title')}", values)


INDEX: Final = LivePage(path="/halls", template="index.html", parts=("halls",), draw=draw_index, kept=True)
