"""The API for programs: halls and incidents as JSON, why things are so, the plan, metrics, health."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Literal

import msgspec
from litestar import get
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import FromPath
from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.next_steps import NextStep, find_next_steps
from hallwatch_collector.core.views import HallView, IncidentView, MeasureView
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.web.access import reader_of
from hallwatch_collector.web.answers import refusals, require_incident, require_view
from hallwatch_collector.web.cookies import AnyRequest
from hallwatch_collector.web.desk import Desk, TheDesk
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.texts import Words

ALERTS_TROUBLED = "Alerts are not told as they should be; ask with a token, or see the work page, for whom and why"
EXPOSITION = "text/plain; version=0.0.4"  # the charset is added with the answer


class HallEntry(Struct, frozen=True, kw_only=True):
    """A hall in the list of halls."""

    area: str
    hall: str
    name: str
    simulated: bool
    drill: bool = False
    internal: bool
    version: int
    url: str
    """Where its whole picture is."""


class AlertTest(Struct, frozen=True, kw_only=True):
    """What came of the weekly test of alerts."""

    at: float
    reached: int
    """How many people have it."""
    unreached: list[str]
    """Who has it by no way; names are for who is known: without a token each of them is somebody."""


class Health(Struct, frozen=True, kw_only=True):
    """Whether the collector does its work; ``problems`` says in words what keeps it from it."""

    status: Literal["ok", "troubled"]
    version: str
    problems: list[str]
    weekly_test: AlertTest | None = None
    """The last test of alerts that was sent by itself; none: there was none."""


class IncidentEntry(Struct, frozen=True, kw_only=True):
    """An incident, and what the plan asks, or asked, for it."""

    incident: IncidentView
    measures: tuple[MeasureView, ...]


@get("/api/halls", sync_to_thread=False, tags=["halls"], summary="All halls that one may see", responses=refusals(401))
def list_halls(desk: TheDesk, request: AnyRequest) -> list[HallEntry]:
    """Return the halls whose boards one may see, our own (``internal``) included; 401 where a token is needed."""
    reader = reader_of(request, desk.gate)
    seen = [view for view in desk.source.halls() if reader.sees(view)]
    if not seen and not reader.signed_in:
        raise NotAuthorizedException("no_token", headers={"WWW-Authenticate": "Bearer"})
    return [
        HallEntry(
            area=view.area,
            hall=view.hall,
            name=view.name,
            simulated=view.simulated,
            drill=view.drill,
            internal=view.internal,
            version=view.version,
            url=f"/api/halls/{view.area}/{view.hall}",
        )
        for view in seen
    ]


@get(
    "/api/halls/{area:str}/{hall:str}",
    sync_to_thread=False,
    tags=["halls"],
    summary="One hall, whole",
    responses=refusals(401, 403, 404),
)
def show_hall(desk: TheDesk, request: AnyRequest, area: FromPath[str], hall: FromPath[str]) -> HallView:
    """Return the present picture of one hall.

    Without a token names of people, what they wrote, registers and alerts are left out, as they are on the open board.
    """
    return desk.renderer.veil(require_view(desk, area, hall), reader_of(request, desk.gate))


@get(
    "/api/halls/{area:str}/{hall:str}/incidents",
    sync_to_thread=False,
    tags=["incidents"],
    summary="The incidents of a hall, each with its measures",
    responses=refusals(401, 403, 404),
)
def list_incidents(desk: TheDesk, area: FromPath[str], hall: FromPath[str]) -> list[IncidentEntry]:
    """Return the incidents that are not closed, and those closed lately; the journal keeps all."""
    view = require_view(desk, area, hall)
    return [_entry(view, incident) for incident in view.incidents]


@get(
    "/api/halls/{area:str}/{hall:str}/incidents/{incident:str}",
    sync_to_thread=False,
    tags=["incidents"],
    summary="One incident with its measures",
    responses=refusals(401, 403, 404),
)
def show_incident(
    desk: TheDesk, area: FromPath[str], hall: FromPath[str], incident: FromPath[str]
) -> IncidentEntry:  # fmt: skip
    """Return one incident."""
    view = require_view(desk, area, hall)
    return _entry(view, require_incident(view, incident))


@get(
    "/api/halls/{area:str}/{hall:str}/next-steps",
    sync_to_thread=False,
    tags=["halls"],
    summary="What each role does next",
    responses=refusals(401, 403, 404),
)
def list_next_steps(desk: TheDesk, area: FromPath[str], hall: FromPath[str]) -> list[NextStep]:
    """Return the next step of each role that owes something now, in one sentence (clause B4)."""
    return find_next_steps(require_view(desk, area, hall), desk.source.plan)


@get(
    "/api/halls/{area:str}/{hall:str}/why/{kind:str}/{id:str}",
    sync_to_thread=True,
    tags=["halls"],
    summary="Why something is so",
    responses=refusals(401, 403, 404),
)
def explain(
    desk: TheDesk, area: FromPath[str], hall: FromPath[str], kind: FromPath[Kind], id: FromPath[str]  # noqa: A002
) -> Why:  # fmt: skip
    """Return the chain of reasons: reading, fault, root cause, impact, incident, conditions, clause.

    ``id`` is that of a measure, incident or window, the place of a sign, or ``fault@device``.
    """
    why = desk.source.explain(HallKey(area, hall), kind, id)
    if why is None:
        raise NotFoundException(f"there is no {kind} {id} in {area}/{hall} now")
    return why


@get("/api/plan", sync_to_thread=False, tags=["plan"], summary="The emergency plan in force")
def show_plan(desk: TheDesk) -> dict[str, Any]:
    """Return the emergency plan: levels, roles, groups, measures with clause, occasion, conditions and texts.

    The keys are those of a plan file, every one of them, whether the file names it or leaves it as it is.
    """
    # Not the struct itself: Litestar cannot describe one whose defaults hold lists.
    plan: dict[str, Any] = msgspec.to_builtins(desk.source.plan)
    return plan


@get("/metrics", sync_to_thread=True, media_type=EXPOSITION, tags=["operation"], summary="Prometheus metrics")
def show_metrics(desk: TheDesk, request: AnyRequest) -> bytes:
    """Return every metric in Prometheus' text format; with a token, where the collector's file asks for one."""
    desk.gate.require_token(request, desk.metrics_token)
    return desk.source.metrics()


@get("/health", sync_to_thread=False, tags=["operation"], summary="Health of the collector")
def show_health(desk: TheDesk, request: AnyRequest) -> Health:
    """Return 200 as long as the collector lives: a refused edit or a broker away is told, and cured by no restart."""
    reader = reader_of(request, desk.gate)
    problems = _problems(desk, reader)
    tested = desk.source.tested()
    unreached = list(tested.unreached) if tested else []
    if not reader.signed_in:
        unreached = [Words(reader.language, desk.source.now()).say("people.somebody")] * len(unreached)
    test = AlertTest(at=tested.at, reached=len(tested.reached), unreached=unreached) if tested else None
    status: Literal["ok", "troubled"] = "troubled" if problems else "ok"
    return Health(status=status, version=version("hallwatch"), problems=problems, weekly_test=test)


def _problems(desk: Desk, reader: Reader) -> list[str]:
    """Return what is not as it should be; of alerts, which are told with names, only that to who is not known."""
    told = list(desk.source.problems())
    if reader.signed_in:
        return told
    others = list(desk.source.problems(alerts=False))
    return [*others, ALERTS_TROUBLED] if len(others) < len(told) else others


def _entry(view: HallView, incident: IncidentView) -> IncidentEntry:
    measures = tuple(measure for measure in view.measures if measure.incident == incident.id)
    return IncidentEntry(incident=incident, measures=measures)
