"""Where people can go instead of a device or window that is out of use (H2, W1, W2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from hallwatch_collector.core.hall import Kind
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.readiness.store import may_stand_in
from hallwatch_collector.core.readiness.words import IF_USABLE, IF_USABLE_EN
from hallwatch_collector.core.watch import DeviceWatch

SELF_SERVICE: Final = frozenset({"kiosk", "touch-screen", "queue-machine"})
"""Kinds of device that people use themselves: another one of the kind does the same."""
MOST_PLACES: Final = 3
"""So many places to go instead are named at most."""


class Place(NamedTuple):
    """A device or window to go to."""

    id: str
    sure: bool
    """It surely works: somebody sees what it hangs on."""
    only: tuple[str, ...] = ()
    """The classes that it takes of what is wanted; none: all of it."""


class Instead(NamedTuple):
    """Where to go."""

    places: list[Place]
    """The certain ones first."""
    nowhere: tuple[str, ...] = ()
    """Classes that none of them takes."""


def instead_of(model: Model, subject: str, language: Literal["zh", "en"] = "zh") -> str:
    """Return in words where people can go instead; what nobody sees now is named last, and said to be uncertain.

    A window that takes only some of what is wanted is named with these classes, and what is taken nowhere is said too.
    """
    places, nowhere = model.once(("instead", subject), lambda: _find(model, subject))
    english = language == "en"
    said = (", " if english else "、").join(_say(model, place, english=english) for place in places)
    if not said or not nowhere:
        return said
    names = _classes(model, nowhere, english=english)
    return f"{said}; {names}: nowhere yet" if english else f"{said};{names}暂无处可办"


def places_alike(model: Model, watch: DeviceWatch) -> list[Place]:
    """Return the other devices of a kind that could do the same, the certain ones first."""
    able = model.once(("alike", watch.device.kind), lambda: _able_ones(model, watch.device.kind))
    return [place for place in able if place.id != watch.id]


def _find(model: Model, subject: str) -> Instead:
    """Find the substitute device, else others of its kind that people use themselves, else the windows that take what
    is lost here."""
    watch = model.devices.get(subject)
    in_use = [spare for spare, loan in model.readiness.loans.items() if loan.device == subject]
    if in_use and may_stand_in(model, in_use[0]):
        return Instead([Place(in_use[0], not model.is_unknown(in_use[0]))])
    if watch is None:
        return _windows(model, {subject: model.lost.get(subject, [])})
    substitute = watch.device.substitute
    if substitute and may_stand_in(model, substitute):
        return Instead([Place(substitute, not model.is_unknown(substitute))])
    others = places_alike(model, watch)[:MOST_PLACES] if watch.device.kind in SELF_SERVICE else []
    return Instead(others) if others else _windows(model, model.impact.lost_through(watch.device, model.takers))


def _windows(model: Model, losses: dict[str, list[str]]) -> Instead:
    """Find the windows that take something of what is lost."""
    sure: dict[str, bool] = {}
    wanted: dict[str, None] = {}
    for window, lost in losses.items():
        # what a closed window would take is to be taken elsewhere, whether its devices are back or not
        classes = model.impact.windows[window].classes if window in model.closed_windows else lost
        wanted |= dict.fromkeys(classes)
        for other, is_sure in model.stand_ins(window, classes).items():
            sure[other] = is_sure or sure.get(other, False)
    takes = {other: [name for name in wanted if name in model.able(other)] for other in sure}
    places = [
        Place(other, sure[other], () if len(takes[other]) == len(wanted) else tuple(takes[other]))
        for other in sorted(sure, key=lambda other: not sure[other])
    ]
    if any(place.sure and not place.only for place in places):
        return Instead([place for place in places if not place.only][:MOST_PLACES])
    nowhere = tuple(name for name in wanted if not any(name in taken for taken in takes.values()))
    return Instead(_cover(places), nowhere)


def _cover(places: list[Place]) -> list[Place]:
    """Return as many of the places as are named: the first ones, and those that alone take some class."""
    named: list[Place] = []
    taken: set[str] = set()
    for place in places:
        if len(named) < MOST_PLACES or not taken.issuperset(place.only):
            named.append(place)
            taken.update(place.only)
    return named


def _able_ones(model: Model, kind: Kind) -> list[Place]:
    """Return of the devices of a kind that work as many as may be named beside one of them."""
    sure: list[Place] = []
    unsure: list[Place] = []
    for watch in model.devices.values():
        if watch.device.kind == kind and may_stand_in(model, watch.id):
            is_sure = not model.is_unknown(watch.id)
            (sure if is_sure else unsure).append(Place(watch.id, is_sure))
            if len(sure) > MOST_PLACES:
                break
    return [*sure, *unsure][: MOST_PLACES + 1]


def _say(model: Model, place: Place, *, english: bool) -> str:
    watch = model.devices.get(place.id)
    name = watch.device.name if watch else model.impact.windows[place.id].name
    if place.only:
        classes = _classes(model, place.only, english=english)
        name = f"{name} ({classes})" if english else f"{name}({classes})"
    return name if place.sure else (IF_USABLE_EN if english else IF_USABLE).format(name)


def _classes(model: Model, names: Iterable[str], *, english: bool) -> str:
    known = [model.impact.classes[name] for name in names]
    return ", ".join(each.name_en or each.id for each in known) if english else "、".join(each.name for each in known)
