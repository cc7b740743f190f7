"""What a report by hand is about (R3): what can be out of order, what people can say of it, what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.things import HALL, WINDOW
from hallwatch_collector.core.views import DeviceState, HallView
from hallwatch_collector.web.texts import Words, load_catalogue
from hallwatch_collector.web.trouble import Detour, Trouble, find_detours, find_troubles
from hallwatch_collector.web.verdict import MARK_OF_WINDOW, window_state

Effect = Literal["hazard", "unusable", "degraded"]
OTHER: Final = "other"
"""Said in one's own words."""
HAZARD: Final = "hazard"
_PLAIN: Final[tuple[Effect, ...]] = ("unusable", "degraded")
"""What can be said of a kind of which the catalogue knows no symptoms."""
MOST_SAID: Final = 400
"""Characters that the record takes of a report."""


class Thing(Struct, frozen=True, kw_only=True):
    """Something that can be reported."""

    id: str
    kind: str
    name: str
    place: str
    """Where it stands, as people call it."""
    window: str = ""
    """At which window, by its id."""
    state: DeviceState = "ok"


class Choice(Struct, frozen=True, kw_only=True):
    """Something that a person can say of a thing: a button."""

    id: str
    name: str
    """In the reader's language."""
    recorded: str
    """As the record has it."""
    effect: Effect
    first_step: str = ""


def list_places(view: HallView, words: Words) -> list[tuple[str, list[Thing]]]:
    """Return what a report can be about, by place; windows first, the hall itself last."""
    places = {window.id: window.name for window in view.windows} | view.place_names
    grouped: dict[str, list[Thing]] = {window.id: [] for window in view.windows}
    for window in view.windows:
        grouped[window.id].append(Thing(
            id=f"{WINDOW}{window.id}", kind="window", name=words.say("report.whole", name=window.name),
            place=window.name, window=window.id, state=MARK_OF_WINDOW[window_state(window)],
        ))  # fmt: skip
    windows = set(grouped)
    elsewhere = words.say("report.elsewhere")
    for device in view.devices:
        grouped.setdefault(device.place, []).append(Thing(
            id=device.id, kind=device.kind, name=device.name,
            place=places.get(device.place, device.place) or elsewhere,
            window=device.place if device.place in windows else "", state=device.state,
        ))  # fmt: skip
    rest = grouped.pop("", [])
    whole = Thing(id=HALL, kind="hall", name=words.say("report.hall"), place=elsewhere)
    return [*((places.get(place, place), things) for place, things in grouped.items()), (elsewhere, [*rest, whole])]


def find_thing(places: Sequence[tuple[str, Sequence[Thing]]], id_: str) -> Thing | None:
    """Return the thing with this id; None when there is none."""
    return next((thing for _, things in places for thing in things if thing.id == id_), None)


def list_choices(catalogue: Catalogue, kind: str, words: Words) -> list[Choice]:
    """Return what can be said of a kind of thing, what is usual first; danger and one's own words are always there."""
    choices = [
        Choice(
            id=each.id, name=words.pick(each.name, each.name_en), recorded=each.name, effect=each.effect,
            first_step=words.pick(each.first_step, each.first_step_en),
        )
        for each in catalogue.symptoms
        if kind in each.kinds
    ]  # fmt: skip
    choices += [_plain(catalogue, effect, effect, words) for effect in (() if choices else _PLAIN)]
    if all(choice.effect != HAZARD for choice in choices):
        choices.append(_plain(catalogue, HAZARD, "hazard", words))
    return [*choices, Choice(id=OTHER, name=words.say("report.other"), recorded="", effect="degraded")]


def word(choice: Choice, text: str) -> str:
    """Return what goes into the record: what was chosen, and what was said beside it."""
    return ":".join(filter(None, (choice.recorded, text.strip())))[:MOST_SAID]


def find_known(view: HallView, thing: Thing) -> Trouble | None:
    """Return what is known to be wrong with a thing already; None: nothing."""
    causes = {fault.cause for device in view.devices if device.id == thing.id for fault in device.faults if fault.cause}
    troubles = find_troubles(view)
    own = [each for each in troubles if each.incident and thing.id in (each.incident.device, *each.incident.joined)]
    return next(iter([*own, *(each for each in troubles if each.incident and each.incident.device in causes)]), None)


def find_ways(view: HallView, thing: Thing) -> tuple[Detour, ...]:
    """Return where people are sent for what the window of a thing cannot take now."""
    windows = tuple(each for each in view.windows if each.id == thing.window and (each.lost or not each.open))
    return find_detours(view, tuple(each for each in windows if not each.rests))


def _plain(catalogue: Catalogue, id_: str, effect: Effect, words: Words) -> Choice:
    fault = next((each for each in catalogue.faults if each.id == f"reported-{effect}"), None)
    hazard = fault is not None and effect == HAZARD
    return Choice(
        id=id_, name=words.say(f"report.{effect}_choice"), effect=effect,
        recorded=load_catalogue("zh-CN")[f"report.{effect}_choice"],
        first_step=words.pick(fault.first_step, fault.first_step_en) if fault and hazard else "",
    )  # fmt: skip
