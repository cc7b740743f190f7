"""What the API gives out of the record: the report on an incident, and where the journal ends.

Both need a token: a report names who did what. Personal data of taxpayers are in neither.
"""

from __future__ import annotations

from typing import Final

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Response
from msgspec import Struct

from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.people.person import Person
from hallwatch_collector.web.access import AnyRequest
from hallwatch_collector.web.answers import refusals, require_view
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.policy import allow_styles_of
from hallwatch_collector.web.source import ReportForm

MEDIA_TYPES: Final[dict[ReportForm, str]] = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
FORMS: Final[tuple[ReportForm, ...]] = tuple(MEDIA_TYPES)
TOKEN: Final = [{"token": list[str]()}]


class JournalHead(Struct, frozen=True, kw_only=True):
    """Where the record ends: with it, ``hallwatch journal verify --head`` tells later whether it was changed."""

    seq: int
    """Number of the last event."""
    hash: str
    """SHA-256 over it and everything before it."""


def check_hall(person: Person, hall: HallKey) -> None:
    """Raise :class:`CommandRefused` when this person may not have a report of the hall."""
    if not person.acts_in(hall):
        raise CommandRefused("not-your-hall", person=person.name, hall=str(hall))


def write_report(desk: Desk, hall: HallKey, incident: str, form: ReportForm) -> Response[bytes]:
    """Return the report on an incident as a file; raise 404 when the record has no such incident."""
    written = desk.source.report(hall, incident, form)
    if written is None:
        raise NotFoundException(f"the record of {hall} has no incident {incident}")
    disposition = "inline" if form == "html" else f'attachment; filename="{hall.area}-{hall.hall}-{incident}.{form}"'
    headers = {"Content-Disposition": disposition}
    if form == "html":
        headers["Content-Security-Policy"] = allow_styles_of(written)
    return Response(written, media_type=MEDIA_TYPES[form], headers=headers)


def _report_handler(form: ReportForm) -> HTTPRouteHandler:
    """Return what answers with reports in one form."""

    @get(
        f"/api/halls/{{area:str}}/{{hall:str}}/incidents/{{incident:str}}/report.{form}",
        name=f"report-{form}",
        operation_id=f"Report{form.capitalize()}",
        sync_to_thread=True,
        media_type=MEDIA_TYPES[form],
        tags=["incidents"],
        summary=f"The report on an incident as {form.upper()}",
        security=TOKEN,
        responses={
            200: ResponseSpec(bytes, generate_examples=False, media_type=MEDIA_TYPES[form], description="The report"),
            **refusals(400, 401, 403, 404, 409, 429, 503),
        },
    )
    def take_report(
        desk: TheDesk,
        request: AnyRequest,
        *,
        area: FromPath[str],
        hall: FromPath[str],
        incident: FromPath[str],
    ) -> Response[bytes]:
        """Return the report (R5), written from the record alone; for anybody with a token for this hall.

        Who signed it is in the record too: by the command ``sign-report``, which needs the right of that name.
        """
        person = desk.gate.require(request)
        require_view(desk, area, hall)
        key = HallKey(area, hall)
        check_hall(person, key)
        return write_report(desk, key, incident, form)

    return take_report


@get(
    "/api/journal/head",
    sync_to_thread=True,
    tags=["operation"],
    summary="Where the record ends",
    security=TOKEN,
    responses=refusals(401, 409, 429),
)
def show_head(desk: TheDesk, request: AnyRequest) -> JournalHead:
    """Return the head of the journal's chain; for anybody with a token."""
    desk.gate.require(request)
    seq, sealed = desk.source.head()
    return JournalHead(seq=seq, hash=sealed)


HANDLERS: Final = (*(_report_handler(form) for form in MEDIA_TYPES), show_head)
