"""The screens of a hall: which there are, what they say, and pairing a new one with its place (H2, W2)."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.views import HallView, ScreenView
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab, name_things
from hallwatch_collector.web.sign_page import sign_at

NOT_THERE: Final = frozenset({"system"})
"""Kinds of devices at which no screen can stand."""


def address_of_screen(view: HallView, screen: ScreenView) -> str:
    """Return what a paired screen has open."""
    stem = f"/{screen.use}/{view.area}/{view.hall}"
    return f"{stem}/{screen.place}" if screen.place else stem


def draw_screens(scene: Scene) -> Drawing:
    """Say of each screen where it is, and whether it shows what it ought to."""
    view, words = scene.hall, scene.words
    values = {
        "view": view,
        "name_of": name_things(view),
        "sign_at": lambda place: sign_at(view, place),
        "address_of": lambda screen: address_of_screen(view, screen),
        "may_manage": scene.reader.may("manage"),
    }
    page = {
        "may_manage": scene.reader.may("manage"),
        "places": [
            (words.say("screens.windows"), [(window.id, window.name) for window in view.windows]),
            (words.say("screens.devices"), [(d.id, d.name) for d in view.devices if d.kind not in NOT_THERE]),
            (words.say("screens.places"), list(view.place_names.items())),
        ],
    }
    return Drawing(mark_tab(view, words, f"{words.say('screens.title')} · {view.name}"), values, page)


SCREENS: Final = LivePage(
    path="/halls/{area}/{hall}/screens", template="screens.html", parts=("screens",), draw=draw_screens
)
