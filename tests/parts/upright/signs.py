"""Signs: none without a live cause, no cause that demands one without it, or without somebody asked to post it (H2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hallwatch_collector.core.model import Model
from parts.upright.asking import is_asked, own_faults, worked_on

HERE: Final = ("kiosk", "queue-machine", "touch-screen")
"""Kinds that show a sign too when it is a device upstream that keeps them from working."""
WHERE_PEOPLE_ARE: Final = (*HERE, "ticket-printer", "display")
"""Kinds that show one while somebody works on them."""
THINGS: Final = ("window", "class", "hall", "system", "router")
OUT, DANGER, CLOSED = "暂停使用", "危险!请勿触摸", "暂停服务"


def _signs(model: Model, _: float) -> Iterator[str]:
    wanted = dict.fromkeys(model.closed_windows, CLOSED) | _wanted_at_devices(model)
    shown = {place: sign.text for place, sign in model.signs.items() if place != "hall:"}
    for place in wanted.keys() - shown.keys():
        yield f"{place} has no sign {wanted[place]}"
    for place in shown.keys() - wanted.keys():
        yield f"{place} has a sign {shown[place]} without a cause"
    for place in shown.keys() & wanted.keys():
        if shown[place] != wanted[place] and "危险" in wanted[place]:
            yield f"{place} has the sign {shown[place]}, not {wanted[place]}"


def _wanted_at_devices(model: Model) -> dict[str, str]:
    wanted: dict[str, str] = {}
    busy = {device for work in model.readiness.maintenance.values() if _runs(work.status) for device in work.devices}
    for watch in model.devices.values():
        kind, incident = watch.device.kind, model.live_incident(watch.id)
        own = {fault.effect for _, fault in own_faults(model, watch)} if incident and incident.stands else set()
        causes = {alarm.cause for alarm, fault in watch.raised() if alarm.cause and fault.effect == "unusable"}
        above = [model.live_incident(cause) for cause in causes]
        if "hazard" in own and kind != "hall":
            wanted[watch.device.place or watch.id if kind == "window" else watch.id] = DANGER
        elif kind in THINGS:
            continue
        elif (
            "unusable" in own
            or (kind in HERE and any(each is not None and each.stands for each in above))
            or (kind in WHERE_PEOPLE_ARE and (watch.id in busy or causes & worked_on(model)))
        ):
            wanted[watch.id] = OUT
    return wanted


def _runs(status: str) -> bool:
    return status in ("running", "overdue")


def _posted(model: Model, now: float) -> Iterator[str]:
    """Where no display is, a printed sign hangs or somebody is asked to post it; what hangs for nothing is to go."""
    shown = {
        (each.subject, model.templates[each.template].sign, each.incident)
        for each in model.measures.values()
        if each.status == "open" and model.templates[each.template].sign
    }
    for subject, text, incident in shown:
        posted = model.posted.get(subject)
        hangs = posted is not None and posted.text == text
        asked = is_asked(model, "sign-unshown", subject, text)
        in_business = bool(incident) or model.hours.is_open(now)
        if in_business and not model.shows_signs(subject) and not hangs and not asked:
            yield f"nobody is asked to post {text} at {subject}"
        if hangs and asked:
            yield f"somebody is asked to post {text} at {subject}, where it hangs"
    for place, posted in model.posted.items():
        called_for = any((subject, text) == (place, posted.text) for subject, text, _ in shown)
        replaced = is_asked(model, "sign-unshown", place)
        if not called_for and not replaced and not is_asked(model, "sign-left", place):
            yield f"{posted.text} hangs at {place} for nothing, and nobody is asked to take it down"


CHECKS: Final = (_signs, _posted)
