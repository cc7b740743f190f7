"""What the public sees on the hall's screens: windows and their business, where to go, who waits, notices (W2, R6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from hallwatch_collector.core.views import HallView
from hallwatch_collector.effects.notice import make_notices
from hallwatch_collector.web.crowd import find_crowds
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab, name_things
from hallwatch_collector.web.public_windows import find_ways, public_window
from hallwatch_collector.web.public_words import class_names, say_small
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.verdict import dim, judge

FEW: Final = 4
"""Up to so many windows have large cards."""
MOST_NAMED: Final = 6
"""So many windows, or runs of them, are named where a business class is taken."""
LONGEST_PIECE: Final = 110
"""So many letters of a text for the public are shown at once."""
_sentence: Final = re.compile(r"[^。!?！？;；\n]+[。!?！？;；\n]*|[。!?！？;；\n]+")
SELF_SERVICE: Final = "kiosk"
USABLE: Final = frozenset({"ok", "warning", "degraded"})


class Waiting(Struct, frozen=True, kw_only=True):
    """How many people wait in the hall, and the longest of them for how long, seconds."""

    people: int
    longest_s: float | None


def list_windows(words: Words, numbers: Sequence[int]) -> str:
    """Return the numbers of windows as people read them: 1、2、5–9; only how many they are when that is too long."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = [
        piece for run in runs for piece in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(each) for each in run])
    ]
    if len(told) > MOST_NAMED:
        return words.say("display.at_many", n=len(numbers))
    return words.say("display.at", windows=words.listed(told))


def split_notice(text: str) -> list[str]:
    """Return a text for the public in pieces that fit on a screen in large letters, between sentences if possible."""
    pieces = [""]
    for sentence in _sentence.findall(text):
        for start in range(0, len(sentence), LONGEST_PIECE):
            part = sentence[start : start + LONGEST_PIECE]
            if len(pieces[-1]) + len(part) <= LONGEST_PIECE:
                pieces[-1] += part
            else:
                pieces.append(part)
    return [piece.strip() for piece in pieces if piece.strip()]


def count_waiting(view: HallView) -> Waiting | None:
    """Return how many people wait; None when nobody counts them now."""
    crowds = find_crowds(view)
    waits = [crowd.longest_wait_s for crowd in crowds if crowd.longest_wait_s is not None]
    people = round(sum(crowd.people for crowd in crowds))
    return Waiting(people=people, longest_s=max(waits, default=None)) if crowds else None


def draw_display(scene: Scene) -> Drawing | None:
    """Say what is open and where to go; when nothing was heard of the hall, that nothing is known."""
    view, words, thing = scene.hall, scene.words, scene.place.thing
    name = name_things(view)(thing) if thing else ""
    if thing and thing not in _places(view):
        return None
    blind = judge(view, words.now).kind == "blind"
    if blind:
        view = dim(view)
    kiosks = [device for device in view.devices if device.kind == SELF_SERVICE]
    windows = [public_window(window) for window in view.windows if not window.rests]
    values = {
        "view": view,
        "blind": blind,
        "where": name,
        "windows": windows,
        "size": "few" if len(windows) <= FEW else "many",
        "ways": find_ways(view),
        "list_windows": lambda numbers: list_windows(words, numbers),
        "waiting": None if blind else count_waiting(view),
        "kiosks": kiosks,
        "kiosks_usable": [device.name for device in kiosks if device.state in USABLE],
        "notices": [(split_notice(each.text), split_notice(each.text_en)) for each in make_notices(view)],
        "class_name": lambda business: words.pick(*class_names(view, business)),
        "class_small": lambda business: class_names(view, business)[words.language == "zh-CN"],
        "small": say_small(words, view.timezone),
    }
    return Drawing(
        mark_tab(view, words, f"{words.say('display.title')} · {view.name}"), values, {"small": values["small"]}
    )


def _places(view: HallView) -> set[str]:
    return {*view.place_names, *(window.id for window in view.windows), *(device.id for device in view.devices)}


DISPLAY: Final = LivePage(
    path="/display/{area}/{hall}", template="display.html", parts=("display",), draw=draw_display, kept=True
)
DISPLAY_AT: Final = LivePage(
    path="/display/{area}/{hall}/{thing}", template="display.html", parts=("display",), draw=draw_display, kept=True
)
