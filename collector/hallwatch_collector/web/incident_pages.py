"""What belongs to incidents: why something is so, its report, and a report by hand (R3, R5)."""

from __future__ import annotations

import math
from typing import Any, Final
from urllib.parse import urlencode

from litestar import get, post
from litestar.concurrency import sync_to_thread
from litestar.exceptions import NotFoundException, TooManyRequestsException
from litestar.params import FromPath
from litestar.response import Response

from hallwatch_collector.core.commands import ReportUnconfirmed
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.things import HALL as THE_HALL
from hallwatch_collector.core.things import WINDOW
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.people.person import clean_name
from hallwatch_collector.web.access import AnyRequest, address_of, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.commands import read_form
from hallwatch_collector.web.desk import TheDesk
from hallwatch_collector.web.forms import read_fields
from hallwatch_collector.web.guard import note_deed
from hallwatch_collector.web.pages import answer_page
from hallwatch_collector.web.records import FORMS, write_report
from hallwatch_collector.web.source import ReportForm
from hallwatch_collector.web.texts import Words

HALL: Final = "/halls/{area:str}/{hall:str}"
INCIDENT: Final = f"{HALL}/incidents/{{incident:str}}"


@get(f"{INCIDENT}/{{file:str}}", include_in_schema=False, sync_to_thread=True)
def take_report_file(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], incident: FromPath[str],
    file: FromPath[str],
) -> Response[Any]:  # fmt: skip
    """Return the report on an incident; it names who did what."""
    require_view(desk, area, hall)
    stem, _, form = file.partition(".")
    known: ReportForm | None = next((each for each in FORMS if each == form), None)
    if stem != "report" or known is None:
        raise NotFoundException(f"there is no {file}")
    note_deed(request, action=known)
    return write_report(desk, HallKey(area, hall), incident, known)


@get(f"{HALL}/why/{{kind:str}}/{{id:str}}", include_in_schema=False, sync_to_thread=True)
def show_why(
    desk: TheDesk, request: AnyRequest, *, area: FromPath[str], hall: FromPath[str], kind: FromPath[Kind],
    id: FromPath[str],  # noqa: A002
) -> Response[Any]:  # fmt: skip
    """Show why something is so."""
    view = require_view(desk, area, hall)
    why = desk.source.explain(HallKey(area, hall), kind, id)
    if why is None:
        raise NotFoundException(f"there is no {kind} {id} in {area}/{hall} now")
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now(), view.timezone, view.part_names)
    incident = next((link.about for link in why.links if link.station == "incident"), "")
    page = desk.renderer.page(
        "why.html", words, reader=reader, view=view, why=why, incident=incident, about=name_asked(view, words, why)
    )
    return answer_page(request, page)


@get(f"{HALL}/report", include_in_schema=False, sync_to_thread=False)
def show_report_form(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> Response[Any]:
    """Show the form of a report by hand; ``?thing=`` has a device or window chosen, as the link on the device does."""
    view = require_view(desk, area, hall)
    reader = reader_of(request, desk.gate)
    words = Words(reader.language, desk.source.now(), view.timezone)
    things = list_things(view, words)
    asked = request.query_params.get("thing", "")
    page = desk.renderer.page(
        "report.html", words, view=view, may_act=reader.may_act, reader=reader, things=things,
        chosen=asked if any(asked == id_ for _, entries in things for id_, _ in entries) else "",
        back=f"{request.url.path}?{urlencode({'thing': asked})}" if asked else request.url.path,
    )  # fmt: skip
    return answer_page(request, page)


@post(f"{HALL}/reports", include_in_schema=False)
async def take_report_form(
    desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]
) -> Response[Any]:  # fmt: skip
    """Take a report from anybody, where the hall's file allows that: unconfirmed, and only so many from one address."""
    view = require_view(desk, area, hall)
    words, now = Words(reader_of(request, desk.gate).language, desk.source.now(), view.timezone), desk.source.now()
    if wait_s := desk.reports.wait_s(address_of(request), now):
        raise TooManyRequestsException("many_reports", headers={"Retry-After": str(math.ceil(wait_s))})
    form = await read_fields(request)
    told = {name: form[name] for name in form if name in ("thing", "text")}
    by = clean_name(form.get("by", "")) or words.say("report.somebody")
    command = read_form(words, {**told, "command": "report-unconfirmed", "by": by, "roles": []}, ReportUnconfirmed)
    desk.reports.count(address_of(request), now)
    note_deed(request, object_=command.thing)
    await sync_to_thread(desk.source.command, HallKey(area, hall), command)
    page = desk.renderer.page(
        "message.html", words, title=words.say("report.thanks"), text=words.say("report.taken"),
        back=f"/halls/{area}/{hall}",
    )  # fmt: skip
    return answer_page(request, page, 201)


def name_asked(view: HallView, words: Words, why: Why) -> str:
    """Return what was asked about by its name, and a measure by its clause and text."""
    names = {device.id: device.name for device in view.devices} | {window.id: window.name for window in view.windows}
    names |= {each.id: f"{each.device_name} ({each.id})" for each in view.incidents}
    fault, _, device = why.id.partition("@")
    measure = next((each for each in why.links if each.station == "measure"), None)
    if why.kind == "measure" and measure is not None:
        return f"{measure.clause} {words.pick(measure.text, measure.text_en)}"
    if why.kind == "fault":
        return f"{names.get(device, device)} {fault}"
    return names.get(why.id, why.id)


def list_things(view: HallView, words: Words) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what a report can be about, by place: (place, [(id, name)]); windows first, then the hall itself."""
    places = {window.id: window.name for window in view.windows} | view.place_names
    grouped: dict[str, list[tuple[str, str]]] = {window.id: [] for window in view.windows}
    for window in view.windows:
        grouped[window.id].append((f"{WINDOW}{window.id}", words.say("report.whole", name=window.name)))
    for device in view.devices:
        grouped.setdefault(device.place, []).append((device.id, device.name))
    rest = grouped.pop("", [])
    named = [(places.get(place, place), entries) for place, entries in grouped.items()]
    return [*named, (words.say("report.elsewhere"), [*rest, (THE_HALL, words.say("report.hall"))])]


HANDLERS: Final = (
    take_report_file, show_why, show_report_form, take_report_form,
)  # fmt: skip
