"""One incident: its life, what is asked for, what can be done, how it went so far."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.orders.reports import REPORTED
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.core.views import HallView, IncidentView
from hallwatch_collector.web.incident import find_course, find_life, share_measures
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import mark_tab, name_classes, name_things
from hallwatch_collector.web.rights import may, may_answer
from hallwatch_collector.web.trouble import STANDING

COURSE_SHOWN: Final = 12
"""Of what happened to an incident, so much is shown at once."""


def draw_incident(scene: Scene) -> Drawing | None:
    """Say how an incident is; None when it is not, or no longer, remembered."""
    view, words = scene.hall, scene.words
    incident = next((each for each in view.incidents if each.id == scene.place.thing), None)
    if incident is None:
        return None
    device = next((each for each in view.devices if each.id == incident.device), None)
    values = {
        "view": view,
        "incident": incident,
        "standing": STANDING,
        "state": (device.state if device else "degraded") if incident.status in STANDING else "ok",
        "life": find_life(incident),
        "shares": share_measures(view, incident, scene.source.plan),
        "course": find_course(view, incident),
        "alert": next((each for each in view.alerts if each.incident == incident.id), None),
        "others": [each for each in view.incidents if each.status != "closed" and each.id != incident.id],
        "reported": any(name.startswith(REPORTED) for name in incident.faults) and incident.status in STANDING,
        "said": _find_said(view, incident),
        "person": scene.reader.name,
        "plan": scene.source.plan,
        "name_of": name_things(view),
        "class_name": name_classes(view, words),
        "role_name": scene.role_name,
        "outlet_name": lambda outlet: words.pick(*OUTLETS[outlet]),
        "registers": [each for each in view.registers if each.incident == incident.id],
        "notices": [each for each in view.notices if each.incident == incident.id],
        "deadlines": [each for each in view.deadlines if each.extension and each.extension.incident == incident.id],
        "course_shown": COURSE_SHOWN,
        "photos": scene.source.album.of(HallKey(view.area, view.hall), incident.id) if scene.reader.signed_in else (),
        "may_act": scene.reader.may_act,
        "may_release": may(scene.reader, HallKey(view.area, view.hall), scene.source.plan, "release"),
        "may": lambda right: may(scene.reader, HallKey(view.area, view.hall), scene.source.plan, right),
        "may_answer": lambda measure: may_answer(scene.reader, HallKey(view.area, view.hall), measure),
    }
    tab = f"{incident.device_name} {words.term('status', incident.status)} · {view.name}"
    return Drawing(mark_tab(view, words, tab), values, {"incident": incident})


def _find_said(view: HallView, incident: IncidentView) -> list[str]:
    """Return who reported it, in their words."""
    about = {incident.device, *incident.joined}
    faults = [fault for device in view.devices if device.id in about for fault in device.faults]
    return [fault.evidence for fault in faults if fault.fault.startswith(REPORTED) and fault.evidence]


INCIDENT: Final = LivePage(
    path="/halls/{area}/{hall}/incidents/{thing}",
    template="incident.html",
    parts=(
        "incident-life", "incident-photos", "incident-acts", "incident-asked", "registers", "notices", "deadlines",
        "incident-alerts", "incident-course",
    ),
    draw=draw_incident,
)  # fmt: skip
