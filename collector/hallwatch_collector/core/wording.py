"""The words that measures and signs fill in: names, classes, the spare, where to go instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import structs

from hallwatch_collector.core.catalogue import EFFECTS, Fault
from hallwatch_collector.core.incidents import lend_spares
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.occasions import by_part
from hallwatch_collector.core.parts import PartNames, name_part
from hallwatch_collector.core.state import Alarm, Incident
from hallwatch_collector.core.watch import DeviceWatch

Words = dict[str, str]
IF_USABLE: Final = "{}(如可用)"
IF_USABLE_EN: Final = "{} (if it works)"
"""How something is named that may stand in for another, and that nobody sees now."""
MOST_PLACES: Final = 3
"""So many places to go instead are named at most."""


def name_of(model: Model, subject: str) -> str:
    """Return the name that people know a device or window by."""
    watch = model.devices.get(subject)
    if watch is not None:
        return watch.device.name
    window = model.impact.windows.get(subject)
    return window.name if window is not None else subject


def usable(model: Model, device: str | None) -> bool:
    """Tell whether a device could stand in for another: it is in the hall file and no fault makes it unusable."""
    watch = model.devices.get(device or "")
    return watch is not None and not any(fault.effect in ("unusable", "hazard") for _, fault in watch.raised())


def instead_of(model: Model, subject: str, if_usable: str = IF_USABLE) -> str:
    """Return in words where people can go instead; what nobody sees now is named last, and said to be uncertain."""
    places = sorted(_places_instead(model, subject).items(), key=lambda each: not each[1])
    return "、".join(_named_place(model, place, sure, if_usable) for place, sure in places[:MOST_PLACES])


def _named_place(model: Model, place: str, sure: bool, if_usable: str) -> str:
    name = name_of(model, place)
    return name if sure else if_usable.format(name)


def _places_instead(model: Model, subject: str) -> dict[str, bool]:
    """Return the substitute device, else the windows that take what is lost here, and whether each surely works."""
    watch = model.devices.get(subject)
    if watch is None:
        losses = {subject: model.lost.get(subject, [])}
    elif usable(model, watch.device.substitute):
        return {watch.device.substitute or "": not model.is_unknown(watch.device.substitute or "")}
    else:
        losses = model.impact.lost_through(watch.device, model.takers)
    others: dict[str, bool] = {}
    for window, lost in losses.items():
        # what a closed window would take is to be taken elsewhere, whether its devices are back or not
        wanted = model.impact.windows[window].classes if window in model.closed_windows else lost
        for other, sure in model.impact.stand_ins(window, wanted, model.able, model.sure).items():
            others[other] = sure or others.get(other, False)
    return others


def worst_first(watch: DeviceWatch) -> list[Fault]:
    """Return the faults that stand on a device, without mere warnings where there is worse."""
    return [fault for _, fault in _worst_first(watch)]


def _worst_first(watch: DeviceWatch) -> list[tuple[Alarm, Fault]]:
    raised = sorted(watch.foremost(), key=lambda each: (EFFECTS.index(each[1].effect), each[0].since))
    return [each for each in raised if each[1].severity == "fault"] or raised


def _named_worst_first(model: Model, watch: DeviceWatch) -> list[Fault]:
    return [_named(model.part_names, watch, *raised) for raised in _worst_first(watch)]


def _named(names: PartNames, watch: DeviceWatch, alarm: Alarm, fault: Fault) -> Fault:
    """Return a fault that is called by its part, where the hall file names the part that has it."""
    if alarm.part not in watch.device.parts:
        return fault
    part = name_part(names.chinese, alarm.part) or f"「{alarm.part}」"
    part_en = name_part(names.english, alarm.part) or f"“{alarm.part}”"
    return structs.replace(fault, name=f"{fault.name}:{part}", name_en=f"{fault.name_en}: {part_en}")


def words_for(
    model: Model, incident: Incident, subject: str, losses: Mapping[str, Sequence[str]]
) -> tuple[Words, Words]:
    """Return the words for one measure, in Chinese and in English; *losses* are the windows and classes it is about."""
    watch = model.devices.get(subject) or model.devices[incident.device]
    lost = dict.fromkeys(name for window in losses for name in losses[window])
    causes = _causes(model, incident, list(losses))
    faults = _named_worst_first(model, watch)
    minutes = round(max((fault.usual_repair_s for fault in faults), default=0) / 60)
    first = next((fault for fault in faults if fault.first_step), None)
    person = _person(model, faults[0].role if faults else "")
    shared = {"device": watch.device.name, "minutes": str(minutes)}
    window_names = [name_of(model, window) for window in losses]
    words = shared | {
        "fault": _join((fault.name for fault in faults), "、") or "故障已消除",
        "causes": ";".join(f"{name}:" + _join((fault.name for fault in theirs), "、") for name, theirs in causes),
        "window": _join(window_names, "、"),
        "windows": _join(window_names, "、") or "无窗口",
        "classes": _join((model.impact.classes[name].name for name in lost), "、") or "无",
        "spare": _spare(model, watch, IF_USABLE) or "无备用设备",
        "instead": instead_of(model, subject) or "暂无",
        "first_step": first.first_step if first else "",
        "person": person or "技术人员",
    }
    words_en = shared | {
        "fault": _join((fault.name_en for fault in faults), ", ") or "over",
        "causes": "; ".join(f"{name}: " + _join((fault.name_en for fault in theirs), ", ") for name, theirs in causes),
        "window": _join(window_names, ", "),
        "windows": _join(window_names, ", ") or "no window",
        "classes": _join((model.impact.classes[name].name_en or name for name in lost), ", ") or "none",
        "spare": _spare(model, watch, IF_USABLE_EN) or "none",
        "instead": instead_of(model, subject, IF_USABLE_EN) or "nowhere yet",
        "first_step": first.first_step_en if first else "",
        "person": person or "a technician",
    }
    return words, words_en


def _causes(model: Model, incident: Incident, windows: list[str]) -> list[tuple[str, list[Fault]]]:
    """Return the devices whose incidents took something from these windows, this one's first, with their faults."""
    lost = [window for window in windows if window in model.lost]
    others = by_part(model, lost, [each for each in model.incidents.values() if each.stands and each is not incident])
    watches = [model.devices[each.device] for each in (incident, *others)]
    return [(watch.device.name, _named_worst_first(model, watch)) for watch in watches]


def _spare(model: Model, watch: DeviceWatch, if_usable: str) -> str:
    """Name the spare, unless it is broken itself, or replaces another device already."""
    spare = watch.device.spare
    is_free = spare and usable(model, spare) and lend_spares(model).get(spare, watch.id) == watch.id
    return _named_place(model, spare, not model.is_unknown(spare), if_usable) if spare and is_free else ""


def _person(model: Model, role: str) -> str:
    contact = next((each for each in model.hall.contacts if each.role == role), None)
    return f"{contact.name} {contact.phone}".strip() if contact else ""


def _join(names: Iterable[str], mark: str) -> str:
    return mark.join(dict.fromkeys(names))
