"""The API for programs: halls as JSON, commands with the operator's token, metrics, health."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from hallwatch_collector.core.commands import Acknowledge, Confirm, Decline, Tick
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.access import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk

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


@post(
    "/api/halls/{area:str}/{hall:str}/commands",
    sync_to_thread=True,
    status_code=204,
    tags=["commands"],
    summary="Confirm, decline, tick, acknowledge",
    security=[{"operator": []}],
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
