"""Why a window cannot take something, or is closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hallwatch_collector.core.impact import Blame
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.state import BY_HAND, Incident
from hallwatch_collector.core.values import AUTOMATIC
from hallwatch_collector.core.why.faults import of_device
from hallwatch_collector.core.why.link import Link, NothingToExplain
from hallwatch_collector.core.wording import name_of


def explain_window(model: Model, name: str, now: float) -> Iterator[Link]:
    """Yield why a window lost classes, and by whose word it is closed; or that nothing is wrong with it."""
    blames, closed_for = model.blames.get(name, {}), model.closed_windows.get(name)
    if name not in model.impact.windows:
        raise NothingToExplain(name)
    if not blames and closed_for is None:
        yield _well(model, name)
    for root in sorted({device for blame in blames.values() for device in blame.involved}):
        yield from of_device(model, model.devices[root], now)
    yield from of_blames(model, {name: blames})
    if closed_for is not None:
        yield from of_closing(model, name)


def _well(model: Model, window: str) -> Link:
    name = name_of(model, window)
    if model.is_resting(window):
        text, text_en = f"{name}是备用窗口,现在没有开放。", f"{name} is in reserve, and not open now."
    else:
        text = f"{name}正常开放,业务不受影响。"
        text_en = f"Nothing is wrong with {name}: it is open and takes all its classes."
    return Link(station="impact", about=window, name=name, text=text, text_en=text_en)


def of_losses(model: Model, incident: Incident, window: str = "") -> Iterator[Link]:
    """Yield what an incident costs the windows, or one of them; or that it costs none anything."""
    roots, costs = set(incident.roots), model.losses(incident)
    blames = {
        each: {name: model.blames[each][name] for name in names if model.blames[each][name].involved & roots}
        for each, names in costs.items()
        if window in ("", each)
    }
    yield from of_blames(model, blames)
    if not costs and incident.stands:
        text, text_en = "窗口业务不受影响。", "It costs no window any class of business."
        name = name_of(model, incident.device)
        yield Link(station="impact", about=incident.device, name=name, text=text, text_en=text_en)


def of_blames(model: Model, blames: Mapping[str, Mapping[str, Blame]]) -> Iterator[Link]:
    """Yield which windows lost which classes through which devices; windows for which that is the same together."""
    alike: dict[tuple[tuple[str, ...], Blame], list[str]] = {}
    for window, lost in blames.items():
        for blame in dict.fromkeys(lost.values()):
            names = tuple(name for name in lost if lost[name] == blame)
            alike.setdefault((names, blame), []).append(window)
    for (names, blame), windows in alike.items():
        yield _impact(model, windows, names, blame)


def _impact(model: Model, windows: Sequence[str], names: Sequence[str], blame: Blame) -> Link:
    known = [model.impact.classes[name] for name in names]
    classes, classes_en = "、".join(each.name for each in known), ", ".join(each.name_en or each.id for each in known)
    devices = [name_of(model, device) for device in sorted(blame.involved)]
    places = [name_of(model, window) for window in windows]
    together = len(devices) > 1 and not blame.alone
    text = f"{'、'.join(places)}不能办理{classes}:{'共同原因' if together else '原因'}是{'、'.join(devices)}。"
    text_en = f"{', '.join(places)} cannot take {classes_en}: through {', '.join(devices)}{', together' * together}."
    return Link(station="impact", about=windows[0], name="、".join(places), text=text, text_en=text_en)


def of_closing(model: Model, window: str) -> Iterator[Link]:
    """Yield by whose word a window is closed, and for which incident."""
    name, incident, by_hand = name_of(model, window), model.closed_windows.get(window, ""), model.hand_moves.get(window)
    if by_hand is not None and incident == BY_HAND:
        text, text_en = (
            f"{by_hand.by}手动暂停{name}:{by_hand.reason}",
            f"Closed by hand by {by_hand.by}: {by_hand.reason}",
        )
        yield Link(
            station="answer", about=window, name=name, at=by_hand.at, text=text, text_en=text_en, clause="W2"
        )  # fmt: skip
        return
    for measure in model.measures.values():
        closes = model.templates[measure.template].on_confirm
        about = closes == "close-windows" or (closes == "close-window" and measure.subject == window)
        if about and measure.incident == incident and measure.decided_by and measure.status != "declined":
            by_itself, by = measure.decided_by == AUTOMATIC, measure.decided_by
            text = f"{'按本厅设置自动暂停' if by_itself else f'{by}决定暂停'}:{measure.text}"
            text_en = f"Closed {'by itself' if by_itself else f'by {by}'}: {measure.text_en}"
            yield Link(
                station="answer", about=measure.id, name=name, at=measure.decided_at, text=text, text_en=text_en,
                clause=measure.clause,
            )  # fmt: skip
    text, text_en = f"{name}因事件 {incident} 暂停服务。", f"{name} is closed for incident {incident}."
    yield Link(station="incident", about=incident, name=name, text=text, text_en=text_en, clause="W2")
