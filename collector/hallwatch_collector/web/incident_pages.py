"""What belongs to incidents: why something is so, and its report (R5)."""

from __future__ import annotations

from typing import Any, Final

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.web.access import AnyRequest, reader_of
from hallwatch_collector.web.answers import require_view
from hallwatch_collector.web.desk import TheDesk
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


HANDLERS: Final = (take_report_file, show_why)
