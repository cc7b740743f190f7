"""The API for programs: halls as JSON, commands with the operator's token, metrics, health."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any, Literal

from litestar import get, post
from litestar.enums import MediaType
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec import Struct

from hallwatch_collector.core.commands import Acknowledge, Confirm, Decline, Tick
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.access import AnyRequest, reader_of
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.texts import Words

_field = re.compile(r"field `(\w{1,40})`")
EXPOSITION = "text/plain; version=0.0.4"  # the charset is added with the answer


class HallEntry(Struct, frozen=True, kw_only=True):
    """A hall in the list of halls."""

    area: str
    hall: str
    name: str
    simulated: bool
    internal: bool
    version: int
    url: str
    """Where its whole picture is."""


class Health(Struct, frozen=True, kw_only=True):
    """Whether the collector does its work; ``problems`` says in words what keeps it from it."""

    status: Literal["ok", "troubled"]
    version: str
    problems: list[str]


@get("/api/halls", sync_to_thread=False, tags=["halls"], summary="All halls")
def list_halls(desk: TheDesk) -> list[HallEntry]:
    """Return every hall this collector serves, Hallwatch's own (``internal``) included."""
    return [
        HallEntry(
            area=view.area,
            hall=view.hall,
            name=view.name,
            simulated=view.simulated,
            internal=view.internal,
            version=view.version,
            url=f"/api/halls/{view.area}/{view.hall}",
        )
        for view in desk.source.halls()
    ]


@get("/api/halls/{area:str}/{hall:str}", sync_to_thread=False, tags=["halls"], summary="One hall, whole")
def show_hall(desk: TheDesk, area: FromPath[str], hall: FromPath[str]) -> HallView:
    """Return the present picture of one hall."""
    return require_view(desk, area, hall)


def answer_wrong_command(request: AnyRequest, error: ClientException) -> Response[Any]:
    """Answer what is no command: name the field that is wrong, and what belongs there, in the reader's language."""
    desk: Desk = request.app.state.desk
    words = Words(reader_of(request, desk.gate).language, desk.source.now())
    detail = error.detail if error.status_code != 400 else _name_wrong_field(words, error)
    body = {"status_code": error.status_code, "detail": detail}
    return Response(body, status_code=error.status_code, headers=error.headers, media_type=MediaType.JSON)


def _name_wrong_field(words: Words, error: ClientException) -> str:
    """Read which field it is from Litestar's answer; its key ``data`` is the command as a whole."""
    wrong = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    field, message = wrong.get("key", "data"), wrong.get("message", "")
    if field == "data":
        named = _field.search(message)
        field = named[1] if named else "body"
    if "unknown field" in message:
        return words.say("refused.unknown_field", field=field)
    return words.say("refused.field", field=field, expected=words.term("expected", field))


@post(
    "/api/halls/{area:str}/{hall:str}/commands",
    sync_to_thread=True,
    status_code=204,
    tags=["commands"],
    summary="Confirm, decline, tick, acknowledge",
    security=[{"operator": []}],
    exception_handlers={ClientException: answer_wrong_command},
)
def take_command(
    desk: TheDesk,
    request: AnyRequest,
    area: FromPath[str],
    hall: FromPath[str],
    data: JSONBody[Confirm | Decline | Tick | Acknowledge],
) -> None:
    """Carry out what a person decided; 409 says why it cannot be (already decided, cause gone)."""
    desk.gate.check_bearer(request)
    require_view(desk, area, hall)
    desk.source.command(HallKey(area, hall), data)


@get("/metrics", sync_to_thread=True, media_type=EXPOSITION, tags=["operation"], summary="Prometheus metrics")
def show_metrics(desk: TheDesk) -> bytes:
    """Return every metric in Prometheus' text format."""
    return desk.source.metrics()


@get("/health", sync_to_thread=False, tags=["operation"], summary="Health of the collector")
def show_health(desk: TheDesk) -> Health:
    """Return 200 as long as the collector lives: a refused edit or a broker away is told, and cured by no restart."""
    problems = list(desk.source.problems())
    return Health(status="troubled" if problems else "ok", version=version("hallwatch"), problems=problems)


def require_view(desk: Desk, area: str, hall: str) -> HallView:
    """Return a hall's picture; raise 404 when there is no such hall."""
    view = desk.source.view(HallKey(area, hall))
    if view is None:
        raise NotFoundException(f"there is no hall {area}/{hall}")
    return view
