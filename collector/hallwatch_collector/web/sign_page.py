"""The sign of a device or window, full-screen, for a small screen there (H2, W2)."""

from __future__ import annotations

import re
from typing import Final

from hallwatch_agent.wire import Sign
from hallwatch_collector.core.screens import edition_of
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab, name_things
from hallwatch_collector.web.public_windows import public_window
from hallwatch_collector.web.public_words import class_names, say_small
from hallwatch_collector.web.verdict import dim, judge

_phrase: Final = re.compile(r"[^!！?？,，;；。:：]+[!！?？,，;；。:：]*")


def split_phrases(text: str) -> list[str]:
    """Return a sign's text in pieces between which its lines may break: 「危险!请勿触摸」 is two."""
    return [piece.strip() for piece in _phrase.findall(text) if piece.strip()] or [text]


def sign_at(view: HallView, place: str) -> Sign | None:
    """Return the sign that is called for at a place."""
    return next((sign for sign in view.signs if sign.place == place), None)


def draw_sign(scene: Scene) -> Drawing | None:
    """Say what the plan calls for, to the letter; where it calls for nothing, what stands there and what works."""
    view, words, place = scene.hall, scene.words, scene.place.thing
    if judge(view, words.now).kind == "blind":
        view = dim(view)
    window = next((each for each in view.windows if each.id == place), None)
    device = next((each for each in view.devices if each.id == place), None)
    if window is None and device is None:
        return None
    sign = sign_at(view, place)
    values = {
        "view": view,
        "sign": sign,
        "edition": edition_of(sign),
        "phrases": split_phrases(sign.text) if sign else [],
        "window": window,
        "name": name_things(view)(place),
        # only what somebody sees to be well is said to work
        "works": device is not None and device.state == "ok",
        "public": public_window(window) if window and not window.rests else None,
        "class_name": lambda name: words.pick(*class_names(view, name)),
        "small": say_small(words, view.timezone),
    }
    told = sign.text if sign else words.say("sign.calm")
    page = {"small": values["small"]}
    return Drawing(mark_tab(view, words, f"{told} · {values['name']}"), values, page)


SIGN: Final = LivePage(
    path="/sign/{area}/{hall}/{thing}", template="sign.html", parts=("sign",), draw=draw_sign, kept=True
)
