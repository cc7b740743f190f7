"""What several handlers of the API answer alike: refusals, and what is not there."""

from __future__ import annotations

from typing import Any, Final

from litestar.exceptions import NotFoundException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView, IncidentView
from hallwatch_collector.web.desk import Desk


class Refused(Struct, frozen=True, kw_only=True):
    """Why a request was not carried out."""

    status_code: int
    detail: str
    """In the reader's language."""
    extra: Any = None
    """For programs: ``code`` and what it is about, such as ``by`` and ``measure``, or the ``field`` that is wrong."""


DESCRIPTIONS: Final = {
    400: "The request is not as it should be; the text names what is wrong",
    401: "No token, or one that is not known",
    403: "Not for this person: another role's measure, another's name, another hall, a right that they do not have",
    404: "There is no such thing",
    409: "Too late, about nothing, or the journal cannot be had; extra says why",
    413: "More than anybody has to say",
    422: "Fields are not filled in rightly; extra names them",
    429: "Too many wrong tokens, or reports, from this address",
    503: "It cannot be made on this machine; the text says what is missing",
}


def refusals(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the descriptions of the refusals that a handler may answer with."""
    return {
        status: ResponseSpec(Refused, generate_examples=False, description=DESCRIPTIONS[status]) for status in statuses
    }


def require_view(desk: Desk, area: str, hall: str) -> HallView:
    """Return a hall's picture; raise 404 when there is no such hall."""
    view = desk.source.view(HallKey(area, hall))
    if view is None:
        raise NotFoundException(f"there is no hall {area}/{hall}")
    return view


def require_incident(view: HallView, name: str) -> IncidentView:
    """Return an incident of a hall; raise 404 when it is not, or no longer, remembered."""
    incident = next((each for each in view.incidents if each.id == name), None)
    if incident is None:
        raise NotFoundException(f"there is no incident {name} in {view.area}/{view.hall} now")
    return incident
