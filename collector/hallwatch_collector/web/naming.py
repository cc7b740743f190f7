"""What the ids of a hall are called on its pages."""

from __future__ import annotations

from collections.abc import Callable

from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.texts import Words

Naming = Callable[[str], str]


def naming(names: dict[str, str]) -> Naming:
    """Return what says the name for an id, and the id itself where there is none."""
    return lambda id_: names.get(id_, id_)


def name_things(view: HallView) -> Naming:
    """Return what names the places, windows and devices of a hall."""
    windows = {window.id: window.name for window in view.windows}
    return naming(view.place_names | windows | {device.id: device.name for device in view.devices})


def name_classes(view: HallView, words: Words) -> Naming:
    """Return what names the business classes of a hall in the reader's language."""
    return naming({id_: words.pick(name, view.class_names_en.get(id_, "")) for id_, name in view.class_names.items()})


def mark_tab(view: HallView, words: Words, tab: str) -> str:
    """Put before a title that what it is about is not real."""
    mark = "drill" if view.drill else "simulated" if view.simulated else ""
    return f"[{words.say(f'{mark}.tag')}] {tab}" if mark else tab
