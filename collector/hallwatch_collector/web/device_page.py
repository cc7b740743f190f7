"""One device: how it is and was, what it says, what hangs on what, who repairs it, and what can be done."""

from __future__ import annotations

from typing import Any, Final

from hallwatch_collector.core.closeup import ValueView
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import DeviceView, HallView, IncidentView
from hallwatch_collector.web.live_page import Drawing, LivePage, Place, Scene
from hallwatch_collector.web.naming import mark_tab, name_classes, name_things, naming
from hallwatch_collector.web.repair_queue import find_contacts
from hallwatch_collector.web.rights import may, may_act
from hallwatch_collector.web.source import DeviceRecord, Source
from hallwatch_collector.web.strip import draw_days, draw_strip, say_day, say_share, say_span, sum_up
from hallwatch_collector.web.texts import Words
from hallwatch_collector.web.trouble import STANDING

SPANS_LISTED: Final = 60
"""Of the last 24 hours; a device that comes and goes all the time has thousands."""
INCIDENTS_SHOWN: Final = 10
SUPPLIES: Final = ("toner_", "ink_", "ribbon_", "supply_", "input_", "waste_", "drum_", "paper_")
"""How metrics of what is used up begin."""


def look_up(source: Source, place: Place) -> DeviceRecord | None:
    """Return the device from near, and its past out of the record."""
    return source.device(place.key, place.thing) if place.key else None


def draw_device(scene: Scene) -> Drawing | None:
    """Say everything about a device; None when the hall has it no more."""
    view, words, reader = scene.hall, scene.words, scene.reader
    device = next((each for each in view.devices if each.id == scene.place.thing), None)
    record: DeviceRecord | None = scene.prepared
    if device is None or record is None:
        return None
    key, plan = HallKey(view.area, view.hall), scene.source.plan
    class_name = name_classes(view, words)
    incidents = find_incidents(view, device)
    standing = next((each for each in incidents if each.status in STANDING), None)
    others = [each for each in record.closeup.values if not (_is_supply(each.key) and each.channel == "metric")]
    values: dict[str, Any] = {
        "view": view,
        "device": device,
        "record": record.closeup,
        "incidents": incidents[:INCIDENTS_SHOWN],
        "incident": standing,
        "contacts": find_contacts(view, device),
        "supplies": [each for each in record.closeup.values if _is_supply(each.key) and each.channel == "metric"],
        "rest": [each for each in others if not _is_quiet(each, words)],
        "quiet": [each for each in others if _is_quiet(each, words)],
        "forecasts": {(each.metric, each.part): each for each in device.forecasts},
        "works": [each for each in view.readiness.maintenance if device.id in each.devices],
        "spare": _find(view, device.spare),
        "substitute": _find(view, device.substitute),
        "stands_for": _find(view, device.lent_to),
        "name_of": name_things(view),
        "class_name": class_name,
        "capability_name": lambda name: (
            class_name(name) if name in view.class_names else words.term("capability", name)
        ),
        "kind_of": naming({each.id: each.kind for each in view.devices}),
        "state_of": naming({each.id: each.state for each in view.devices}),
        "role_name": scene.role_name,
        "may_act": may_act(reader, key),
        "may_repair": may(reader, key, plan, "repair"),
        "may_manage": may(reader, key, plan, "manage"),
        "home": f"/halls/{view.area}/{view.hall}",
        "here": f"/halls/{view.area}/{view.hall}/devices/{device.id}",
        **_past(record, scene),
    }
    tab = f"{device.name} {words.say(f'mark.{device.state}')} · {view.name}"
    return Drawing(mark_tab(view, words, tab), values, {"device": device})


def _past(record: DeviceRecord, scene: Scene) -> dict[str, Any]:
    """Return the pictures of the past, and the same in words."""
    past, words = record.past, scene.words
    if past is None:
        return {"past": None}
    return {
        "past": past,
        "strip": draw_strip(past.strip, words, words.now),
        "strip_says": sum_up(past.strip, words),
        "spans": [(each.state, say_span(each, words)) for each in reversed(past.strip)][:SPANS_LISTED],
        "days": draw_days(past.days, words),
        "days_say": [say_day(each, words) for each in reversed(past.days)],
        "share": say_share(past.share, words),
    }


def find_incidents(view: HallView, device: DeviceView) -> list[IncidentView]:
    """Return the incidents of a device that are remembered: standing ones first, then the newest."""
    theirs = (each for each in view.incidents if device.id in (each.device, *each.joined))
    return sorted(theirs, key=lambda each: (each.status == "closed", each.status not in STANDING, -each.began_at))


def _is_quiet(told: ValueView, words: Words) -> bool:
    """Tell whether a condition is as it should be: no jam, and reachable."""
    name = told.key.partition("[")[0]
    wanted = words.term("denied", name) != name  # what has a word for its absence is to be there
    return told.channel == "condition" and told.value is wanted


def _find(view: HallView, name: str) -> DeviceView | None:
    return next((each for each in view.devices if each.id == name), None)


def _is_supply(key: str) -> bool:
    return key.startswith(SUPPLIES)


DEVICE: Final = LivePage(
    path="/halls/{area}/{hall}/devices/{thing}",
    template="device.html",
    parts=("device-now", "device-acts", "device-past", "device-values", "device-hangs", "device-incidents"),
    draw=draw_device,
    prepare=look_up,
)
